#![doc = include_str!("../README.md")]

mod api;
mod client;
mod decode;
mod lane;
mod socket;
mod worker;

pub use api::{Api, Login};
pub use client::{Client, ClientOptions, NewChange, Stored, Update};
pub use protocol;
pub use socket::Socket;

/// What went wrong, and whether it may pass.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The server's refusal.
    #[error("{code}: {message}")]
    Refused { code: String, message: String, retryable: bool, retry_after_ms: Option<u64> },
    /// No answer: the network, or a server that is away.
    #[error("no connection: {0}")]
    Offline(String),
    /// The connection ended for good, with this close code.
    #[error("closed with {0}")]
    Closed(u16),
    /// The server said something that this version does not understand.
    #[error("unexpected answer: {0}")]
    Unexpected(String),
}

impl ClientError {
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { retryable, .. } => *retryable,
            Self::Offline(_) => true,
            Self::Closed(_) | Self::Unexpected(_) => false,
        }
    }
}

/// Full jitter between 0.5 and 20 s; `attempt` from 0.
pub fn backoff(attempt: u32) -> std::time::Duration {
    let most = 20_000.min(1_000 << attempt.min(5));
    std::time::Duration::from_millis(rand::random_range(500..=most))
}
