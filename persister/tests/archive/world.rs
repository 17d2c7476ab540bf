//! A log, an archive, and a writer that can be started and ended.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fabric::{Fabric, NatsConfig, Publish};
use persister::archive::{self, Archive, ArchiveConfig};
use persister::config::PostgresConfig;
use persister::intake::{self, Intake};
use persister::pool::Pools;
use persister::position::Positions;
use protocol::envelope::Envelope;
use protocol::event::{Author, Body, Kind, Target};
use protocol::id::{EventId, RoomId, UserId};
use protocol::subject::{Shard, message_id};
use testkit::{Nats, Postgres, eventually_for};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const SOON: Duration = Duration::from_secs(20);

pub struct World {
    pub nats: Nats,
    pub url: String,
    pub fabric: Fabric,
    pub pools: Pools,
    pub shard: Shard,
}

/// A running writer.
pub struct Writer {
    pub task: JoinHandle<()>,
    stop: CancellationToken,
    pub health: chassis::Health,
}

impl Writer {
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

pub fn name(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

pub fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

pub fn author(id: &str) -> Author {
    Author { id: name(id), name: id.to_uppercase(), author_type: Default::default() }
}

pub fn envelope(kind: Kind, from: &str) -> Envelope {
    let id = EventId::at(now_ms());
    Envelope { kind, id, from: author(from), target: None, emoji: None, remove: false, body: None, ver: None }
}

pub fn message(from: &str, text: &str) -> Envelope {
    Envelope { body: Some(Body::text(text)), ..envelope(Kind::Message, from) }
}

pub fn change(kind: Kind, from: &str, target: u64) -> Envelope {
    Envelope { target: Some(Target::Seq(target)), ..envelope(kind, from) }
}

impl World {
    pub async fn new() -> World {
        Self::on(Postgres::shared().await.database().await).await
    }

    pub async fn on(url: String) -> World {
        Self::sized(url, 64 << 20).await
    }

    /// With a log that holds millions.
    pub async fn large() -> World {
        Self::sized(Postgres::shared().await.database().await, 2 << 30).await
    }

    async fn sized(url: String, shard_max_bytes: i64) -> World {
        let nats = Nats::start().await;
        let config = NatsConfig { url: nats.url(), shards: 2, shard_max_bytes, ..Default::default() };
        let fabric = Fabric::connect(&config, "test").await.unwrap();
        let pools = pools(&url);
        persister::migrate(&pools).await.unwrap();
        let shard = fabric.shards()[0].clone();
        World { nats, url, fabric, pools, shard }
    }

    /// What a persister's writer is made of.
    pub fn intake(&self) -> (Arc<Intake>, chassis::Health) {
        let health = chassis::Health::default();
        // Long enough to see whether somebody waits for it.
        let config = ArchiveConfig { batch_ms: 100, ..ArchiveConfig::default() };
        let positions = Positions::new(self.fabric.shards());
        let intake = archive::writer(&self.pools, &self.fabric, &config, positions, health.check("archive"));
        (Arc::new(intake), health)
    }

    /// Starts a writer with pools of its own, as another process would have.
    pub fn writer(&self) -> Writer {
        let health = chassis::Health::default();
        let positions = Positions::new(self.fabric.shards());
        let pools = pools(&self.url);
        let config = ArchiveConfig::default();
        let intake = archive::writer(&pools, &self.fabric, &config, positions, health.check("archive"));
        let stop = CancellationToken::new();
        let task = tokio::spawn(intake::run(Arc::new(intake), stop.clone()));
        Writer { task, stop, health }
    }

    pub fn archive(&self) -> Archive {
        Archive::new(self.pools.clone(), Positions::new(self.fabric.shards()))
    }

    /// The stream is there.
    pub async fn log(&self) {
        self.fabric.ensure_stream(&self.shard, None).await.unwrap();
    }

    pub async fn sql(&self, sql: &str) {
        self.pools.writer().await.unwrap().batch_execute(sql).await.unwrap();
    }

    pub async fn number(&self, sql: &str) -> i64 {
        self.pools.writer().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    pub async fn user(&self, id: &str) {
        self.sql(&format!("INSERT INTO users (id, name, folded, guest) VALUES ('{id}', '{}', '{id}', true)", id.to_uppercase()))
            .await;
    }

    /// A room with members who have read nothing.
    pub async fn room(&self, room_type: &str, members: &[&str]) -> RoomId {
        let room = RoomId::fresh();
        self.sql(&format!("INSERT INTO rooms (id, type, name, home, shard) VALUES ('{room}', '{room_type}', 'r', 'local', 0)"))
            .await;
        for member in members {
            let insert = "INSERT INTO members (room, user_id, role, joined_seq) VALUES";
            self.sql(&format!("{insert} ('{room}', '{member}', 'member', 1)")).await;
        }
        room
    }

    pub async fn publish(&self, room: &RoomId, envelope: &Envelope) -> u64 {
        let msg_id = message_id(room, &envelope.from.id, envelope.id);
        self.raw(room, msg_id, envelope.encode()).await
    }

    /// Tries until the log takes it; a repetition is stored once.
    pub async fn raw(&self, room: &RoomId, msg_id: String, payload: Vec<u8>) -> u64 {
        let (shard, room) = (self.shard.clone(), room.clone());
        let publish = Publish { shard, room, msg_id, payload: payload.into(), traceparent: None };
        eventually_for(SOON, "the log takes it", async || self.fabric.publish(publish.clone()).await.ok()).await.seq
    }

    pub async fn position(&self) -> u64 {
        let position = "SELECT coalesce(max(position), 0) FROM shard_position WHERE shard = 0";
        u64::try_from(self.number(position).await).unwrap()
    }

    pub async fn archived(&self, seq: u64) {
        eventually_for(SOON, "the archive reaches the log", async || (self.position().await >= seq).then_some(())).await;
    }
}

pub fn pools(url: &str) -> Pools {
    Pools::new(&PostgresConfig { url: url.into(), pool_size: 8, ..Default::default() }).unwrap()
}
