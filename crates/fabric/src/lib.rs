#![doc = include_str!("../README.md")]

mod ack;
mod api;
mod config;
mod connection;
mod direct;
mod error;
mod follow;
mod handle;
mod lease;
mod live;
mod log_reader;
mod publisher;
mod record;
mod request;
mod revocations;
mod service;
mod shard_reader;
mod stream;
mod time;
mod wire;

pub use ack::Ack;
pub use config::NatsConfig;
pub use direct::Page;
pub use error::{FabricError, PublishError};
pub use handle::{CoreMessage, Fabric};
pub use lease::hold as hold_lease;
pub use log_reader::{LogError, LogReader};
pub use publisher::Publish;
pub use record::Record;
pub use revocations::{Revocations, Revoked};
pub use service::Service;
pub use shard_reader::{ReaderEvent, ShardReader};
pub use stream::{EnsureOutcome, Head, StreamInfo};
