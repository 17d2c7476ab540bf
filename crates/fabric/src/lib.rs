//! NATS for chatmesh (first slice: names only, every call answers "not built yet").

use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use protocol::code::Refusal;
use protocol::id::{Name, RoomId};
use protocol::rpc::Request;
use protocol::rpc::account::Revocation;
use protocol::subject::Shard;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Section `nats`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NatsConfig {
    pub url: String,
    pub user: Option<String>,
    pub password: Option<String>,
    pub home: Name,
    pub shards: u16,
    pub replicas: usize,
    pub shard_max_bytes: i64,
}
impl Default for NatsConfig {
    fn default() -> Self {
        #[expect(clippy::unwrap_used, reason = "`local` is well-formed")]
        let home = Name::parse("local").unwrap();
        Self { url: "nats://127.0.0.1:4222".into(), user: None, password: None, home, shards: 16, replicas: 1, shard_max_bytes: 512 << 20 }
    }
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum FabricError {
    #[error("{0}")]
    Unavailable(String),
    #[error("stream {stream} does not exist yet: the persister makes it")]
    StreamMissing { stream: String },
    #[error("{0}")]
    StreamDiffers(String),
    #[error("{0}")]
    NoRoom(String),
    #[error("NATS refused: {description} ({code})")]
    Refused { code: u64, description: String },
}
#[derive(Clone, Debug, thiserror::Error)]
pub enum PublishError {
    /// Try again with the same id: it may have been stored.
    #[error("{0}")]
    Unavailable(String),
    #[error("the shard's log is full")]
    Full,
    #[error("the log refused: {0}")]
    Refused(String),
}

fn unbuilt<T>() -> Result<T, FabricError> {
    Err(FabricError::Unavailable("not built yet".into()))
}

#[derive(Clone, Debug)]
pub struct Record {
    pub seq: u64,
    /// Of the previous event of the room; 0: first, purged, or not known.
    pub prev: u64,
    /// The log's time, milliseconds since 1970 UTC.
    pub ts: u64,
    pub room: RoomId,
    pub payload: Bytes,
    pub traceparent: Option<String>,
    pub msg_id: Option<String>,
}
#[derive(Clone, Debug)]
pub struct Publish {
    pub shard: Shard,
    pub room: RoomId,
    pub msg_id: String,
    pub payload: Bytes,
    pub traceparent: Option<String>,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    pub seq: u64,
    pub duplicate: bool,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub first_seq: u64,
    pub last_seq: u64,
    pub created_ms: u64,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    pub first_seq: u64,
    pub last_seq: u64,
    pub created_ms: u64,
    pub bytes: u64,
    pub max_bytes: i64,
    pub messages: u64,
}
#[derive(Clone, Debug)]
pub struct Page {
    pub records: Vec<Record>,
    /// The page ended at a limit.
    pub more: bool,
    /// The stream's, read after the records.
    pub first_seq: u64,
    /// The stream's, read after the records.
    pub last_seq: u64,
}
#[derive(Clone, Copy, Debug)]
pub struct EnsureOutcome {
    pub created: bool,
    pub info: StreamInfo,
}
#[derive(Clone, Debug)]
pub struct CoreMessage {
    pub subject: String,
    pub payload: Bytes,
}

#[derive(Clone, Debug)]
pub struct Fabric {
    connected: watch::Receiver<bool>,
    reconnects: watch::Receiver<u64>,
}
impl Fabric {
    pub async fn connect(_: &NatsConfig, _: &str) -> Result<Fabric, FabricError> {
        unbuilt()
    }
    pub fn shards(&self) -> &[Shard] {
        &[]
    }
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.connected.clone()
    }
    pub fn reconnects(&self) -> watch::Receiver<u64> {
        self.reconnects.clone()
    }
    pub async fn drain(&self) {}
    pub async fn request<R: Request>(&self, _: &R) -> Result<R::Answer, Refusal> {
        Err(Refusal::unavailable("not built yet"))
    }
    pub async fn request_within<R: Request>(&self, _: &R, _: Duration) -> Result<R::Answer, Refusal> {
        Err(Refusal::unavailable("not built yet"))
    }
    pub async fn publish(&self, _: Publish) -> Result<Ack, PublishError> {
        Err(PublishError::Unavailable("not built yet".into()))
    }
    pub async fn send_core(&self, _: String, _: Bytes) -> Result<(), FabricError> {
        unbuilt()
    }
    pub async fn subscribe_core(&self, _: String) -> Result<impl Stream<Item = CoreMessage> + Send + Unpin + use<>, FabricError> {
        Ok(futures_util::stream::empty())
    }
    pub async fn head(&self, _: &Shard) -> Result<Head, FabricError> {
        unbuilt()
    }
    pub async fn info(&self, _: &Shard) -> Result<StreamInfo, FabricError> {
        unbuilt()
    }
    pub async fn get(&self, _: &Shard, _: u64) -> Result<Option<Record>, FabricError> {
        unbuilt()
    }
    pub async fn room_page(&self, _: &Shard, _: &RoomId, _: u64, _: usize, _: usize) -> Result<Page, FabricError> {
        unbuilt()
    }
    pub async fn shard_page(&self, _: &Shard, _: u64, _: usize) -> Result<Page, FabricError> {
        unbuilt()
    }
    pub async fn last_of_room(&self, _: &Shard, _: &RoomId) -> Result<Option<Record>, FabricError> {
        unbuilt()
    }
    pub async fn ensure_stream(&self, _: &Shard, _: Option<u64>) -> Result<EnsureOutcome, FabricError> {
        unbuilt()
    }
    pub async fn verify_streams(&self) -> Result<(), FabricError> {
        unbuilt()
    }
    pub async fn purge_below(&self, _: &Shard, _: u64) -> Result<(), FabricError> {
        unbuilt()
    }
}

