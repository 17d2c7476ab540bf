//! The handle that services share.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use async_nats::Client;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use protocol::subject::Shard;
use tokio::sync::watch;

use crate::ack::Ack;
use crate::api;
use crate::config::NatsConfig;
use crate::connection::Connection;
use crate::error::{FabricError, PublishError};
use crate::live::Live;
use crate::publisher::{Publish, Publisher};

/// NATS for one service; cheap to clone.
#[derive(Clone)]
pub struct Fabric(Arc<Inner>);

impl std::fmt::Debug for Fabric {
    /// Without the password inside.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Fabric").field("name", &self.0.name).finish_non_exhaustive()
    }
}

struct Inner {
    connection: Connection,
    publisher: Publisher,
    live: OnceLock<Live>,
    config: NatsConfig,
    name: String,
    shards: Vec<Shard>,
    replicas: usize,
    shard_max_bytes: i64,
}

/// A message that was never stored.
#[derive(Clone, Debug)]
pub struct CoreMessage {
    pub subject: String,
    pub payload: Bytes,
}

impl Fabric {
    /// Waits 10 s for the server. `name` is shown by `nats server report connections`.
    pub async fn connect(config: &NatsConfig, name: &str) -> Result<Fabric, FabricError> {
        let connection = Connection::open(config, name).await?;
        let publisher = Publisher::start(config, name).await?;
        let (shards, replicas, shard_max_bytes) = (config.shard_list(), config.replicas, config.shard_max_bytes);
        let (live, config, name) = (OnceLock::new(), config.clone(), name.to_owned());
        Ok(Self(Arc::new(Inner { connection, publisher, live, config, name, shards, replicas, shard_max_bytes })))
    }

    /// Lets shards' readers have at once what is held back for them, because nobody wanted it so far.
    pub fn hurry(&self) {
        if let Some(live) = self.0.live.get() {
            live.hurry();
        }
    }

    /// All shards of the home.
    pub fn shards(&self) -> &[Shard] {
        &self.0.shards
    }

    /// Whether the connection lives.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.0.connection.connected.clone()
    }

    /// How often the connection came back: core messages may have been missed.
    pub fn reconnects(&self) -> watch::Receiver<u64> {
        self.0.connection.reconnects.clone()
    }

    /// Messages that came, and that went, since the start; what is stored and its live copies go other ways.
    pub fn traffic(&self) -> (u64, u64) {
        let statistics = self.client().statistics();
        (statistics.in_messages.load(Ordering::Relaxed), statistics.out_messages.load(Ordering::Relaxed))
    }

    /// Waits for acknowledgements that are on their way, and sends what is queued. Call it last.
    pub async fn drain(&self) {
        self.0.publisher.drain().await;
        if let Err(error) = self.client().drain().await {
            tracing::debug!(%error, "connection ended before it was drained");
        }
    }

    /// Stores one event; answers within 9 s. It leaves this process within 10 s of the call, or never.
    #[tracing::instrument(name = "fabric.publish", skip_all, fields(room.id = %publish.room))]
    pub async fn publish(&self, publish: Publish) -> Result<Ack, PublishError> {
        self.0.publisher.publish(publish).await
    }

    /// Sends what need not arrive; gives up after 2 s.
    pub async fn send_core(&self, subject: String, payload: Bytes) -> Result<(), FabricError> {
        const WITHIN: std::time::Duration = std::time::Duration::from_secs(2);
        api::connected(self.client())?;
        let sent = tokio::time::timeout(WITHIN, self.client().publish(subject, payload)).await;
        sent.map_err(FabricError::unavailable)?.map_err(FabricError::unavailable)
    }

    /// Hears what need not arrive, from the return on: messages are lost when the reader is slow and while the connection is away.
    pub async fn subscribe_core(
        &self,
        subject: String,
    ) -> Result<impl Stream<Item = CoreMessage> + Send + Unpin + use<>, FabricError> {
        let messages = self.client().subscribe(subject).await.map_err(FabricError::unavailable)?;
        api::settle(self.client()).await?;
        Ok(messages.map(|message| CoreMessage { subject: message.subject.to_string(), payload: message.payload }))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.connection.client
    }

    pub(crate) fn alarms(&self) -> watch::Receiver<u64> {
        self.0.connection.alarms.subscribe()
    }

    /// The connection for whole shards; only who asks for it has one.
    pub(crate) fn live(&self) -> &Live {
        let start = || Live::start(self.0.config.clone(), format!("{}-live", self.0.name), self.0.connection.alarms.clone());
        self.0.live.get_or_init(start)
    }

    pub(crate) fn replicas(&self) -> usize {
        self.0.replicas
    }

    pub(crate) fn shard_max_bytes(&self) -> i64 {
        self.0.shard_max_bytes
    }
}
