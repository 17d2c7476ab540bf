//! Frames of the wire: what clients say, and what the server says.

mod client;
mod fields;
mod server;

pub use client::{Change, ClientFrame, ClientInfo, Hello, Paging, Refused, Status, WireLimits, frames};
pub use server::{ErrorFrame, Limits, OkFrame, ServerFrame, ServerInfo, Welcome};
