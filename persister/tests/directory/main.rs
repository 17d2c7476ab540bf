//! Accounts, rooms and the outbox, asked as gateways ask, on a real nats-server and Postgres.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here is a failed test")]

mod accounts;
mod faults;
mod lists;
mod logins;
mod members;
mod outbox;
mod privacy;
mod rooms;
mod world;
