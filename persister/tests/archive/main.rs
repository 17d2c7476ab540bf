//! The archive on a real nats-server and Postgres.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod audit;
mod exactly_once;
mod figures;
mod folding;
mod poison;
mod reads;
mod retention;
mod sent;
mod streams;
mod together;
mod world;
