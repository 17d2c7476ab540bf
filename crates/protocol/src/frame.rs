//! Frames of the wire: what clients say, and what the server says.

mod client;
mod fields;
mod server;

pub use client::{Change, ClientFrame, ClientInfo, Hello, Paging, Refused, WireLimits, frames};
pub use server::{ErrorFrame, Limits, OkFrame, RoomList, ServerFrame, ServerInfo, Welcome};
