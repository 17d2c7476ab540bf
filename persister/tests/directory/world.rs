//! A persister on servers of the test, and who asks it.

use std::time::Duration;

use fabric::{Fabric, NatsConfig, Publish};
use persister::Config;
use persister::config::PostgresConfig;
use persister::pool::Pools;
use protocol::code::{Code, Refusal};
use protocol::envelope::Envelope;
use protocol::id::UserId;
use protocol::room::{Role, RoomType};
use protocol::rpc::Request;
use protocol::rpc::account::{GetStats, Guest, Session};
use protocol::rpc::archive::Wait;
use protocol::rpc::directory::{AddMember, CreateRoom, GetRoom, JoinRoom, PlacedRoom};
use protocol::subject::message_id;
use testkit::{Nats, Postgres, eventually_for};
use tokio::task::JoinHandle;

pub const SOON: Duration = Duration::from_secs(20);

pub struct World {
    pub nats: Nats,
    pub fabric: Fabric,
    pub pools: Pools,
    config: Config,
    persisters: Vec<Persister>,
}

struct Persister {
    context: chassis::Context,
    task: JoinHandle<anyhow::Result<()>>,
}

impl World {
    /// One persister on a database of its own.
    pub async fn new() -> World {
        let mut world = Self::on(Postgres::shared().await.database().await).await;
        world.persister();
        world.ready().await;
        world
    }

    /// Servers without a persister.
    pub async fn on(url: String) -> World {
        let nats = Nats::start().await;
        let nats_config = NatsConfig { url: nats.url(), shards: 2, shard_max_bytes: 64 << 20, ..Default::default() };
        let postgres = PostgresConfig { url, pool_size: 8, ..Default::default() };
        let config = Config { postgres, nats: nats_config, ..Default::default() };
        let fabric = Fabric::connect(&config.nats, "test").await.unwrap();
        let pools = Pools::new(&config.postgres).unwrap();
        World { nats, fabric, pools, config, persisters: Vec::new() }
    }

    /// One more persister, as another process would be.
    pub fn persister(&mut self) {
        let context = chassis::Context::default();
        let task = tokio::spawn(persister::run(context.clone(), self.config.clone()));
        self.persisters.push(Persister { context, task });
    }

    pub async fn ready(&self) {
        eventually_for(SOON, "every persister is ready", async || {
            for persister in &self.persisters {
                assert!(!persister.task.is_finished(), "a persister has ended");
            }
            self.persisters.iter().all(|persister| persister.context.readiness().ready).then_some(())
        })
        .await;
        eventually_for(SOON, "the directory answers", async || self.ask(GetStats {}).await.ok()).await;
    }

    /// Drains every persister.
    pub async fn stop(mut self) {
        for persister in self.persisters.drain(..) {
            persister.context.lifecycle.stop();
            persister.task.await.unwrap().unwrap();
            tokio::time::timeout(SOON, persister.context.lifecycle.drained()).await.unwrap();
        }
    }

    pub async fn ask<R: Request>(&self, request: R) -> Result<R::Answer, Refusal> {
        self.fabric.request_within(&request, Duration::from_secs(12)).await
    }

    /// The code of a refusal.
    pub async fn refused<R: Request>(&self, request: R) -> Code {
        match self.ask(request).await {
            Ok(_) => panic!("{} was not refused", R::SUBJECT),
            Err(refusal) => refusal.code,
        }
    }

    pub async fn guest(&self, name: &str) -> Session {
        self.ask(Guest { name: Some(name.to_owned()) }).await.unwrap()
    }

    pub async fn user(&self, name: &str) -> UserId {
        self.guest(name).await.user.id
    }

    pub async fn room(&self, user: &UserId, room_type: RoomType) -> PlacedRoom {
        let create = CreateRoom { user: user.clone(), room_type, name: Some("Room".into()), topic: None, peer: None };
        self.ask(create).await.unwrap().placed
    }

    pub async fn direct(&self, user: &UserId, peer: &UserId) -> PlacedRoom {
        let room_type = RoomType::Direct;
        let create = CreateRoom { user: user.clone(), room_type, name: None, topic: None, peer: Some(peer.clone()) };
        self.ask(create).await.unwrap().placed
    }

    pub async fn join(&self, user: &UserId, placed: &PlacedRoom) -> PlacedRoom {
        self.ask(JoinRoom { user: user.clone(), room: placed.room.room.clone() }).await.unwrap()
    }

    pub async fn add(&self, actor: &UserId, placed: &PlacedRoom, user: &UserId, role: Role) {
        let (actor, room, user) = (actor.clone(), placed.room.room.clone(), user.clone());
        self.ask(AddMember { actor, room, user, role: Some(role) }).await.unwrap();
    }

    pub async fn look(&self, user: &UserId, placed: &PlacedRoom) -> PlacedRoom {
        self.ask(GetRoom { user: user.clone(), room: placed.room.room.clone() }).await.unwrap()
    }

    /// The room's whole log, oldest first.
    pub async fn log(&self, placed: &PlacedRoom) -> Vec<(u64, Envelope)> {
        let page = self.fabric.room_page(&placed.shard, &placed.room.room, 1, 1_000, 1 << 20).await.unwrap();
        page.records.iter().map(|record| (record.seq, Envelope::decode(&record.payload).unwrap())).collect()
    }

    /// Publishes as a gateway does; gives the `seq` once the archive has it.
    pub async fn say(&self, placed: &PlacedRoom, envelope: &Envelope) -> u64 {
        let room = placed.room.room.clone();
        let msg_id = message_id(&room, &envelope.from.id, envelope.id);
        let publish = Publish { shard: placed.shard.clone(), room, msg_id, payload: envelope.encode().into(), traceparent: None };
        let seq = self.fabric.publish(publish).await.unwrap().seq;
        self.archived(placed, seq).await;
        seq
    }

    pub async fn archived(&self, placed: &PlacedRoom, seq: u64) {
        self.ask(Wait { shard: placed.shard.clone(), seq, wait_ms: 10_000 }).await.unwrap();
    }

    /// One number from the database.
    pub async fn number(&self, sql: &str) -> i64 {
        self.pools.writer().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for persister in &self.persisters {
            persister.context.lifecycle.abort();
            persister.task.abort();
        }
    }
}

pub fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}
