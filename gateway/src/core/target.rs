//! The message that a change, a reply or a thread names, as it stands now.

use std::sync::Arc;

use protocol::code::{Code, Refusal};
use protocol::entry::Entry;
use protocol::event::Kind;
use protocol::fold::change;
use protocol::id::{RoomId, UserId};
use protocol::rpc::archive::GetEntries;

use super::Core;
use crate::hub::{ShardHub, event};

/// Log events after a target that are looked through while the archive is away.
const SCAN: usize = 5_000;

impl Core {
    /// A message of the room by its `seq`, folded up to now; `None` when there is none. It may be deleted.
    pub async fn message(
        &self,
        shard: &Arc<ShardHub>,
        room: &RoomId,
        viewer: &UserId,
        seq: u64,
    ) -> Result<Option<Entry>, Refusal> {
        if seq > shard.head() {
            // Its `ok` may have come by another gateway.
            shard.barrier().await?;
            if seq > shard.head() {
                return Ok(None);
            }
        }
        let entry = match shard.record(room, seq) {
            Some(record) => {
                let Some(mut entry) = event(&record).ok().as_ref().and_then(Entry::begin) else { return Ok(None) };
                for record in shard.recent(room, seq).unwrap_or_default() {
                    if let Ok(later) = event(&record) {
                        change_target(&mut entry, &later);
                    }
                }
                Some(entry)
            }
            None => self.older_message(shard, room, viewer, seq).await?,
        };
        Ok(entry.filter(|entry| entry.kind == Kind::Message))
    }

    async fn older_message(
        &self,
        shard: &Arc<ShardHub>,
        room: &RoomId,
        viewer: &UserId,
        seq: u64,
    ) -> Result<Option<Entry>, Refusal> {
        let request = GetEntries { room: room.clone(), viewer: viewer.clone(), seqs: vec![seq], deleted: Vec::new() };
        let (found, position) = match self.fabric.request(&request).await {
            Ok(answer) => (answer.entries.into_iter().next(), answer.position),
            Err(refusal) if refusal.code.retryable() => (None, 0),
            // A member whose membership the archive has not seen, or a room that is new to it.
            Err(refusal) if refusal.code == Code::NotFound => (None, 0),
            Err(refusal) => return Err(refusal),
        };
        if found.is_none() && seq <= position {
            return Ok(None);
        }
        let from_archive = found.is_some();
        let entry = match found {
            Some(entry) => Some(entry),
            None => self.logged(shard, room, seq).await?,
        };
        let Some(mut entry) = entry else { return Ok(None) };
        let after = if from_archive { position } else { seq };
        let later = self.missed(shard, room, viewer, after, SCAN).await?;
        if later.events.len() >= SCAN {
            return Err(Refusal::unavailable("the archive does not answer; try again"));
        }
        for event in &later.events {
            change_target(&mut entry, event);
        }
        Ok(Some(entry))
    }

    /// The entry that the log holds at a `seq`, unchanged.
    async fn logged(&self, shard: &ShardHub, room: &RoomId, seq: u64) -> Result<Option<Entry>, Refusal> {
        let unavailable = || Refusal::unavailable("the message cannot be read now; try again");
        match self.fabric.get(&shard.shard, seq).await {
            Ok(Some(record)) if record.room == *room => Ok(event(&record).ok().as_ref().and_then(Entry::begin)),
            Ok(Some(_)) => Ok(None),
            // Purged, or never there: only the archive knows, and it did not answer.
            Ok(None) => Err(unavailable()),
            Err(error) => {
                tracing::debug!(room.id = %room, seq, %error, "record cannot be read");
                Err(unavailable())
            }
        }
    }
}

fn change_target(entry: &mut Entry, event: &protocol::event::Event) {
    if event.target.as_ref().and_then(|target| target.seq()) == Some(entry.seq) {
        change(entry, event);
    }
}
