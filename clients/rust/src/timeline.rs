//! One room as a person reads it: pages and events folded into entries, by the same function as the server's.

use std::collections::{BTreeMap, VecDeque};

use protocol::entry::{Entry, EntryView, Reaction};
use protocol::event::{Event, Kind};
use protocol::fold;
use protocol::frame::OkFrame;
use protocol::id::UserId;

/// Changes that are kept for pages that were made before them.
const RECENT: usize = 1_000;

/// Entries of one room, and what later events make of them. Holds what it is given: [`Timeline::forget_before`] lets go.
pub struct Timeline {
    me: UserId,
    folded: fold::Timeline,
    /// Users beyond those that a page names, by entry and emoji.
    unnamed: BTreeMap<(u64, String), u64>,
    /// The last changes, for pages as of an earlier `seq`.
    recent: VecDeque<Event>,
    /// Events up to here are in.
    as_of: u64,
}

impl Timeline {
    /// Empty, as `me` sees it.
    pub fn new(me: UserId) -> Self {
        let (folded, recent) = (fold::Timeline::default(), VecDeque::new());
        Self { me, folded, unnamed: BTreeMap::new(), recent, as_of: 0 }
    }

    /// Adds a page of `history`: the first one, or one that lies before or behind what is here.
    pub fn page(&mut self, page: &OkFrame) {
        let as_of = page.as_of.unwrap_or_default();
        self.add(page.entries.iter().flatten());
        // What was heard before this page came and is not in it.
        for event in self.recent.clone().iter().filter(|event| event.seq > as_of) {
            self.fold(event);
        }
        self.as_of = self.as_of.max(as_of);
    }

    /// The newest entries after a long absence: what was here is stale.
    pub fn skipped(&mut self, until: u64, entries: &[EntryView]) {
        *self = Self::new(self.me.clone());
        self.add(entries.iter());
        self.as_of = until;
    }

    /// The next event of the room.
    pub fn event(&mut self, event: &Event) {
        if !event.kind.is_entry() {
            self.recent.push_back(event.clone());
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
        if event.seq > self.as_of || !event.kind.is_entry() {
            self.fold(event);
        }
        self.as_of = self.as_of.max(event.seq);
    }

    /// Entries, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = EntryView> {
        self.folded.entries.values().map(|entry| {
            let mut view = entry.clone().view(&self.me);
            for reaction in &mut view.reactions {
                reaction.count += self.unnamed.get(&(entry.seq, reaction.emoji.clone())).copied().unwrap_or_default();
            }
            view
        })
    }

    /// The `seq` of the first entry, to page before it.
    pub fn first(&self) -> Option<u64> {
        self.folded.entries.keys().next().copied()
    }

    /// Lets go of older entries.
    pub fn forget_before(&mut self, seq: u64) {
        let kept = self.folded.entries.split_off(&seq);
        self.folded = fold::Timeline::new(kept.into_values());
        self.unnamed = self.unnamed.split_off(&(seq, String::new()));
    }

    fn add<'a>(&mut self, entries: impl Iterator<Item = &'a EntryView>) {
        let mut all = std::mem::take(&mut self.folded).entries;
        for view in entries {
            if all.get(&view.seq).is_some_and(|known| known.rev > view.rev) {
                continue;
            }
            self.unnamed.retain(|(seq, _), _| *seq != view.seq);
            for reaction in &view.reactions {
                let unnamed = reaction.count.saturating_sub(named(&self.me, reaction).len() as u64);
                if unnamed > 0 {
                    self.unnamed.insert((view.seq, reaction.emoji.clone()), unnamed);
                }
            }
            all.insert(view.seq, entry(&self.me, view));
        }
        self.folded = fold::Timeline::new(all.into_values());
    }

    fn fold(&mut self, event: &Event) {
        let target = event.target.as_ref().and_then(|target| target.seq());
        // A page may have counted the reply already.
        let root = event.body.as_ref().and_then(|body| body.thread).filter(|_| event.kind == Kind::Message);
        let thread = root.and_then(|root| self.folded.entries.get(&root)?.thread.clone()).filter(|it| it.last >= event.seq);
        self.unname(event, target);
        self.folded.apply(event);
        if let (Some(thread), Some(entry)) = (thread, root.and_then(|root| self.folded.entries.get_mut(&root))) {
            entry.thread = Some(thread);
        }
    }

    /// A reaction taken back by somebody whom no page has named.
    fn unname(&mut self, event: &Event, target: Option<u64>) {
        let (Kind::Reacted, true, Some(target), Some(emoji)) = (event.kind, event.remove, target, &event.emoji) else { return };
        let Some(entry) = self.folded.entries.get_mut(&target).filter(|entry| event.seq > entry.rev) else { return };
        let Some(reaction) = entry.reactions.iter_mut().find(|reaction| reaction.emoji == *emoji) else { return };
        if reaction.users.contains(&event.from.id) {
            return;
        }
        if let Some(unnamed) = self.unnamed.get_mut(&(target, emoji.clone())) {
            *unnamed -= 1;
            entry.rev = event.seq;
            if *unnamed == 0 {
                self.unnamed.remove(&(target, emoji.clone()));
            }
        }
    }
}

/// Users of a reaction whom the page names, oneself among them.
fn named(me: &UserId, reaction: &protocol::entry::ReactionView) -> Vec<UserId> {
    let mut users = reaction.users.clone();
    if reaction.me && !users.contains(me) {
        users.push(me.clone());
    }
    users
}

fn entry(me: &UserId, view: &EntryView) -> Entry {
    let reactions = view.reactions.iter();
    Entry {
        seq: view.seq,
        id: view.id,
        ts: view.ts,
        from: view.from.clone(),
        kind: view.kind,
        body: view.body.clone(),
        target: view.target.clone(),
        rev: view.rev,
        edited_ts: view.edited_ts,
        deleted: view.deleted,
        pinned: view.pinned,
        reactions: reactions.map(|it| Reaction { emoji: it.emoji.clone(), users: named(me, it) }).collect(),
        thread: view.thread.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn vectors_of_folding_give_the_entries_they_name() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/vectors/folding.json");
        let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert!(!cases.is_empty());
        for case in cases {
            let read = |name: &str| serde_json::from_value::<Vec<EntryView>>(case[name].clone()).unwrap();
            let mut timeline = Timeline::new(UserId::parse(case["viewer"].as_str().unwrap()).unwrap());
            timeline.page(&OkFrame { entries: Some(read("begin")), ..OkFrame::default() });
            for step in case["steps"].as_array().unwrap() {
                timeline.event(&serde_json::from_value(step["event"].clone()).unwrap());
            }
            assert_eq!(timeline.entries().collect::<Vec<_>>(), read("entries"), "{}", case["name"]);
        }
    }
}
