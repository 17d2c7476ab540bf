//! Pages of history: the archive's entries with the log's tail folded on top, by the same function that the archive uses.

use std::collections::{BTreeMap, HashSet};

use protocol::code::Refusal;
use protocol::entry::{Entry, EntryView};
use protocol::event::{Event, Kind};
use protocol::fold::Timeline;
use protocol::frame::Paging;
use protocol::id::{RoomId, UserId};
use protocol::limits::{PAGE_BYTES, PAGE_DEFAULT};
use protocol::rpc::account::Claims;
use protocol::rpc::archive::{GetEntries, GetHistory, History};

use super::Core;

/// What an entry costs on the wire beside its text, in bytes.
const ENTRY_OVERHEAD: usize = 300;
/// `seq`s that one question to the archive may name.
const DELETED: usize = 1_000;
const ENTRIES: usize = 200;

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
        let shard = standing.shard;
        shard.barrier().await?;
        let head = self.room_head(&shard, room).await?;
        let limit = paging.limit.unwrap_or(PAGE_DEFAULT as u64).min(self.config.limits.history);
        let mut ask = GetHistory { room: room.clone(), viewer: viewer.sub.clone(), paging, limit, deleted: Vec::new() };
        let mut page = self.fabric.request(&ask).await?;
        let mut tail = self.tail(&shard, room, &viewer.sub, page.position).await?;
        let elsewhere = deleted_elsewhere(&page, &tail);
        if !elsewhere.is_empty() {
            // Their threads and quotes may be on the page: the archive counts them as deleted.
            ask.deleted = elsewhere;
            page = self.fabric.request(&ask).await?;
            tail = self.tail(&shard, room, &viewer.sub, page.position).await?;
        }
        if ask.paging.pinned {
            self.add_pinned(&mut page, &tail, room, &viewer.sub).await?;
        }
        let as_of = tail.last().map_or(head, |event| event.seq.max(head));
        let (entries, older, newer) = merge(page, &tail, &ask.paging, limit as usize);
        let entries = entries.into_iter().map(|entry| entry.view(&viewer.sub)).collect();
        Ok(HistoryPage { entries, as_of, older, newer })
    }

    /// The raw log after a cursor.
    pub async fn events(&self, viewer: &Claims, room: &RoomId, after: u64, limit: Option<u64>) -> Result<EventsPage, Refusal> {
        let standing = self.standing_for(viewer, room).await?;
        standing.shard.barrier().await?;
        let limit = limit.unwrap_or(PAGE_DEFAULT as u64).min(self.config.limits.history) as usize;
        let missed = self.missed(&standing.shard, room, &viewer.sub, after, limit + 1).await?;
        let mut events = missed.events;
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
    async fn add_pinned(&self, page: &mut History, tail: &[Event], room: &RoomId, viewer: &UserId) -> Result<(), Refusal> {
        let mut seqs: Vec<u64> =
            tail.iter().filter(|event| event.kind == Kind::Pinned && !event.remove).filter_map(target).collect();
        seqs.retain(|seq| *seq <= page.position && page.entries.iter().all(|entry| entry.seq != *seq));
        seqs.sort_unstable();
        seqs.dedup();
        seqs.truncate(ENTRIES);
        if seqs.is_empty() {
            return Ok(());
        }
        let answer = self.fabric.request(&GetEntries { room: room.clone(), viewer: viewer.clone(), seqs }).await?;
        page.entries.extend(answer.entries);
        Ok(())
    }
}

fn target(event: &Event) -> Option<u64> {
    event.target.as_ref().and_then(|target| target.seq())
}

/// Archived messages that the tail deletes and that are not on the page.
fn deleted_elsewhere(page: &History, tail: &[Event]) -> Vec<u64> {
    let shows_others =
        page.entries.iter().any(|entry| entry.thread.is_some() || entry.body.as_ref().is_some_and(|body| body.reply.is_some()));
    if !shows_others {
        return Vec::new();
    }
    let deleted = tail.iter().filter(|event| event.kind == Kind::Deleted).filter_map(target);
    deleted.filter(|seq| *seq <= page.position).take(DELETED).collect()
}

/// Folds the tail on top of the archive's page and cuts the page that was asked for.
fn merge(page: History, tail: &[Event], paging: &Paging, limit: usize) -> (Vec<Entry>, bool, bool) {
    let (mut older, mut newer, position) = (page.older, page.newer, page.position);
    let on_page: HashSet<u64> = page.entries.iter().map(|entry| entry.seq).collect();
    let replies: HashSet<u64> = tail
        .iter()
        .filter(|event| event.kind == Kind::Message && event.body.as_ref().is_some_and(|body| body.thread == paging.thread))
        .map(|event| event.seq)
        .collect();
    let mut timeline = Timeline::new(page.entries);
    for event in tail {
        timeline.apply(event);
    }
    let wanted = |entry: &Entry| {
        let on_page = on_page.contains(&entry.seq);
        let of_thread = paging.thread.is_none_or(|root| entry.seq == root || on_page || replies.contains(&entry.seq));
        let pinned = !paging.pinned || entry.pinned;
        let beyond = entry.seq > position || paging.pinned;
        let bounded = paging.before.is_none_or(|before| entry.seq < before) && paging.after.is_none_or(|after| entry.seq > after);
        let reached = !newer || paging.pinned;
        of_thread && pinned && (on_page || (beyond && bounded && reached))
    };
    let mut entries: BTreeMap<u64, Entry> = timeline.entries.into_iter().filter(|(_, entry)| wanted(entry)).collect();
    let root = paging.thread.and_then(|root| entries.remove(&root));
    let room_left = limit.saturating_sub(usize::from(root.is_some()));
    let mut entries: Vec<Entry> = std::mem::take(&mut entries).into_values().collect();
    let from_oldest = paging.after.is_some() || paging.around.is_some();
    let fits = fitting(&entries, room_left, from_oldest);
    if fits < entries.len() {
        if from_oldest {
            entries.truncate(fits);
            newer = true;
        } else {
            entries.drain(..entries.len() - fits);
            older = true;
        }
    }
    if let Some(root) = root {
        entries.insert(0, root);
    }
    (entries, older, newer)
}

/// How many entries fit a page, counted from the side that is kept; at least one.
fn fitting(entries: &[Entry], limit: usize, from_oldest: bool) -> usize {
    let size = |entry: &Entry| ENTRY_OVERHEAD + entry.body.as_ref().and_then(|body| body.text.as_deref()).map_or(0, str::len);
    let sizes: Vec<usize> =
        if from_oldest { entries.iter().map(size).collect() } else { entries.iter().rev().map(size).collect() };
    let mut bytes = 0;
    let within = sizes.iter().take(limit).take_while(|size| {
        let first = bytes == 0;
        bytes += **size;
        first || bytes <= PAGE_BYTES
    });
    within.count()
}
