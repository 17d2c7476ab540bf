//! A page of history made of two halves: what the archive folded, and the log's tail on top of it.

use std::collections::HashSet;

use protocol::entry::Entry;
use protocol::event::{Event, Kind};
use protocol::fold::Timeline;
use protocol::frame::Paging;
use protocol::limits::{PAGE_BYTES, REACTION_USERS};
use protocol::rpc::archive::History;

/// What an entry costs on the wire beside its texts, in bytes; and each user that it names.
const ENTRY_OVERHEAD: usize = 300;
const USER_BYTES: usize = 26;
/// `seq`s that one question to the archive may name.
const DELETED: usize = 1_000;

/// The page, and what lies beyond.
#[derive(Debug, PartialEq)]
pub struct Merged {
    pub entries: Vec<Entry>,
    pub older: bool,
    pub newer: bool,
}

/// Archived messages that the tail deletes, when that can concern others on the page: a thread's footer, a quote.
pub fn deleted_elsewhere(page: &History, tail: &[Event], paging: &Paging) -> Vec<u64> {
    let shows_others =
        page.entries.iter().any(|entry| entry.thread.is_some() || entry.body.as_ref().is_some_and(|body| body.reply.is_some()));
    // A pinned page gets others besides.
    if !shows_others && !paging.pinned {
        return Vec::new();
    }
    deleted_archived(page.position, tail)
}

/// Messages up to a position that the tail deletes.
pub fn deleted_archived(position: u64, tail: &[Event]) -> Vec<u64> {
    let deleted = tail.iter().filter(|event| event.kind == Kind::Deleted).filter_map(target);
    deleted.filter(|seq| *seq <= position).take(DELETED).collect()
}

/// Folds the tail on top of the archive's page and cuts the page that was asked for. `pinned`: archived messages that the tail pins.
pub fn merge(page: History, pinned: Vec<Entry>, tail: &[Event], paging: &Paging, limit: usize) -> Merged {
    let History { entries: archived, position, mut older, mut newer } = page;
    let on_page: HashSet<u64> = archived.iter().map(|entry| entry.seq).collect();
    let beside_root = || archived.iter().map(|entry| entry.seq).filter(|seq| paging.thread != Some(*seq));
    // The archive's page is complete between these, whatever else was pinned meanwhile.
    let low = if older && paging.after.is_none() { beside_root().next().unwrap_or(0) } else { 0 };
    let high = if newer && paging.before.is_none() { beside_root().next_back().unwrap_or(0) } else { u64::MAX };
    let replies: HashSet<u64> = tail.iter().filter(|event| thread(event) == paging.thread).map(|event| event.seq).collect();
    let mut timeline = fold(archived.into_iter().chain(pinned), tail);
    let root = paging.thread.and_then(|root| timeline.entries.remove(&root)).filter(|root| !paging.pinned || root.pinned);
    let wanted = |entry: &Entry| {
        let of_thread = paging.thread.is_none() || on_page.contains(&entry.seq) || replies.contains(&entry.seq);
        of_thread && (!paging.pinned || entry.pinned)
    };
    let (reaches, before, after) = (!newer, paging.before.unwrap_or(u64::MAX), paging.after);
    let mut entries = Vec::new();
    for entry in timeline.entries.into_values().filter(wanted) {
        if entry.seq >= before {
            newer = true;
        } else if after.is_some_and(|after| entry.seq <= after) {
            older = true;
        } else if (low..=high).contains(&entry.seq) && (entry.seq <= position || reaches) {
            entries.push(entry);
        }
    }
    let limit = limit.saturating_sub(usize::from(root.is_some())).max(1);
    let (start, end) = window(&entries, paging, limit);
    older |= start > 0;
    newer |= end < entries.len();
    entries.truncate(end);
    entries.drain(..start);
    if let Some(root) = root {
        entries.insert(0, root);
    }
    Merged { entries, older, newer }
}

fn fold(entries: impl Iterator<Item = Entry>, tail: &[Event]) -> Timeline {
    let dead: HashSet<u64> = tail.iter().filter(|event| event.kind == Kind::Deleted).filter_map(target).collect();
    let mut timeline = Timeline::new(entries);
    for event in tail {
        // A reply that is gone by now was never its thread's last: what was before it may lie outside of this window.
        if dead.contains(&event.seq) && thread(event).is_some() {
            let mut event = event.clone();
            event.body = None;
            timeline.apply(&event);
        } else {
            timeline.apply(event);
        }
    }
    timeline
}

/// From where to where the page reaches: at most `limit` entries and about [`PAGE_BYTES`], but never none.
fn window(entries: &[Entry], paging: &Paging, limit: usize) -> (usize, usize) {
    let len = entries.len();
    let (mut start, mut end) = match (paging.after, paging.around) {
        (Some(_), _) => (0, len.min(limit)),
        (None, None) => (len.saturating_sub(limit), len),
        (None, Some(around)) => {
            let middle = entries.partition_point(|entry| entry.seq < around);
            // Half from below it; what one side lacks the other gives.
            let below = (limit / 2).max(limit.saturating_sub(len - middle));
            let start = middle.saturating_sub(below);
            (start, len.min(start + limit))
        }
    };
    let mut sum: usize = entries[start..end].iter().map(size).sum();
    while sum > PAGE_BYTES && end - start > 1 {
        let (first, last) = (&entries[start], &entries[end - 1]);
        let from_end = match paging.around {
            Some(around) => last.seq.saturating_sub(around) >= around.saturating_sub(first.seq),
            None => paging.after.is_some(),
        };
        if from_end {
            sum -= size(last);
            end -= 1;
        } else {
            sum -= size(first);
            start += 1;
        }
    }
    (start, end)
}

fn size(entry: &Entry) -> usize {
    let body = entry.body.as_ref().map_or(0, |body| {
        let quote = body.reply.as_ref().and_then(|reply| reply.text.as_deref()).map_or(0, str::len);
        body.text.as_deref().map_or(0, str::len) + quote + body.mentions.len() * USER_BYTES
    });
    let reactions =
        entry.reactions.iter().map(|reaction| reaction.emoji.len() + (2 + reaction.users.len().min(REACTION_USERS)) * USER_BYTES);
    ENTRY_OVERHEAD + body + reactions.sum::<usize>()
}

/// The root of the thread in which a message stands.
fn thread(event: &Event) -> Option<u64> {
    event.body.as_ref().filter(|_| event.kind == Kind::Message)?.thread
}

/// The message that an event changes.
pub fn target(event: &Event) -> Option<u64> {
    event.target.as_ref().and_then(|target| target.seq())
}

#[cfg(test)]
mod tests;
