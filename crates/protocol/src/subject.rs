//! Subjects and stream names of the fabric. Home and shard are assigned to a room and travel with it; nothing here computes them.

use serde::{Deserialize, Serialize};

use crate::id::{EventId, RoomId, UserId};

/// Where a room lives: its home region and its shard there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Region, well-formed as an id.
    pub home: crate::id::Name,
    pub number: u16,
}

impl Shard {
    /// The stream that holds the shard's log.
    pub fn stream(&self) -> String {
        format!("LOG_{}_{}", self.home, self.number)
    }
    /// A room's subject in the log.
    pub fn log(&self, room: &RoomId) -> String {
        format!("log.{}.{}.{room}", self.home, self.number)
    }
    /// All subjects of the shard in the log.
    pub fn log_all(&self) -> String {
        format!("log.{}.{}.>", self.home, self.number)
    }
    /// A room's republished subject.
    pub fn live(&self, room: &RoomId) -> String {
        format!("live.{}.{}.{room}", self.home, self.number)
    }
    /// All republished subjects of the shard.
    pub fn live_all(&self) -> String {
        format!("live.{}.{}.>", self.home, self.number)
    }
    /// A room's subject for what never enters the log.
    pub fn ephemeral(&self, room: &RoomId) -> String {
        format!("eph.{}.{}.{room}", self.home, self.number)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{}", self.home, self.number)
    }
}

/// The room of a `log.…`, `live.…` or `eph.…` subject.
pub fn room_of(subject: &str) -> Option<RoomId> {
    RoomId::parse(subject.splitn(4, '.').nth(3)?).ok()
}

/// What concerns one user on all devices. Users are spread over 64 prefixes so that subscriptions can be split later.
pub fn user(id: &UserId) -> String {
    let bucket = id.as_str().bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 64;
    format!("user.{bucket}.{id}")
}

/// The beats of one gateway.
pub fn beat(node: &crate::id::Name) -> String {
    format!("beat.{node}")
}
/// The beats of all, and [`RESYNC`].
pub const BEATS: &str = "beat.*";
/// Asks gateways for all they have.
pub const RESYNC: &str = "beat.resync";
/// The publishing replica of the presence service says that it is there.
///
/// Among the notices of rooms, so that whoever hears both hears them in the order in which they were told.
pub const TICK: &str = "eph.tick";
/// The ranked list of rooms.
pub const LOBBY: &str = "lobby";

/// `Nats-Msg-Id` of a client's event.
pub fn message_id(room: &RoomId, author: &UserId, id: EventId) -> String {
    format!("{room}.{author}.{id}")
}

/// `Nats-Msg-Id` of a room change.
pub fn change_id(room: &RoomId, ver: u64) -> String {
    format!("{room}.v{ver}")
}
