//! What can go wrong between a service and NATS.

/// A call to NATS failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FabricError {
    /// NATS or the part behind it does not answer now.
    #[error("{0}")]
    Unavailable(String),
    #[error("the login was refused by NATS: check nats.user and nats.password")]
    Login,
    /// Only the persister makes streams.
    #[error("stream {stream} does not exist: the persister makes it when it starts")]
    StreamMissing { stream: String },
    /// Somebody changed the stream, or another version made it.
    #[error(
        "stream {stream} has {key} = {found} where {wanted} belongs: start the persister, which repairs it, or put it right with `nats stream edit`"
    )]
    StreamDiffers { stream: String, key: String, found: String, wanted: String },
    /// The server reserves the bytes of all streams when they are made.
    #[error(
        "NATS has no room for stream {stream}, which reserves {max_bytes} bytes: lower nats.shard_max_bytes or nats.shards, or raise the server's max_file_store"
    )]
    NoRoom { stream: String, max_bytes: i64 },
    #[error("NATS refused: {description} ({code})")]
    Refused { code: u64, description: String },
}

impl FabricError {
    pub(crate) fn unavailable(cause: impl std::fmt::Display) -> Self {
        Self::Unavailable(cause.to_string())
    }
}

/// A publish was not acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// Try again with the same id: it may have been stored.
    #[error("{0}")]
    Unavailable(&'static str),
    /// Nothing was stored, and nothing will be until the log is purged.
    #[error("the shard's log is full")]
    Full,
    /// Nothing was stored.
    #[error("the log refused: {0}")]
    Refused(String),
}
