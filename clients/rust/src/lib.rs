#![doc = include_str!("../README.md")]

mod api;
mod chain;
mod change;
mod client;
mod connection;
mod decode;
mod error;
mod heard;
mod incoming;
mod lane;
mod mailbox;
mod socket;
mod timeline;
mod tokens;
mod worker;

pub use api::{Api, Login};
pub use change::{Action, NewChange, Stored};
pub use client::{Client, ClientOptions, Ticket, Update};
pub use error::{ClientError, backoff};
pub use protocol;
pub use socket::Socket;
pub use timeline::Timeline;
