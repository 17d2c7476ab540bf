//! What a room's log holds beyond a cursor: from the ring, else the log, else the archive.

use std::sync::Arc;

use fabric::Record;
use protocol::code::{Code, Refusal};
use protocol::event::Event;
use protocol::id::{RoomId, UserId};
use protocol::rpc::archive::{GetEvents, GetUnread};

use super::Core;
use crate::hub::{ShardHub, event};

/// Events of a room's tail that are folded for one page of history at most.
const TAIL: usize = 10_000;
/// Events that one question to the log or the archive brings.
const PAGE: usize = 500;
/// Bytes of them.
const PAGE_BYTES: usize = 1 << 20;

/// Events above a cursor.
pub struct Missed {
    pub events: Vec<Event>,
    /// Nothing of the room is missing up to here.
    pub until: u64,
}

impl Core {
    /// The last `seq` of a room, as of the barrier that the caller went through.
    pub async fn room_head(&self, shard: &Arc<ShardHub>, room: &RoomId) -> Result<u64, Refusal> {
        if let Some(head) = shard.known_head(room) {
            return Ok(head);
        }
        let head = match self.fabric.last_of_room(&shard.shard, room).await {
            Ok(Some(record)) => record.seq,
            // Purged: the archive has it.
            Ok(None) => self.fabric.request(&GetUnread { room: room.clone(), users: Vec::new() }).await?.head,
            Err(error) => {
                tracing::debug!(room.id = %room, %error, "last event of the room cannot be read");
                return Err(Refusal::unavailable("the log does not answer; try again"));
            }
        };
        // It may be newer than what came through here: whoever goes on from it would miss it, or have it twice.
        shard.heard(head).await?;
        shard.learn_head(room, head);
        Ok(head)
    }

    /// Up to `limit` events of the room after a cursor, oldest first.
    pub async fn missed(
        &self,
        shard: &Arc<ShardHub>,
        room: &RoomId,
        viewer: &UserId,
        cursor: u64,
        limit: usize,
    ) -> Result<Missed, Refusal> {
        let mut missed = Missed { events: Vec::new(), until: cursor };
        while missed.events.len() < limit {
            let left = limit - missed.events.len();
            // Read before the records: what comes later is not claimed.
            let heard = shard.head();
            if let Some(records) = shard.recent(room, missed.until) {
                let all = records.len() <= left;
                missed.events.extend(records.iter().take(left).filter_map(|record| event(record).ok()));
                missed.until = if all { heard.max(last(&missed, &records)) } else { last(&missed, &records[..left]) };
                return Ok(missed);
            }
            let (events, until) = match self.log_page(shard, room, missed.until, left, heard).await? {
                Some(page) => page,
                None => self.archive_page(room, viewer, missed.until, left).await?,
            };
            let still = events.is_empty() && until <= missed.until;
            missed.events.extend(events);
            missed.until = until.max(missed.until);
            if missed.until >= heard {
                return Ok(missed);
            }
            if still {
                // The log does not reach back so far, and the archive not yet so far forward.
                return Err(Refusal::unavailable("the archive is behind the log; try again"));
            }
        }
        Ok(missed)
    }

    /// `None`: the log does not reach back to the cursor.
    async fn log_page(
        &self,
        shard: &ShardHub,
        room: &RoomId,
        cursor: u64,
        limit: usize,
        heard: u64,
    ) -> Result<Option<(Vec<Event>, u64)>, Refusal> {
        let limit = limit.min(PAGE);
        let page = self.fabric.room_page(&shard.shard, room, cursor + 1, limit, PAGE_BYTES).await.map_err(|error| {
            tracing::debug!(room.id = %room, %error, "log page cannot be read");
            Refusal::unavailable("the log does not answer; try again")
        })?;
        // Counts only if nothing above the cursor was purged when it was read.
        if page.first_seq > cursor + 1 {
            return Ok(None);
        }
        let until = match page.records.last() {
            Some(record) if page.more => record.seq,
            Some(record) => record.seq.max(heard),
            None => heard,
        };
        Ok(Some((page.records.iter().filter_map(|record| event(record).ok()).collect(), until)))
    }

    async fn archive_page(
        &self,
        room: &RoomId,
        viewer: &UserId,
        cursor: u64,
        limit: usize,
    ) -> Result<(Vec<Event>, u64), Refusal> {
        let request = GetEvents { room: room.clone(), viewer: viewer.clone(), after: cursor, limit: limit.min(PAGE) as u64 };
        let page = self.fabric.request(&request).await?;
        let until = match page.events.last() {
            Some(event) if page.more => event.seq,
            Some(_) | None => page.position,
        };
        Ok((page.events, until))
    }

    /// All events of the room above the archive's position: what a page of history must fold on top.
    pub async fn tail(
        &self,
        shard: &Arc<ShardHub>,
        room: &RoomId,
        viewer: &UserId,
        position: u64,
    ) -> Result<Vec<Event>, Refusal> {
        let missed = self.missed(shard, room, viewer, position, TAIL).await?;
        if missed.events.len() >= TAIL {
            return Err(Refusal::new(Code::Unavailable, "the archive is far behind; try again in a minute").after(60_000));
        }
        Ok(missed.events)
    }
}

fn last(missed: &Missed, records: &[Arc<Record>]) -> u64 {
    records.last().map_or(missed.until, |record| record.seq)
}
