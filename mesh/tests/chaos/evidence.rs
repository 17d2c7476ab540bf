//! What is stored in the end: the log as NATS holds it, the archive as Postgres holds it, and the history as a member reads it.

use std::collections::BTreeMap;

use chatmesh_client::protocol::entry::EntryView;
use chatmesh_client::protocol::envelope::Envelope;
use chatmesh_client::protocol::event::Event;
use chatmesh_client::protocol::id::RoomId;
use fabric::{Fabric, NatsConfig};
use http::Method;
use testkit::eventually_for;
use tokio_postgres::NoTls;

use crate::LONG;
use crate::person::{Person, Record};

pub struct Evidence {
    fabric: Fabric,
    database: tokio_postgres::Client,
}

impl Evidence {
    pub async fn open(nats: &NatsConfig, database: &str) -> Self {
        let (database, connection) = tokio_postgres::connect(database, NoTls).await.unwrap();
        tokio::spawn(connection);
        Self { fabric: Fabric::connect(nats, "evidence").await.unwrap(), database }
    }

    /// The last event of each room.
    pub async fn heads(&self, rooms: &[RoomId]) -> Vec<u64> {
        let log = self.read_log().await;
        rooms.iter().map(|room| log[room].last().unwrap().seq).collect()
    }

    pub async fn log(&self, record: &Record) {
        for (room, events) in self.read_log().await {
            record.checker().log(&room, 0, events);
        }
    }

    async fn read_log(&self) -> BTreeMap<RoomId, Vec<Event>> {
        let mut rooms: BTreeMap<RoomId, Vec<Event>> = BTreeMap::new();
        for shard in self.fabric.shards() {
            let mut next = 1;
            loop {
                let page = self.fabric.shard_page(shard, next, 1_000).await.unwrap();
                assert!(page.first_seq <= 1, "nothing is purged in a test");
                let Some(last) = page.records.last() else { break };
                next = last.seq + 1;
                for record in page.records {
                    let envelope = Envelope::decode(&record.payload).unwrap();
                    let event = envelope.into_event(record.room.clone(), record.seq, record.prev, record.ts);
                    rooms.entry(record.room).or_default().push(event);
                }
            }
        }
        rooms
    }

    /// Until every shard's position is at the log's end.
    pub async fn wait_for_archive(&self) {
        const POSITION: &str = "SELECT position FROM shard_position WHERE home = $1 AND shard = $2";
        for shard in self.fabric.shards() {
            let last = i64::try_from(self.fabric.head(shard).await.unwrap().last_seq).unwrap();
            let place: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&shard.home.as_str(), &i32::from(shard.number)];
            let reached = async || {
                let row = self.database.query_opt(POSITION, &place).await.unwrap();
                row.is_some_and(|row| row.get::<_, i64>(0) >= last).then_some(())
            };
            eventually_for(LONG, "the archive reaches the log's end", reached).await;
        }
    }

    pub async fn archive(&self, record: &Record) {
        const SELECT: &str = "SELECT room, seq, prev, at, payload FROM events ORDER BY room, seq";
        for row in self.database.query(SELECT, &[]).await.unwrap() {
            let number = |column: usize| u64::try_from(row.get::<_, i64>(column)).unwrap();
            let room = RoomId::parse(row.get(0)).unwrap();
            let envelope = Envelope::decode(row.get(4)).unwrap();
            let event = envelope.into_event(room.clone(), number(1), number(2), number(3));
            record.checker().archive(&room, u64::MAX, [event]);
        }
        let breaks: i64 = self.database.query_one("SELECT count(*) FROM shard_break", &[]).await.unwrap().get(0);
        assert_eq!(breaks, 0, "no kill costs the log anything");
    }

    /// The whole history of a room, page by page.
    pub async fn history(&self, reader: &Person, room: &RoomId) -> Vec<EntryView> {
        let mut entries: Vec<EntryView> = Vec::new();
        loop {
            let after = entries.last().map_or(0, |entry| entry.seq);
            let path = format!("/rooms/{room}/history?after={after}&limit=200");
            let token = Some(reader.login.access_token.as_str());
            let page = reader.api.insist(Method::GET, &path, token, None, LONG).await.unwrap();
            let more: Vec<EntryView> = serde_json::from_value(page["entries"].clone()).unwrap();
            entries.extend(more);
            if page["newer"] == false {
                return entries;
            }
        }
    }
}
