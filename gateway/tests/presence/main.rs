//! Presence, typing, status and the ranked list, tried from outside through two gateways and the presence service.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod failover;
mod lobby;
mod people;
mod status;
mod typing;
mod world;
