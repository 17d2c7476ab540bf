//! Pages of history: the archive's entries with the log's tail folded on top, by the same function that the archive uses.

use protocol::code::Refusal;
use protocol::entry::{Entry, EntryView};
use protocol::event::{Event, Kind};
use protocol::frame::Paging;
use protocol::id::{RoomId, UserId};
use protocol::limits::{PAGE_BYTES, PAGE_DEFAULT};
use protocol::rpc::account::Claims;
use protocol::rpc::archive::{GetEntries, GetHistory, History};

use super::Core;
use super::page::{deleted_archived, deleted_elsewhere, merge, target};

/// What an entry costs on the wire beside its text, in bytes.
const ENTRY_OVERHEAD: usize = 300;
/// Entries that one question to the archive may name.
const ENTRIES: usize = 200;

/// Questions to the archive about one page, while messages are deleted under it.
const ASKED: usize = 4;

/// A page of a room's history.
#[derive(Debug)]
pub struct HistoryPage {
    pub entries: Vec<EntryView>,
    pub as_of: u64,
    pub older: bool,
    pub newer: bool,
}

/// A page of a room's raw log.
#[derive(Debug)]
pub struct EventsPage {
    pub events: Vec<Event>,
    pub more: bool,
}

impl Core {
    /// Every event acknowledged before the call, folded; whatever the archive's lag.
    pub async fn history(&self, viewer: &Claims, room: &RoomId, paging: Paging) -> Result<HistoryPage, Refusal> {
        let paging = paging.check()?;
        let standing = self.standing_for(viewer, room).await?;
        let shard = &standing.shard;
        shard.barrier().await?;
        let head = self.room_head(shard, room).await?;
        let limit = paging.limit.unwrap_or(PAGE_DEFAULT as u64).min(self.config.limits.history);
        let mut ask = GetHistory { room: room.clone(), viewer: viewer.sub.clone(), paging, limit, deleted: Vec::new() };
        let mut page = self.fabric.request(&ask).await?;
        let mut tail = self.tail(shard, room, &viewer.sub, page.position).await?;
        // The archive goes on meanwhile: what a page did not hold yet may stand on the next, so all that the tail deletes is named.
        for _ in 0..ASKED {
            let elsewhere = deleted_elsewhere(&page, &tail, &ask.paging);
            if elsewhere.iter().all(|seq| ask.deleted.contains(seq)) {
                break;
            }
            // Their threads and quotes may be on the page: the archive counts them as deleted.
            ask.deleted = deleted_archived(u64::MAX, &tail);
            page = self.fabric.request(&ask).await?;
            tail = self.tail(shard, room, &viewer.sub, page.position).await?;
        }
        let pinned = if ask.paging.pinned { self.pinned_since(&page, &tail, room, &viewer.sub).await? } else { Vec::new() };
        let as_of = tail.last().map_or(head, |event| event.seq.max(head));
        self.confirm(&viewer.sub, room, &standing, as_of).await?;
        let merged = merge(page, pinned, &tail, &ask.paging, limit as usize);
        let entries = merged.entries.into_iter().map(|entry| entry.view(&viewer.sub)).collect();
        Ok(HistoryPage { entries, as_of, older: merged.older, newer: merged.newer })
    }

    /// The raw log after a cursor.
    pub async fn events(&self, viewer: &Claims, room: &RoomId, after: u64, limit: Option<u64>) -> Result<EventsPage, Refusal> {
        let standing = self.standing_for(viewer, room).await?;
        standing.shard.barrier().await?;
        let limit = limit.unwrap_or(PAGE_DEFAULT as u64).min(self.config.limits.history) as usize;
        let missed = self.missed(&standing.shard, room, &viewer.sub, after, limit + 1).await?;
        let mut events = missed.events;
        self.confirm(&viewer.sub, room, &standing, events.last().map_or(after, |event| event.seq)).await?;
        let mut more = events.len() > limit;
        events.truncate(limit);
        let mut bytes = 0;
        let fits = events.iter().take_while(|event| {
            let text = event.body.as_ref().and_then(|body| body.text.as_deref()).map_or(0, str::len);
            let before = bytes;
            bytes += text + ENTRY_OVERHEAD;
            before == 0 || bytes <= PAGE_BYTES
        });
        let fits = fits.count();
        more |= fits < events.len();
        events.truncate(fits);
        Ok(EventsPage { events, more })
    }

    async fn standing_for(&self, viewer: &Claims, room: &RoomId) -> Result<super::Standing, Refusal> {
        match self.users.held(&viewer.sub) {
            Some(user) => self.standing(&crate::session::Identity { claims: viewer.clone(), user }, room).await,
            None => self.standing_of(&viewer.sub, room).await,
        }
    }

    /// Messages that the tail pins and the archive did not count as pinned.
    async fn pinned_since(&self, page: &History, tail: &[Event], room: &RoomId, viewer: &UserId) -> Result<Vec<Entry>, Refusal> {
        let mut seqs: Vec<u64> =
            tail.iter().filter(|event| event.kind == Kind::Pinned && !event.remove).filter_map(target).collect();
        seqs.retain(|seq| *seq <= page.position && page.entries.iter().all(|entry| entry.seq != *seq));
        seqs.sort_unstable();
        seqs.dedup();
        seqs.truncate(ENTRIES);
        if seqs.is_empty() {
            return Ok(Vec::new());
        }
        let deleted = deleted_archived(page.position, tail);
        let ask = GetEntries { room: room.clone(), viewer: viewer.clone(), seqs, deleted };
        Ok(self.fabric.request(&ask).await?.entries)
    }
}
