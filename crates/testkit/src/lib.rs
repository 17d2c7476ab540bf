#![doc = include_str!("../README.md")]
#![expect(clippy::expect_used, clippy::panic, reason = "a server that does not start is the failure of the test")]

mod answer;
mod child;
mod collector;
mod deadline;
mod folder;
mod hold;
mod nats;
mod nats_wire;
mod nursery;
mod ports;
mod postgres;
mod process;
mod proxy;
mod servers;
mod service;
mod wire;
mod world;

pub use answer::{Answer, Person};
pub use collector::{Collector, Span};
pub use deadline::{eventually, eventually_for};
pub use hold::Hold;
pub use nats::Nats;
pub use ports::free_port;
pub use postgres::Postgres;
pub use process::{Process, get, request};
pub use protocol::decode::Encoding;
pub use proxy::Proxy;
pub use service::{Mesh, Service};
pub use tokio_tungstenite::tungstenite::Message;
pub use wire::{Incoming, Wire, fresh_id, hello, id_at, now_ms, send};
pub use world::{SOON, World, fresh_name};
