//! What clients sent to one room, and what they were told of it.

use std::collections::{BTreeMap, HashMap};

use chatmesh_client::protocol::event::Event;
use chatmesh_client::protocol::id::{EventId, UserId};

use super::ClientId;
use super::report::{Place, Violation};

struct Send {
    client: ClientId,
    author: UserId,
    /// The highest `seq` of an `ok` that anybody had received in this room when the first try began.
    floor: u64,
    outcome: Outcome,
}

enum Outcome {
    /// No answer that counts: stored once, or never.
    Unknown,
    Stored {
        id: EventId,
        seq: u64,
        ts: u64,
    },
    Refused {
        id: EventId,
    },
}

/// In the order of their first try.
#[derive(Default)]
pub struct Sends {
    sends: Vec<Send>,
    highest_ok: u64,
}

impl Sends {
    pub fn begin(&mut self, client: ClientId, author: UserId) -> usize {
        self.sends.push(Send { client, author, floor: self.highest_ok, outcome: Outcome::Unknown });
        self.sends.len() - 1
    }

    pub fn stored(&mut self, number: usize, id: EventId, seq: u64, ts: u64) {
        self.sends[number].outcome = Outcome::Stored { id, seq, ts };
        self.highest_ok = self.highest_ok.max(seq);
    }

    pub fn refused(&mut self, number: usize, id: EventId) {
        self.sends[number].outcome = Outcome::Refused { id };
    }

    pub fn acknowledged(&self) -> u64 {
        self.sends.iter().filter(|send| matches!(send.outcome, Outcome::Stored { .. })).count() as u64
    }

    pub fn judge(&self, events: &BTreeMap<u64, &Event>, mut found: impl FnMut(Violation)) {
        let kept: HashMap<(&UserId, EventId), &Event> =
            events.values().map(|event| ((&event.from.id, event.id), *event)).collect();
        let mut last_of_client: HashMap<ClientId, u64> = HashMap::new();
        for send in &self.sends {
            let (place, kept) = (Place::Client(send.client), |id| kept.get(&(&send.author, id)));
            match send.outcome {
                Outcome::Unknown => {}
                Outcome::Refused { id } => {
                    if let Some(event) = kept(id) {
                        found(Violation::Unwanted { seq: event.seq, id });
                    }
                }
                Outcome::Stored { id, seq, ts } => {
                    match kept(id) {
                        None => found(Violation::Lost { seq: Some(seq), id: Some(id), place: Place::Log }),
                        Some(event) if (event.seq, event.ts) != (seq, ts) => found(Violation::Altered { seq, place }),
                        Some(_) => {}
                    }
                    let last = last_of_client.entry(send.client).or_default();
                    let first = send.floor.max(*last);
                    if seq <= first {
                        found(Violation::Reordered { first, then: seq, place });
                    }
                    *last = seq.max(*last);
                }
            }
        }
    }
}
