//! The fabric on a real nats-server.

mod fixture;
mod publishing;
mod reading;
mod shard;
mod streams;
mod surroundings;
