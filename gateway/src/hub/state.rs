//! What a gateway remembers of one shard: recent records by room, who listens, who waits for a record's time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use fabric::Record;
use protocol::envelope::peek_kind;
use protocol::event::Kind;
use protocol::id::{RoomId, UserId};
use tokio::sync::oneshot;

use super::deliver::Delivery;
use crate::socket::Socket;

/// What a record costs beside its payload, in bytes: its struct, its places in two queues.
const RECORD_OVERHEAD: usize = 200;

#[derive(Default)]
pub struct Room {
    /// `seq` of the last event, when it is known here.
    pub head: Option<u64>,
    pub recent: VecDeque<Arc<Record>>,
    /// Shared with the deliveries under way: it is copied when it changes meanwhile.
    pub listeners: Arc<Vec<Arc<Socket>>>,
    /// Sockets whose user is a member and which want news, without having the room attached.
    pub watchers: Vec<Arc<Socket>>,
}

impl Room {
    fn is_needless(&self) -> bool {
        self.recent.is_empty() && self.listeners.is_empty() && self.watchers.is_empty()
    }
}

pub struct State {
    /// Every record of the shard above this is in `rooms`.
    pub floor: u64,
    pub head: u64,
    pub rooms: HashMap<RoomId, Room>,
    /// Rooms whose watchers must be told.
    pub news: HashSet<RoomId>,
    /// Events queued for sockets since the start.
    pub delivered: u64,
    order: VecDeque<(RoomId, u64, usize)>,
    bytes: usize,
    most_bytes: usize,
    waiting: HashMap<u64, oneshot::Sender<u64>>,
}

impl State {
    pub fn new(most_bytes: usize) -> Self {
        Self {
            floor: 0,
            head: 0,
            rooms: HashMap::new(),
            news: HashSet::new(),
            delivered: 0,
            order: VecDeque::new(),
            bytes: 0,
            most_bytes,
            waiting: HashMap::new(),
        }
    }

    /// Forgets all records; listeners stay. What follows is complete above `head`.
    pub fn restart(&mut self, head: u64) {
        (self.floor, self.head, self.bytes) = (head, head, 0);
        self.order.clear();
        self.waiting.clear();
        for room in self.rooms.values_mut() {
            room.head = None;
            room.recent.clear();
        }
        self.rooms.retain(|_, room| !room.is_needless());
    }

    /// Nobody listens any more: all are sent away to resume, and must not see what lies behind a hole before they go.
    pub fn dismiss(&mut self) {
        for room in self.rooms.values_mut() {
            room.listeners = Arc::default();
            room.watchers.clear();
        }
        self.rooms.retain(|_, room| !room.is_needless());
    }

    pub fn has_listeners(&self, room: &RoomId) -> bool {
        self.rooms.get(room).is_some_and(|room| !room.listeners.is_empty())
    }

    /// Takes the next records, in their order; says what is to be delivered to whom, those of one room together.
    pub fn take(&mut self, records: &[Arc<Record>]) -> Vec<Delivery> {
        let wanted: Vec<_> = records.iter().filter(|record| self.keep(record)).cloned().collect();
        let deliveries = match &wanted[..] {
            [] => Vec::new(),
            [record] => self.delivery(&record.room.clone(), wanted).into_iter().collect(),
            several => {
                let mut by_room: HashMap<&RoomId, Vec<Arc<Record>>> = HashMap::new();
                for record in several {
                    by_room.entry(&record.room).or_default().push(record.clone());
                }
                by_room.into_iter().filter_map(|(room, records)| self.delivery(room, records)).collect()
            }
        };
        self.evict();
        deliveries
    }

    fn delivery(&mut self, room: &RoomId, records: Vec<Arc<Record>>) -> Option<Delivery> {
        let listeners = self.rooms.get(room).map(|room| &room.listeners).filter(|listeners| !listeners.is_empty())?;
        self.delivered += (listeners.len() * records.len()) as u64;
        Some(Delivery { listeners: listeners.clone(), records })
    }

    /// True: somebody listens in its room.
    fn keep(&mut self, record: &Arc<Record>) -> bool {
        self.head = record.seq;
        if let Some(waiter) = self.waiting.remove(&record.seq) {
            // One who gave up waiting reads the time himself.
            let _given_up = waiter.send(record.ts);
        }
        let room = self.rooms.entry(record.room.clone()).or_default();
        room.head = Some(record.seq);
        if !room.watchers.is_empty() && peek_kind(&record.payload).is_some_and(|kind| kind.is_entry() || kind == Kind::Deleted) {
            self.news.insert(record.room.clone());
        }
        let cost = record.payload.len() + RECORD_OVERHEAD;
        self.order.push_back((record.room.clone(), record.seq, cost));
        room.recent.push_back(record.clone());
        self.bytes += cost;
        !room.listeners.is_empty()
    }

    fn evict(&mut self) {
        while self.bytes > self.most_bytes {
            let Some((name, seq, cost)) = self.order.pop_front() else { return };
            self.bytes -= cost;
            self.floor = seq;
            if let Some(room) = self.rooms.get_mut(&name) {
                room.recent.pop_front();
                if room.is_needless() {
                    self.rooms.remove(&name);
                }
            }
        }
    }

    /// The time of a record that is here, or a promise of it.
    pub fn time_of(&mut self, room: &RoomId, seq: u64) -> Result<u64, oneshot::Receiver<u64>> {
        let (sender, receiver) = oneshot::channel();
        if seq > self.head {
            self.waiting.insert(seq, sender);
            return Err(receiver);
        }
        self.record(room, seq).map(|record| record.ts).ok_or(receiver)
    }

    /// Nobody waits for this record any more.
    pub fn forget_waiter(&mut self, seq: u64) {
        self.waiting.remove(&seq);
    }

    /// A record that is still here.
    pub fn record(&self, room: &RoomId, seq: u64) -> Option<&Arc<Record>> {
        let recent = &self.rooms.get(room)?.recent;
        // Mostly the newest one is asked for; to search means to touch records that nobody touched for long.
        if let Some(newest) = recent.back().filter(|newest| newest.seq == seq) {
            return Some(newest);
        }
        let at = recent.binary_search_by_key(&seq, |record| record.seq).ok()?;
        recent.get(at)
    }

    /// The room's records above a cursor, when all of them are here.
    pub fn after(&self, room: &RoomId, cursor: u64) -> Option<Vec<Arc<Record>>> {
        let Some(room) = self.rooms.get(room) else { return (cursor >= self.floor).then(Vec::new) };
        let first_prev = room.recent.front().map_or(0, |record| record.prev);
        let covered =
            cursor >= self.floor || room.head.is_some_and(|head| head <= cursor) || (first_prev != 0 && first_prev <= cursor);
        if !covered {
            return None;
        }
        let from = room.recent.partition_point(|record| record.seq <= cursor);
        Some(room.recent.range(from..).cloned().collect())
    }

    /// Forgets sockets that are gone.
    pub fn sweep(&mut self, room: &RoomId) {
        let Some(room) = self.rooms.get_mut(room) else { return };
        let here = |socket: &Arc<Socket>| !socket.mailbox.is_closed();
        Arc::make_mut(&mut room.listeners).retain(here);
        room.watchers.retain(here);
    }

    /// Ends the attachments of one user in a room. Says whose.
    pub fn expel(&mut self, room: &RoomId, user: &UserId) {
        let Some(room) = self.rooms.get_mut(room) else { return };
        let others = |socket: &Arc<Socket>| socket.user() != Some(user);
        Arc::make_mut(&mut room.listeners).retain(others);
        room.watchers.retain(others);
    }
}
