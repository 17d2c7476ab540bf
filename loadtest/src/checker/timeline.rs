//! Holds folded entries against what the log's events make of themselves.

use std::collections::{BTreeMap, HashSet};

use chatmesh_client::protocol::entry::EntryView;
use chatmesh_client::protocol::event::Event;
use chatmesh_client::protocol::fold::Timeline;
use chatmesh_client::protocol::id::UserId;

use super::report::{Place, Violation};

/// Compares a whole history with the fold of all events.
pub fn judge(events: &BTreeMap<u64, &Event>, viewer: &UserId, entries: &[EntryView], mut found: impl FnMut(Violation)) {
    let mut timeline = Timeline::default();
    for event in events.values() {
        timeline.apply(event);
    }
    let place = Place::History;
    let (mut once, mut highest) = (HashSet::new(), 0);
    for entry in entries {
        let seq = entry.seq;
        if !once.insert(seq) {
            found(Violation::Doubled { seqs: vec![seq], place });
        } else if seq <= highest {
            found(Violation::Reordered { first: highest, then: seq, place });
        }
        highest = highest.max(seq);
        match timeline.entries.get(&seq) {
            None => found(Violation::Lost { seq: Some(seq), id: Some(entry.id), place: Place::Log }),
            Some(expected) if !agree(expected.clone().view(viewer), entry.clone()) => {
                found(Violation::Altered { seq, place });
            }
            Some(_) => {}
        }
    }
    for (seq, entry) in timeline.entries.iter().filter(|(seq, _)| !once.contains(seq)) {
        found(Violation::Lost { seq: Some(*seq), id: Some(entry.id), place });
    }
}

/// Names in entries are those of today, and say nothing of the log.
fn agree(mut one: EntryView, mut other: EntryView) -> bool {
    for entry in [&mut one, &mut other] {
        entry.from.name.clear();
        if let Some(reply) = entry.body.as_mut().and_then(|body| body.reply.as_mut()) {
            reply.from.name.clear();
        }
        for author in entry.thread.iter_mut().flat_map(|thread| &mut thread.from) {
            author.name.clear();
        }
    }
    one == other
}
