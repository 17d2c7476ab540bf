//! What is stored of one room: the log and the archive, each alone and held against the other.

use std::collections::{BTreeMap, HashMap, HashSet};

use chatmesh_client::protocol::event::{Event, Kind};
use chatmesh_client::protocol::id::{EventId, UserId};

use super::fingerprint::Fingerprint;
use super::report::{Place, Violation};

/// Events as they were given, in that order.
#[derive(Default)]
pub struct Truth {
    /// Complete above this `seq`.
    pub log: Option<(u64, Vec<Event>)>,
    /// Complete up to this `seq`.
    pub archive: Option<(u64, Vec<Event>)>,
}

impl Truth {
    /// Log and archive as one, the log's sight of an event before the archive's.
    pub fn events(&self) -> BTreeMap<u64, &Event> {
        let archived = self.archive.iter().flat_map(|(_, events)| events);
        let logged = self.log.iter().flat_map(|(_, events)| events);
        archived.chain(logged).map(|event| (event.seq, event)).collect()
    }

    /// `seq`s of messages that a later event deletes.
    pub fn deleted(events: &BTreeMap<u64, &Event>) -> HashSet<u64> {
        let deletions = events.values().filter(|event| event.kind == Kind::Deleted);
        deletions.filter_map(|event| event.target.as_ref()?.seq()).collect()
    }

    pub fn judge(&self, events: &BTreeMap<u64, &Event>, mut found: impl FnMut(Violation)) {
        for (source, place) in [(&self.log, Place::Log), (&self.archive, Place::Archive)] {
            for pair in source.iter().flat_map(|(_, events)| events.windows(2)) {
                let (first, then) = (pair[0].seq, pair[1].seq);
                if first == then {
                    found(Violation::Doubled { seqs: vec![then], place });
                } else if first > then {
                    found(Violation::Reordered { first, then, place });
                }
            }
        }
        self.compare(events, &mut found);
        let mut under_key: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let mut first_of_key: HashMap<(&UserId, EventId), u64> = HashMap::new();
        let mut before: Option<&Event> = None;
        for (&seq, event) in events {
            let first = *first_of_key.entry((&event.from.id, event.id)).or_insert(seq);
            if first != seq {
                under_key.entry(first).or_insert_with(|| vec![first]).push(seq);
            }
            if let Some(before) = before {
                // The log's time never goes back.
                if event.ts < before.ts {
                    found(Violation::Reordered { first: before.seq, then: seq, place: Place::Log });
                }
                // The log knows what stood before, also when nobody has it any more.
                if let Some(prev) = event.prev.filter(|prev| *prev > before.seq) {
                    found(Violation::Lost { seq: Some(prev), id: None, place: Place::Log });
                }
            }
            before = Some(event);
        }
        for seqs in under_key.into_values() {
            found(Violation::Doubled { seqs, place: Place::Log });
        }
    }

    /// Between the log's beginning and the archive's position both hold the same.
    fn compare(&self, events: &BTreeMap<u64, &Event>, mut found: impl FnMut(Violation)) {
        let (Some((above, logged)), Some((until, archived))) = (&self.log, &self.archive) else { return };
        let deleted = Self::deleted(events);
        let common = |event: &&Event| event.seq > *above && event.seq <= *until;
        let logged: BTreeMap<u64, &Event> = logged.iter().filter(common).map(|event| (event.seq, event)).collect();
        let archived: BTreeMap<u64, &Event> = archived.iter().filter(common).map(|event| (event.seq, event)).collect();
        for (seq, event) in &logged {
            match archived.get(seq) {
                None => found(Violation::Lost { seq: Some(*seq), id: Some(event.id), place: Place::Archive }),
                Some(other) => {
                    let gone = is_gone(event, &deleted);
                    if !Fingerprint::of(event).agrees(Fingerprint::of(other), gone) {
                        found(Violation::Altered { seq: *seq, place: Place::Archive });
                    }
                }
            }
        }
        for (seq, event) in archived.iter().filter(|(seq, _)| !logged.contains_key(seq)) {
            found(Violation::Lost { seq: Some(*seq), id: Some(event.id), place: Place::Log });
        }
    }
}

/// The message of this event, or the one it changed, is deleted by now: its body may be left out.
pub fn is_gone(event: &Event, deleted: &HashSet<u64>) -> bool {
    let target = event.target.as_ref().and_then(|target| target.seq());
    deleted.contains(&event.seq) || target.is_some_and(|target| deleted.contains(&target))
}
