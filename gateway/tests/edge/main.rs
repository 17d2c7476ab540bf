//! Rules 14–26 of the protocol, the HTTP table and the operations port, tried from outside through real sockets on real servers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod drain;
mod flood;
mod frames;
mod greeting;
mod kick;
mod limits;
mod members;
mod operation;
mod outage;
mod raw;
mod reads;
mod rooms;
mod schema;
mod sizes;
mod slow;
mod tokens;
mod world;
