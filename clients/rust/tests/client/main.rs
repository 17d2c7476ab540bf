//! The client against real servers, and against a scripted one for what real servers do rarely.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod breaks;
mod folding;
mod lasting;
mod scripted;
mod server;
mod world;
