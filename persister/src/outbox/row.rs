//! One change on its way into the log, once: by the log's own window while it is young, by the archive when it is late.

use std::time::Duration;

use bytes::Bytes;
use fabric::{Fabric, Publish};
use protocol::code::{Code, Refusal};
use protocol::id::{EventId, RoomId, UserId};
use protocol::limits::LATE_MS;
use protocol::rpc::archive::GetSent;
use protocol::subject::{Shard, change_id};

use crate::archive::now_ms;

/// For this long a stream made anew may have forgotten what it took: its window began again.
const NEW_STREAM_MS: u64 = 300_000;
/// A little more than `archive.sent` waits for its position.
const ARCHIVE: Duration = Duration::from_secs(7);

/// A row of the outbox.
pub struct Row {
    pub number: i64,
    pub room: RoomId,
    ver: u64,
    author: UserId,
    event_id: EventId,
    payload: Bytes,
    /// Since the first attempt, when there was one.
    tried_ms_ago: Option<u64>,
}

impl Row {
    /// Columns `number, room, ver, author, event_id, payload, age_ms`.
    pub fn read(row: &tokio_postgres::Row) -> Result<Self, Refusal> {
        let broken = |_| Refusal::new(Code::Internal, "an outbox row is damaged");
        Ok(Self {
            number: row.get("number"),
            room: RoomId::parse(row.get("room")).map_err(broken)?,
            ver: row.get::<_, i64>("ver") as u64,
            author: UserId::parse(row.get("author")).map_err(broken)?,
            event_id: EventId::from(row.get::<_, uuid::Uuid>("event_id")),
            payload: row.get::<_, Vec<u8>>("payload").into(),
            tried_ms_ago: row.get::<_, Option<i64>>("age_ms").map(|age| age.max(0) as u64),
        })
    }

    /// The `seq` under which the change is in the log.
    pub async fn publish(&self, fabric: &Fabric, shard: &Shard) -> Result<u64, Refusal> {
        if let Some(age_ms) = self.tried_ms_ago
            && let Some(seq) = self.stored(fabric, shard, age_ms).await?
        {
            return Ok(seq);
        }
        let publish = Publish {
            shard: shard.clone(),
            room: self.room.clone(),
            msg_id: change_id(&self.room, self.ver),
            payload: self.payload.clone(),
            traceparent: None,
        };
        let ack = fabric.publish(publish).await.map_err(|error| Refusal::unavailable(error.to_string()))?;
        Ok(ack.seq)
    }

    /// What an earlier attempt left, where the log's window may not tell.
    async fn stored(&self, fabric: &Fabric, shard: &Shard, age_ms: u64) -> Result<Option<u64>, Refusal> {
        let head = fabric.head(shard).await.map_err(|error| Refusal::unavailable(error.to_string()))?;
        if age_ms < LATE_MS && now_ms().saturating_sub(head.created_ms) > NEW_STREAM_MS {
            return Ok(None);
        }
        let sent = GetSent {
            shard: shard.clone(),
            room: self.room.clone(),
            author: self.author.clone(),
            id: self.event_id,
            at_least: head.last_seq,
        };
        Ok(fabric.request_within(&sent, ARCHIVE).await?.map(|sent| sent.seq))
    }
}
