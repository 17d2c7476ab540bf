//! The order of one sender: one publish in flight for each (socket, room), and what a failure does to those behind it.

use std::collections::{HashMap, VecDeque};

use protocol::frame::Change;
use protocol::id::{EventId, RoomId};
use protocol::limits::LANE;

/// How long a failed event holds up those after it, in milliseconds.
const BLOCK_MS: u64 = 2_000;
/// Lanes beyond which those with nothing to remember are swept.
const SWEPT: usize = 64;

/// The sends of one socket to one room.
#[derive(Default)]
struct Lane {
    queue: VecDeque<Change>,
    in_flight: bool,
    /// The event that failed and may come again, and until when the lane waits for it.
    blocked: Option<(EventId, u64)>,
}

impl Lane {
    fn is_full(&self) -> bool {
        self.queue.len() >= LANE
    }

    fn is_idle(&self, now_ms: u64) -> bool {
        !self.in_flight && self.queue.is_empty() && self.blocked.is_none_or(|(_, until)| until <= now_ms)
    }

    /// The event in flight failed in a way that may pass: gives back those that fail with it.
    fn fail(&mut self, id: EventId, now_ms: u64) -> Vec<Change> {
        let again = self.queue.iter().position(|change| change.id == id);
        self.blocked = again.is_none().then_some((id, now_ms + BLOCK_MS));
        self.queue.drain(..again.unwrap_or(self.queue.len())).collect()
    }
}

/// All lanes of one socket.
#[derive(Default)]
pub struct Lanes {
    by_room: HashMap<RoomId, Lane>,
    full: usize,
    sweep_at: usize,
}

/// What the end of a publish leads to.
#[derive(Default)]
pub struct Settled {
    /// These fail with it.
    pub behind: Vec<Change>,
    /// This one is published next.
    pub next: Option<Change>,
}

impl Lanes {
    /// No further frame is read while this holds.
    pub fn any_is_full(&self) -> bool {
        self.full > 0
    }

    /// Whether an arriving event must fail because an earlier one has to come first.
    pub fn refuses(&mut self, room: &RoomId, id: EventId, now_ms: u64) -> bool {
        let Some(lane) = self.by_room.get_mut(room) else { return false };
        match lane.blocked {
            Some((first, until)) if first != id && now_ms < until => true,
            Some(_) | None => {
                lane.blocked = None;
                false
            }
        }
    }

    /// An arriving event is refused in a way that may pass: those after it wait for it, those before it do not.
    pub fn hold(&mut self, room: &RoomId, id: EventId, now_ms: u64) {
        self.sweep(now_ms);
        self.by_room.entry(room.clone()).or_default().blocked = Some((id, now_ms + BLOCK_MS));
    }

    /// Takes an event; gives back what is to be published now.
    pub fn offer(&mut self, change: Change, now_ms: u64) -> Option<Change> {
        self.sweep(now_ms);
        let lane = self.by_room.entry(change.room.clone()).or_default();
        if !lane.in_flight {
            lane.in_flight = true;
            return Some(change);
        }
        lane.queue.push_back(change);
        self.full += usize::from(lane.queue.len() == LANE);
        None
    }

    /// The room's publish in flight ended; `failed`: its id, if the failure may pass.
    pub fn settle(&mut self, room: &RoomId, failed: Option<EventId>, now_ms: u64) -> Settled {
        let Some(lane) = self.by_room.get_mut(room) else { return Settled::default() };
        let was_full = lane.is_full();
        let behind = failed.map(|id| lane.fail(id, now_ms)).unwrap_or_default();
        let next = lane.queue.pop_front();
        lane.in_flight = next.is_some();
        self.full -= usize::from(was_full && !lane.is_full());
        if lane.is_idle(now_ms) {
            self.by_room.remove(room);
        }
        Settled { behind, next }
    }

    fn sweep(&mut self, now_ms: u64) {
        if self.by_room.len() > self.sweep_at.max(SWEPT) {
            self.by_room.retain(|_, lane| !lane.is_idle(now_ms));
            self.sweep_at = 2 * self.by_room.len();
        }
    }
}
