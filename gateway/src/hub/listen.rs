//! Joining the live stream without a gap and without a double: the last of a replay and the registration happen under one lock.

use std::sync::Arc;

use bytes::Bytes;
use fabric::Record;
use protocol::frame::ServerFrame;
use protocol::id::{RoomId, UserId};

use super::ShardHub;
use super::ring::{encode, event};
use crate::socket::Socket;
use crate::socket::shared::Shared;

/// Most records that are pushed under the lock.
const REMAINDER: usize = 64;

/// What came of an attempt to listen.
pub enum Listen {
    /// Registered; this many events were pushed, the last with this `seq`.
    Live { count: u64, head: u64 },
    /// These are missing still; push them and try again.
    Behind(Vec<Arc<Record>>),
    /// The ring does not reach back to the cursor.
    Uncovered,
    /// The user may not read here any more.
    Gone,
}

impl ShardHub {
    /// Listens from a cursor when at most `most` events are missing. `may_read` is asked, and `finish` gives the frame that ends the replay, under the lock.
    pub fn listen(
        &self,
        room: &RoomId,
        cursor: u64,
        most: usize,
        socket: &Arc<Socket>,
        may_read: impl FnOnce() -> bool,
        finish: impl FnOnce(u64, u64) -> Option<Bytes>,
    ) -> Listen {
        let mut state = self.lock();
        // Under the lock, so that it holds for every record that is here.
        if !may_read() {
            return Listen::Gone;
        }
        let Some(missing) = state.after(room, cursor) else { return Listen::Uncovered };
        if missing.len() > most.min(REMAINDER) {
            return Listen::Behind(missing);
        }
        let mut count = 0;
        let mut head = cursor;
        for record in missing {
            if let Ok(event) = event(&record) {
                socket.mailbox.push(encode(event, socket.encoding));
                count += 1;
            }
            head = record.seq;
        }
        if let Some(frame) = finish(count, head) {
            socket.mailbox.push(frame);
        }
        let room = state.rooms.entry(room.clone()).or_default();
        room.watchers.retain(|other| other.id != socket.id);
        if !room.listeners.iter().any(|other| other.id == socket.id) {
            Arc::make_mut(&mut room.listeners).push(socket.clone());
        }
        Listen::Live { count, head }
    }

    pub fn is_listening(&self, room: &RoomId, socket: &Socket) -> bool {
        let state = self.lock();
        state.rooms.get(room).is_some_and(|room| room.listeners.iter().any(|other| other.id == socket.id))
    }

    /// Ends an attachment once nothing of it is under way any more; with `watch` the socket gets news of the room instead.
    pub async fn detach(&self, room: &RoomId, socket: &Arc<Socket>, watch: bool) {
        let taken = self.unlisten(room, socket, watch);
        // A shard that does not get there delivers nothing either.
        let _delivered = self.heard(taken).await;
    }

    /// Takes a socket out of a room; what the shard took so far, up to the `seq` that this gives, may still be on its way to it.
    pub fn unlisten(&self, room: &RoomId, socket: &Arc<Socket>, watch: bool) -> u64 {
        let mut state = self.lock();
        if let Some(room) = state.rooms.get_mut(room) {
            Arc::make_mut(&mut room.listeners).retain(|other| other.id != socket.id);
            room.watchers.retain(|other| other.id != socket.id);
        }
        if watch {
            state.rooms.entry(room.clone()).or_default().watchers.push(socket.clone());
        }
        state.head
    }

    /// News of the room goes to the socket, which has it not attached.
    pub fn watch(&self, room: &RoomId, socket: &Arc<Socket>) {
        let mut state = self.lock();
        let room = state.rooms.entry(room.clone()).or_default();
        let known = |sockets: &[Arc<Socket>]| sockets.iter().any(|other| other.id == socket.id);
        if !known(&room.listeners) && !known(&room.watchers) {
            room.watchers.push(socket.clone());
        }
    }

    /// Pushes a frame that never enters the log to all who have the room attached, but one user.
    pub fn tell(&self, room: &RoomId, except: &UserId, frame: &ServerFrame) {
        let listeners = self.lock().rooms.get(room).map(|room| room.listeners.clone()).unwrap_or_default();
        let mut shared = Shared::new(frame);
        for socket in listeners.iter().filter(|socket| socket.user() != Some(except)) {
            socket.mailbox.push_live(shared.bytes(socket.encoding));
        }
    }

    /// The room's records above a cursor, when all of them are here.
    pub fn recent(&self, room: &RoomId, cursor: u64) -> Option<Vec<Arc<Record>>> {
        self.lock().after(room, cursor)
    }

    /// The room's records that are here.
    pub fn kept(&self, room: &RoomId) -> Vec<Arc<Record>> {
        self.lock().rooms.get(room).map(|room| room.recent.iter().cloned().collect()).unwrap_or_default()
    }

    /// One record, when it is still here.
    pub fn record(&self, room: &RoomId, seq: u64) -> Option<Arc<Record>> {
        self.lock().record(room, seq).cloned()
    }

    /// The last `seq` of the room, when it is known here.
    pub fn known_head(&self, room: &RoomId) -> Option<u64> {
        self.lock().rooms.get(room).and_then(|room| room.head)
    }

    /// Remembers a room's last `seq` that was read elsewhere, for as long as somebody cares for the room here.
    pub fn learn_head(&self, room: &RoomId, seq: u64) {
        if let Some(room) = self.lock().rooms.get_mut(room) {
            room.head = Some(room.head.map_or(seq, |head| head.max(seq)));
        }
    }

    /// The log's time of a record: from its live copy, which is waited for 50 ms.
    pub async fn time_of(&self, room: &RoomId, seq: u64) -> Option<u64> {
        let promise = match self.lock().time_of(room, seq) {
            Ok(ts) => return Some(ts),
            Err(promise) => promise,
        };
        match tokio::time::timeout(std::time::Duration::from_millis(50), promise).await {
            Ok(Ok(ts)) => Some(ts),
            Ok(Err(_)) | Err(_) => {
                self.lock().forget_waiter(seq);
                None
            }
        }
    }
}
