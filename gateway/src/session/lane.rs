//! The order of one sender: one publish in flight for each (socket, room), and what a failure does to those behind it.

use std::collections::VecDeque;

use protocol::frame::Change;
use protocol::id::EventId;
use protocol::limits::LANE;

/// How long a failed event holds up those after it, in milliseconds.
const BLOCK_MS: u64 = 2_000;

/// The sends of one socket to one room.
#[derive(Default)]
pub struct Lane {
    queue: VecDeque<Change>,
    in_flight: bool,
    /// The event that failed and may come again, and until when the lane waits for it.
    blocked: Option<(EventId, u64)>,
}

impl Lane {
    /// Whether an arriving event must fail because an earlier one has to come first.
    pub fn refuses(&mut self, id: EventId, now_ms: u64) -> bool {
        match self.blocked {
            Some((first, until)) if first != id && now_ms < until => true,
            Some(_) | None => {
                self.blocked = None;
                false
            }
        }
    }

    /// An arriving event is refused for now: those that arrive after it wait for it. What was accepted before it goes on.
    pub fn hold(&mut self, id: EventId, now_ms: u64) {
        self.blocked = Some((id, now_ms + BLOCK_MS));
    }

    /// A publish failed in a way that may pass: those behind it fail too. Gives them back.
    pub fn block(&mut self, id: EventId, now_ms: u64) -> Vec<Change> {
        self.blocked = Some((id, now_ms + BLOCK_MS));
        let again = self.queue.iter().position(|change| change.id == id);
        let failed = self.queue.drain(..again.unwrap_or(self.queue.len())).collect();
        if again.is_some() {
            self.blocked = None;
        }
        failed
    }

    /// Takes an event; gives back what is to be published now.
    pub fn offer(&mut self, change: Change) -> Option<Change> {
        if self.in_flight {
            self.queue.push_back(change);
            return None;
        }
        self.in_flight = true;
        Some(change)
    }

    /// The publish in flight ended.
    pub fn settle(&mut self) {
        self.in_flight = false;
    }

    /// The next one to publish, when none is in flight.
    pub fn next(&mut self) -> Option<Change> {
        if self.in_flight {
            return None;
        }
        let next = self.queue.pop_front();
        self.in_flight = next.is_some();
        next
    }

    /// No further frame is read while this holds.
    pub fn is_full(&self) -> bool {
        self.queue.len() >= LANE
    }

    /// Nothing to remember.
    pub fn is_idle(&self, now_ms: u64) -> bool {
        !self.in_flight && self.queue.is_empty() && self.blocked.is_none_or(|(_, until)| until <= now_ms)
    }
}
