//! Rules 1–13 of the protocol, tried through real sockets on real servers: idempotency, order, cursors, resume, history, folding.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod anew;
mod attachment;
mod cursors;
mod folding;
mod frames;
mod history;
mod idempotency;
mod missed;
mod order;
mod standstill;
mod tls;
mod world;
