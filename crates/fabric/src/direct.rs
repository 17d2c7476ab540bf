//! Reading the log by number: batches over Direct Get, and the leader where a replica may be behind.

use std::time::Duration;

use async_nats::{Client, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt as _;
use protocol::id::RoomId;
use protocol::subject::Shard;
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use crate::api::{self, NO_MESSAGE};
use crate::error::FabricError;
use crate::record::{MSG_ID, Place, Record, TRACEPARENT, room};
use crate::{Fabric, time};

/// Between two messages of a batch.
const PATIENCE: Duration = Duration::from_secs(2);
/// Records of one batch; below a subscription's capacity, so that none is dropped.
const BATCH: usize = 2_048;
/// Bytes of one page over all rooms.
const PAGE_BYTES: usize = 1 << 20;

/// Records of a log in order, without a hole between them.
#[derive(Clone, Debug)]
pub struct Page {
    pub records: Vec<Record>,
    /// The page ended at a limit.
    pub more: bool,
    /// The stream's, read after the records: they are complete only if this is not above what was asked for.
    pub first_seq: u64,
    /// The stream's, read after the records.
    pub last_seq: u64,
}

/// What one batch brought.
struct Batch {
    records: Vec<Record>,
    more: bool,
}

/// `STREAM.MSG.GET`.
#[derive(Deserialize)]
struct Got {
    message: Stored,
}

#[derive(Deserialize)]
struct Stored {
    subject: String,
    seq: u64,
    #[serde(default)]
    data: String,
    #[serde(default)]
    hdrs: String,
    time: String,
}

impl Fabric {
    /// One event; `None`: purged, or never stored.
    pub async fn get(&self, shard: &Shard, seq: u64) -> Result<Option<Record>, FabricError> {
        if seq == 0 {
            return Ok(None);
        }
        let subject = format!("$JS.API.DIRECT.GET.{}", shard.stream());
        let body = json!({ "seq": seq }).to_string();
        // A replica that is behind, or none that answers: the leader decides.
        if let Ok(message) = api::request(self.client(), subject, body.into(), PATIENCE).await
            && message.status.is_none()
            && let Some(record) = Record::of_direct(&message)
        {
            return Ok(Some(record));
        }
        self.of_leader(shard, json!({ "seq": seq })).await
    }

    /// The newest event of a room that the log still holds, from its leader.
    pub async fn last_of_room(&self, shard: &Shard, room: &RoomId) -> Result<Option<Record>, FabricError> {
        self.of_leader(shard, json!({ "last_by_subj": shard.log(room) })).await
    }

    /// Up to `limit` events of a room from `from_seq` on, oldest first; a page ends early at about `max_bytes`, but never empty when
    /// there is more.
    pub async fn room_page(
        &self,
        shard: &Shard,
        room: &RoomId,
        from_seq: u64,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Page, FabricError> {
        self.page(shard, &shard.log(room), from_seq, limit, max_bytes).await
    }

    /// The same over all rooms of the shard. `prev` of these records is not known.
    pub async fn shard_page(&self, shard: &Shard, from_seq: u64, limit: usize) -> Result<Page, FabricError> {
        let mut page = self.page(shard, &shard.log_all(), from_seq, limit, PAGE_BYTES).await?;
        for record in &mut page.records {
            record.prev = 0;
        }
        Ok(page)
    }

    async fn page(&self, shard: &Shard, filter: &str, from: u64, limit: usize, max_bytes: usize) -> Result<Page, FabricError> {
        let limit = limit.min(BATCH);
        let mut page = Page { records: Vec::new(), more: false, first_seq: 0, last_seq: 0 };
        loop {
            let next = page.records.last().map_or(from, |record| record.seq + 1);
            let batch = batch(self.client(), shard, filter, next, limit - page.records.len(), max_bytes).await?;
            page.records.extend(batch.records);
            page.more = batch.more || page.records.len() >= limit;
            let head = self.head(shard).await?;
            (page.first_seq, page.last_seq) = (head.first_seq, head.last_seq);
            if page.more || self.replicas() == 1 {
                return Ok(page);
            }
            // A replica said that there is nothing more; it may be behind.
            let next = page.records.last().map_or(from, |record| record.seq + 1);
            if head.last_seq < next {
                return Ok(page);
            }
            match self.of_leader(shard, json!({ "seq": next, "next_by_subj": filter })).await? {
                Some(record) => page.records.push(record),
                None => return Ok(page),
            }
        }
    }

    async fn of_leader(&self, shard: &Shard, body: serde_json::Value) -> Result<Option<Record>, FabricError> {
        let call = format!("STREAM.MSG.GET.{}", shard.stream());
        match api::ask::<Got>(self.client(), &call, &body, api::TIMEOUT).await {
            Ok(got) => Ok(got.message.record()),
            Err(FabricError::Refused { code: NO_MESSAGE, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn batch(
    client: &Client,
    shard: &Shard,
    filter: &str,
    from: u64,
    limit: usize,
    max_bytes: usize,
) -> Result<Batch, FabricError> {
    api::connected(client)?;
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await.map_err(FabricError::unavailable)?;
    let body = json!({ "seq": from.max(1), "next_by_subj": filter, "batch": limit.max(1), "max_bytes": max_bytes });
    let subject = format!("$JS.API.DIRECT.GET.{}", shard.stream());
    client.publish_with_reply(subject, inbox, body.to_string().into()).await.map_err(FabricError::unavailable)?;
    let mut records = Vec::new();
    // The batch's own chain: each message names the one before it.
    let mut before = 0;
    loop {
        let message = match timeout(PATIENCE, answers.next()).await {
            Ok(Some(message)) => message,
            Ok(None) | Err(_) => return Err(FabricError::Unavailable("the log broke off".into())),
        };
        let Some(status) = message.status else {
            let place = message.headers.as_ref().and_then(Place::of_headers);
            let place = place.ok_or_else(|| FabricError::Unavailable("the log's answer cannot be read".into()))?;
            if place.prev != before {
                return Err(FabricError::Unavailable("the log's answer has a hole".into()));
            }
            before = place.seq;
            records.extend(Record::of_direct(&message));
            continue;
        };
        return match status.as_u16() {
            204 => {
                let pending = message.headers.as_ref().and_then(|headers| headers.get("Nats-Num-Pending"));
                let more = pending.and_then(|pending| pending.as_str().parse::<u64>().ok()).unwrap_or(0) > 0;
                Ok(Batch { records, more })
            }
            404 => Ok(Batch { records, more: false }),
            _ if status == StatusCode::NO_RESPONDERS => Err(FabricError::Unavailable("no log answers for this shard".into())),
            code => {
                let description = message.description.unwrap_or_default();
                Err(FabricError::Refused { code: code.into(), description })
            }
        };
    }
}

impl Stored {
    fn record(self) -> Option<Record> {
        let headers = String::from_utf8(BASE64_STANDARD.decode(self.hdrs).ok()?).ok()?;
        let text = |name: &str| {
            let found = headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            found.map(|value| value.trim().to_owned())
        };
        Some(Record {
            seq: self.seq,
            prev: 0,
            ts: time::millis(&self.time)?,
            room: room(&self.subject)?,
            payload: BASE64_STANDARD.decode(self.data).ok()?.into(),
            traceparent: text(TRACEPARENT),
            msg_id: text(MSG_ID),
        })
    }
}
