//! The HTTP edge from outside: a gateway and a persister as processes on a real NATS and Postgres.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod accounts;
mod description;
mod outage;
mod pages;
mod refusals;
mod revoked;
mod rooms;
mod world;
