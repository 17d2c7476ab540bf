//! The history checker: joins what clients saw and were told with the log and the archive, and says what is wrong.

mod chain;
mod client;
mod fingerprint;
mod report;
mod room;
mod sends;
mod timeline;
mod truth;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chatmesh_client::protocol::entry::EntryView;
use chatmesh_client::protocol::event::Event;
use chatmesh_client::protocol::id::{EventId, RoomId, UserId};

pub use report::{Place, Report, Violation};
use room::Room;

/// One client of a run: a user's connections one after the other, or one raw socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(usize);

/// One send of a run, with all its retries.
#[derive(Clone, Debug)]
pub struct SendId {
    room: RoomId,
    number: usize,
}

/// Collects a run and judges it at the end. Holds no clock and does no I/O: the order of the calls is the order of what happened,
/// so clients that run side by side share one checker behind a lock and tell it a thing as soon as they see it, and a send before
/// it leaves.
#[derive(Default)]
pub struct Checker {
    users: Vec<UserId>,
    rooms: HashMap<RoomId, Room>,
}

impl Checker {
    /// A further client of a user.
    pub fn client(&mut self, user: &UserId) -> ClientId {
        self.users.push(user.clone());
        ClientId(self.users.len() - 1)
    }

    /// Nobody but members may see this room.
    pub fn private(&mut self, room: &RoomId) {
        self.room(room).private = true;
    }

    /// From now on the client must see everything of the room above `after`, once and in order, until `detached`. A connection that
    /// breaks and is resumed at the last event seen is still the same attachment.
    pub fn attached(&mut self, client: ClientId, room: &RoomId, after: u64) {
        self.room(room).attach(client, after);
    }

    /// The attachment has ended; what it had not seen by then was not owed.
    pub fn detached(&mut self, client: ClientId, room: &RoomId) {
        self.room(room).detach(client);
    }

    /// The last `seq` that the client saw of a room it has attached, else its cursor; `None` when it is not attached.
    pub fn cursor(&self, client: ClientId, room: &RoomId) -> Option<u64> {
        Some(self.rooms.get(room)?.attachment(client)?.cursor())
    }

    /// An event arrived. In a room that is not attached it begins an attachment at itself.
    pub fn saw(&mut self, client: ClientId, event: &Event) {
        let room = self.room(&event.room);
        room.remember(client, event);
        room.attachment_from(client, event.seq.saturating_sub(1)).saw(event.seq);
    }

    /// The server skipped events up to `until`; they are not owed.
    pub fn skipped(&mut self, client: ClientId, room: &RoomId, until: u64) {
        self.room(room).attachment_from(client, until).skip(until);
    }

    /// Something other than a live event showed this event to the client: a page, a preview.
    pub fn shown(&mut self, client: ClientId, room: &RoomId, seq: u64) {
        self.room(room).shown.push((client, seq));
    }

    /// The client is about to send something to a room: to be told before it leaves, once for all its retries.
    pub fn sends(&mut self, client: ClientId, room: &RoomId) -> SendId {
        let author = self.users[client.0].clone();
        SendId { room: room.clone(), number: self.room(room).sends.begin(client, author) }
    }

    /// Its `ok` came.
    pub fn stored(&mut self, send: &SendId, id: EventId, seq: u64, ts: u64) {
        self.room(&send.room).sends.stored(send.number, id, seq, ts);
    }

    /// A refusal came that no retry changes.
    pub fn refused(&mut self, send: &SendId, id: EventId) {
        self.room(&send.room).sends.refused(send.number, id);
    }

    /// Raw events of the log in the order of the log, a further page of them. All events above `above` will be given.
    pub fn log(&mut self, room: &RoomId, above: u64, events: impl IntoIterator<Item = Event>) {
        let log = &mut self.room(room).truth.log;
        log.get_or_insert((above, Vec::new())).1.extend(events);
    }

    /// Raw events of the archive, a further page of them. All events up to `until`, the archive's position, will be given.
    pub fn archive(&mut self, room: &RoomId, until: u64, events: impl IntoIterator<Item = Event>) {
        let archive = &mut self.room(room).truth.archive;
        let (position, known) = archive.get_or_insert((until, Vec::new()));
        *position = until.min(*position);
        known.extend(events);
    }

    /// All folded entries of a room, oldest first, as this user reads them after the last event was stored.
    pub fn history(&mut self, room: &RoomId, viewer: &UserId, entries: Vec<EntryView>) {
        self.room(room).histories.push((viewer.clone(), entries));
    }

    /// Judges the run. An attachment that is still open must have seen the room's last event.
    pub fn report(&self) -> Report {
        let mut report = Report::default();
        let mut rooms: Vec<_> = self.rooms.iter().collect();
        rooms.sort_by(|one, other| one.0.cmp(other.0));
        for (name, room) in rooms {
            room.judge(name, &self.users, &mut report);
        }
        report
    }

    fn room(&mut self, room: &RoomId) -> &mut Room {
        // Looked up first: the name is cloned once a room, not once an event.
        if !self.rooms.contains_key(room) {
            self.rooms.insert(room.clone(), Room::default());
        }
        #[expect(clippy::expect_used, reason = "inserted above")]
        self.rooms.get_mut(room).expect("the room was inserted")
    }
}
