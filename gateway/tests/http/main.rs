//! The HTTP edge from outside: a gateway and a persister as processes on a real NATS and Postgres.

mod accounts;
mod description;
mod outage;
mod pages;
mod refusals;
mod revoked;
mod rooms;
mod world;
