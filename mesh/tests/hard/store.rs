//! What lies behind the gateway: the log and the database, reached past it.

use fabric::{Fabric, NatsConfig, Publish};
use protocol::envelope::Envelope;
use protocol::event::{Author, Body, Kind};
use protocol::id::{EventId, Name, RoomId};
use protocol::subject::Shard;
use serde_json::Value;
use testkit::{Nats, Wire, eventually_for};
use tokio_postgres::NoTls;

use crate::LONG;

pub struct Store {
    pub database: tokio_postgres::Client,
    pub fabric: Fabric,
}

impl Store {
    pub async fn open(nats: &Nats, database: &str) -> Self {
        let (database, connection) = tokio_postgres::connect(database, NoTls).await.unwrap();
        tokio::spawn(connection);
        Self { database, fabric: fabric(nats).await }
    }

    /// Where a room's log is.
    pub async fn shard(&self, room: &str) -> Shard {
        let row = self.database.query_one("SELECT home, shard FROM rooms WHERE id = $1", &[&room]).await.unwrap();
        Shard { home: Name::parse(row.get(0)).unwrap(), number: u16::try_from(row.get::<_, i32>(1)).unwrap() }
    }

    /// Until everything up to `seq` is archived.
    pub async fn archived(&self, shard: &Shard, seq: u64) {
        let position = "SELECT position FROM shard_position WHERE home = $1 AND shard = $2";
        let place: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&shard.home.as_str(), &i32::from(shard.number)];
        let reached = async || {
            let row = self.database.query_one(position, &place).await.unwrap();
            (row.get::<_, i64>(0) >= i64::try_from(seq).unwrap()).then_some(())
        };
        eventually_for(LONG, "the archive reaches the log", reached).await;
    }
}

pub async fn fabric(nats: &Nats) -> Fabric {
    Fabric::connect(&NatsConfig { url: nats.url(), ..NatsConfig::default() }, "test").await.unwrap()
}

/// Stores a message past the gateway, under a message id of its own: the log's window will not know the author's key.
pub async fn say(fabric: &Fabric, shard: &Shard, room: &str, user: &str, id: EventId, text: &str) -> u64 {
    let envelope = Envelope {
        kind: Kind::Message,
        id,
        from: Author { id: Name::parse(user).unwrap(), name: "past".into(), author_type: Default::default() },
        target: None,
        emoji: None,
        remove: false,
        body: Some(Body::text(text)),
        ver: None,
    };
    let publish = Publish {
        shard: shard.clone(),
        room: RoomId::parse(room).unwrap(),
        msg_id: Name::fresh().to_string(),
        payload: envelope.encode().into(),
        traceparent: None,
    };
    eventually_for(LONG, "the log takes it", async || fabric.publish(publish.clone()).await.ok()).await.seq
}

/// The answer to a request that is asked again while it is put off.
pub async fn answered(wire: &mut Wire, frame: Value) -> Value {
    eventually_for(LONG, "an answer that no retry changes", async || {
        Some(wire.ask(frame.clone()).await).filter(|answer| answer["code"] != "unavailable")
    })
    .await
}
