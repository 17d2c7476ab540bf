//! Folding: how later events of a room change its entries. The only definition; log order decides.

use std::collections::BTreeMap;

use crate::entry::{Entry, Reaction, Thread};
use crate::event::{Body, Event, Kind};
use crate::id::UserId;
use crate::limits::{EMOJI_PER_MESSAGE, THREAD_AUTHORS};

/// Applies a change to its target alone. Says whether the entry changed; only then `rev` rises.
pub fn change(entry: &mut Entry, event: &Event) -> bool {
    if entry.kind != Kind::Message || entry.deleted || event.seq <= entry.rev {
        return false;
    }
    let changed = match event.kind {
        Kind::Edited => {
            edit(entry, event);
            true
        }
        Kind::Deleted => {
            delete(entry);
            true
        }
        Kind::Reacted => event.emoji.as_deref().is_some_and(|emoji| react(entry, &event.from.id, emoji, event.remove)),
        Kind::Pinned => std::mem::replace(&mut entry.pinned, !event.remove) == event.remove,
        Kind::Created | Kind::Message | Kind::Joined | Kind::Left | Kind::Renamed | Kind::Topic | Kind::Role | Kind::Call => {
            false
        }
    };
    if changed {
        entry.rev = event.seq;
    }
    changed
}

fn edit(entry: &mut Entry, event: &Event) {
    let new = event.body.clone().unwrap_or_default();
    let body = entry.body.get_or_insert_default();
    // `reply_to`, `thread` and `reply` stay.
    *body = Body { text: new.text, attachments: new.attachments, mentions: new.mentions, ..std::mem::take(body) };
    entry.edited_ts = Some(event.ts);
}

/// What is left of a deleted message: its place, its author, and its thread's footer.
pub fn delete(entry: &mut Entry) {
    entry.deleted = true;
    entry.pinned = false;
    entry.body = None;
    entry.reactions.clear();
    entry.edited_ts = None;
}

fn react(entry: &mut Entry, user: &UserId, emoji: &str, remove: bool) -> bool {
    let at = entry.reactions.iter().position(|reaction| reaction.emoji == emoji);
    match (at, remove) {
        (Some(at), true) => {
            let users = &mut entry.reactions[at].users;
            let before = users.len();
            users.retain(|other| other != user);
            let changed = users.len() < before;
            if users.is_empty() {
                entry.reactions.remove(at);
            }
            changed
        }
        (Some(at), false) => {
            let users = &mut entry.reactions[at].users;
            let new = !users.contains(user);
            if new {
                users.push(user.clone());
            }
            new
        }
        (None, true) => false,
        (None, false) if entry.reactions.len() >= EMOJI_PER_MESSAGE => false,
        (None, false) => {
            entry.reactions.push(Reaction { emoji: emoji.to_owned(), users: vec![user.clone()] });
            true
        }
    }
}

/// Entries of one room by `seq`, and what later events make of them. Holds any window of the room.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    pub entries: BTreeMap<u64, Entry>,
    /// Thread roots of messages seen here: a deletion must find its root.
    roots: BTreeMap<u64, u64>,
}

impl Timeline {
    /// Starts from entries that are folded up to some `seq`.
    pub fn new(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut timeline = Self::default();
        for entry in entries {
            if let Some(root) = entry.body.as_ref().and_then(|body| body.thread) {
                timeline.roots.insert(entry.seq, root);
            }
            timeline.entries.insert(entry.seq, entry);
        }
        timeline
    }

    /// Applies the next event of the room's log.
    pub fn apply(&mut self, event: &Event) {
        if let Some(entry) = Entry::begin(event) {
            if event.kind == Kind::Message {
                self.count(event);
            }
            self.entries.insert(event.seq, entry);
            return;
        }
        let Some(target) = event.target.as_ref().and_then(|target| target.seq()) else { return };
        // What is quoted here may itself lie outside of the window.
        let changed = self.entries.get_mut(&target).is_none_or(|entry| change(entry, event));
        if changed && event.kind == Kind::Deleted {
            self.forget_quotes(target);
            self.discount(target);
        }
    }

    fn count(&mut self, event: &Event) {
        let Some(root) = event.body.as_ref().and_then(|body| body.thread) else { return };
        self.roots.insert(event.seq, root);
        let Some(entry) = self.entries.get_mut(&root) else { return };
        let thread = entry.thread.get_or_insert_with(|| Thread { count: 0, last: event.seq, from: Vec::new() });
        thread.count += 1;
        thread.last = event.seq;
        if thread.from.len() < THREAD_AUTHORS && thread.from.iter().all(|author| author.id != event.from.id) {
            thread.from.push(event.from.clone());
        }
    }

    /// Entries that quote a deleted message keep the quote's place, without its text.
    pub fn forget_quotes(&mut self, target: u64) {
        for entry in self.entries.range_mut(target..).map(|(_, entry)| entry) {
            if let Some(reply) = entry.body.as_mut().and_then(|body| body.reply.as_mut())
                && reply.seq == target
            {
                reply.text = None;
            }
        }
    }

    /// A deleted reply does not count. `last` and `from` are made of the replies in this window: exact when the window holds
    /// the whole thread, which the archive's `deleted` parameter makes needless to ask elsewhere.
    fn discount(&mut self, target: u64) {
        let Some(root) = self.roots.remove(&target) else { return };
        let replies: Vec<(u64, crate::event::Author)> = self
            .roots
            .iter()
            .filter(|(_, other)| **other == root)
            .filter_map(|(seq, _)| self.entries.get(seq).map(|entry| (*seq, entry.from.clone())))
            .collect();
        let Some(entry) = self.entries.get_mut(&root) else { return };
        let Some(thread) = &mut entry.thread else { return };
        thread.count = thread.count.saturating_sub(1);
        if thread.count == 0 {
            entry.thread = None;
            return;
        }
        if thread.last == target {
            thread.last = replies.last().map_or(thread.last, |(seq, _)| *seq);
        }
        if replies.len() as u64 == thread.count {
            thread.from.clear();
            for (_, author) in replies {
                if thread.from.len() < THREAD_AUTHORS && thread.from.iter().all(|other| other.id != author.id) {
                    thread.from.push(author);
                }
            }
        }
    }
}
