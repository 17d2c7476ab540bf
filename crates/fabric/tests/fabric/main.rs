//! The fabric on a real nats-server.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails here is a failed test")]

mod cluster;
mod fixture;
mod live;
mod publishing;
mod reading;
mod shard;
mod streams;
mod surroundings;
