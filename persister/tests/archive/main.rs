//! The archive on a real nats-server and Postgres.

mod exactly_once;
mod figures;
mod folding;
mod poison;
mod reads;
mod retention;
mod sent;
mod streams;
mod world;
