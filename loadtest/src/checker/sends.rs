//! What clients sent to one room, and what they were told of it.

use std::collections::{BTreeMap, HashMap};

use chatmesh_client::protocol::event::Event;
use chatmesh_client::protocol::id::{EventId, UserId};

use super::ClientId;
use super::report::{Place, Violation};

struct Send {
    client: ClientId,
    /// The highest `seq` of an `ok` that anybody had received in this room when the first try began.
    floor: u64,
    stored: Option<(u64, u64)>,
    refused: bool,
}

#[derive(Default)]
pub struct Sends {
    by_key: HashMap<(UserId, EventId), Send>,
    /// Keys in the order of their first try.
    order: Vec<(UserId, EventId)>,
    highest_ok: u64,
}

impl Sends {
    fn get(&mut self, client: ClientId, author: UserId, id: EventId) -> &mut Send {
        let key = (author, id);
        if !self.by_key.contains_key(&key) {
            self.order.push(key.clone());
        }
        let floor = self.highest_ok;
        self.by_key.entry(key).or_insert(Send { client, floor, stored: None, refused: false })
    }

    pub fn begins(&mut self, client: ClientId, author: UserId, id: EventId) {
        self.get(client, author, id);
    }

    pub fn stored(&mut self, client: ClientId, author: UserId, id: EventId, seq: u64, ts: u64) {
        self.get(client, author, id).stored = Some((seq, ts));
        self.highest_ok = self.highest_ok.max(seq);
    }

    pub fn refused(&mut self, client: ClientId, author: UserId, id: EventId) {
        self.get(client, author, id).refused = true;
    }

    pub fn acknowledged(&self) -> u64 {
        self.by_key.values().filter(|send| send.stored.is_some()).count() as u64
    }

    pub fn judge(&self, events: &BTreeMap<u64, &Event>, mut found: impl FnMut(Violation)) {
        let kept: HashMap<(&UserId, EventId), &Event> =
            events.values().map(|event| ((&event.from.id, event.id), *event)).collect();
        let mut last_of_client: HashMap<ClientId, u64> = HashMap::new();
        for key in &self.order {
            let (send, event) = (&self.by_key[key], kept.get(&(&key.0, key.1)));
            let client = Place::Client(send.client);
            if send.refused
                && send.stored.is_none()
                && let Some(event) = event
            {
                found(Violation::Unwanted { seq: event.seq, id: key.1 });
            }
            let Some((seq, ts)) = send.stored else { continue };
            match event {
                None => found(Violation::Lost { seq: Some(seq), id: Some(key.1), place: Place::Log }),
                Some(event) if (event.seq, event.ts) != (seq, ts) => found(Violation::Altered { seq, place: client }),
                Some(_) => {}
            }
            if seq <= send.floor {
                found(Violation::Reordered { first: send.floor, then: seq, place: client });
            }
            let last = last_of_client.entry(send.client).or_default();
            if seq <= *last {
                found(Violation::Reordered { first: *last, then: seq, place: client });
            }
            *last = seq.max(*last);
        }
    }
}
