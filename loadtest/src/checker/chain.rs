//! One attachment of a client: what it saw of a room from a cursor on.

use std::collections::{BTreeMap, HashSet};

use chatmesh_client::protocol::event::Event;

use super::ClientId;
use super::report::{Place, Violation};

pub struct Chain {
    pub client: ClientId,
    after: u64,
    /// In the order of arrival.
    seen: Vec<u64>,
    /// Ranges `(above, up to)` that the server skipped.
    skipped: Vec<(u64, u64)>,
}

impl Chain {
    pub fn new(client: ClientId, after: u64) -> Self {
        Self { client, after, seen: Vec::new(), skipped: Vec::new() }
    }

    pub fn cursor(&self) -> u64 {
        let skipped = self.skipped.last().map_or(self.after, |(_, until)| *until);
        self.seen.last().copied().unwrap_or(self.after).max(skipped)
    }

    pub fn saw(&mut self, seq: u64) {
        self.seen.push(seq);
    }

    pub fn skip(&mut self, until: u64) {
        self.skipped.push((self.cursor(), until));
    }

    pub fn seen(&self) -> &[u64] {
        &self.seen
    }

    /// `owed_until`: what it must have seen; with `None` it ended by itself, after the last event it saw.
    pub fn judge(&self, events: &BTreeMap<u64, &Event>, owed_until: Option<u64>, mut found: impl FnMut(Violation)) {
        let place = Place::Client(self.client);
        let mut once = HashSet::with_capacity(self.seen.len());
        let mut highest = self.after;
        for &seq in &self.seen {
            if !once.insert(seq) {
                found(Violation::Doubled { seqs: vec![seq], place });
            } else if seq <= highest {
                found(Violation::Reordered { first: highest, then: seq, place });
            }
            if !events.contains_key(&seq) {
                found(Violation::Lost { seq: Some(seq), id: None, place: Place::Log });
            }
            highest = highest.max(seq);
        }
        let until = owed_until.map_or(highest, |owed| owed.max(highest));
        for (&seq, event) in events.range(self.after + 1..).take_while(|(seq, _)| **seq <= until) {
            let skipped = self.skipped.iter().any(|(above, until)| *above < seq && seq <= *until);
            if !skipped && !once.contains(&seq) {
                found(Violation::Lost { seq: Some(seq), id: Some(event.id), place });
            }
        }
    }
}