#[derive(Debug)]
pub enum ReaderEvent {
    Record(Record),
    Batch(Vec<Record>),
    Broken { reason: String },
    Caught(u64),
}
#[derive(Debug)]
pub struct ShardReader {}
/// Asks for the head now.
#[derive(Clone, Debug)]
pub struct TailCheck {}
impl TailCheck {
    pub fn poke(&self) {}
}
impl ShardReader {
    pub async fn open(_: &Fabric, _: Shard) -> Result<(ShardReader, Head), FabricError> {
        unbuilt()
    }
    pub async fn next(&mut self) -> ReaderEvent {
        ReaderEvent::Broken { reason: "not built yet".into() }
    }
    pub fn checker(&self) -> TailCheck {
        TailCheck {}
    }
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// The next sequence is below the stream's first.
    #[error("the log begins at {first_seq}, above what was to be read next")]
    Gap { first_seq: u64 },
    /// The log ends below what was read.
    #[error("the log ends at {last_seq}, below what was read")]
    Behind { last_seq: u64 },
    /// The stream does not exist.
    #[error("the log does not exist")]
    Gone,
    /// Open it again.
    #[error("{0}")]
    Io(String),
}
#[derive(Debug)]
pub struct LogReader {}
impl LogReader {
    pub async fn open(_: &Fabric, _: Shard, _: u64) -> Result<LogReader, LogError> {
        Err(LogError::Gone)
    }
    pub async fn next(&mut self) -> Result<Record, LogError> {
        Err(LogError::Gone)
    }
    /// Waits for one, and takes up to `max` that are there already. Cancel-safe.
    pub async fn next_batch(&mut self, _max: usize) -> Result<Vec<Record>, LogError> {
        Err(LogError::Gone)
    }
}

#[derive(Debug)]
pub struct Service {}
impl Service {
    pub async fn new(_: &Fabric, _name: &str, _version: &str, _description: &str) -> Result<Service, FabricError> {
        unbuilt()
    }
    /// Answers `R` in the queue group with up to `concurrency` requests at a time.
    pub async fn endpoint<R, F, Fut>(&self, _concurrency: usize, _handler: F) -> Result<(), FabricError>
    where
        R: Request + Send + 'static,
        R::Answer: Send,
        F: Fn(R) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R::Answer, Refusal>> + Send + 'static,
    {
        unbuilt()
    }
    pub async fn stop(self) {}
}

#[derive(Clone, Debug)]
pub struct Revocations {}
/// What a watcher of `REVOKED` hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    Entry { key: String, revocation: Revocation },
    /// All that was there when the watch began has come.
    CaughtUp,
}
impl Revocations {
    /// `ttl`: how long an entry lives (of an access token, and a little more).
    pub async fn open(_: &Fabric, _ttl: Duration) -> Result<Revocations, FabricError> {
        unbuilt()
    }
    pub async fn put(&self, _key: &str, _: &Revocation) -> Result<(), FabricError> {
        unbuilt()
    }
    /// Never ends; entries may come twice.
    pub async fn watch(&self) -> Result<impl Stream<Item = Revoked> + Send + Unpin + use<>, FabricError> {
        Ok(futures_util::stream::empty())
    }
}
