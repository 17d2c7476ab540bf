//! `archive.*` requests. Each is answered in one snapshot, in which membership is checked too.

use serde::{Deserialize, Serialize};

use super::{Done, request};
use crate::digest::Digest;
use crate::entry::{Entry, EntryView};
use crate::event::Event;
use crate::frame::Paging;
use crate::id::{EventId, RoomId, UserId};
use crate::subject::Shard;

/// A page of folded entries as of the archive's position. `thread` pages begin with their root.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetHistory {
    pub room: RoomId,
    pub viewer: UserId,
    pub paging: Paging,
    /// 1 to 200.
    pub limit: u64,
    /// `seq`s that are deleted in the log's tail: they count as deleted already. At most 1,000.
    pub deleted: Vec<u64>,
}
request!(GetHistory => History, "archive.history");

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    pub entries: Vec<Entry>,
    /// All of the shard up to this `seq` is in the archive and folded into the entries.
    pub position: u64,
    pub older: bool,
    pub newer: bool,
}

/// Raw events after a cursor, oldest first; bodies of messages that are deleted by now are left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetEvents {
    pub room: RoomId,
    pub viewer: UserId,
    pub after: u64,
    /// 1 to 1,000. A page may end early at 256 KiB.
    pub limit: u64,
}
request!(GetEvents => Events, "archive.events");

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Events {
    pub events: Vec<Event>,
    pub more: bool,
    pub position: u64,
}

/// Entries by `seq`, as of the archive's position; those that are none are left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetEntries {
    pub room: RoomId,
    pub viewer: UserId,
    /// At most 200.
    pub seqs: Vec<u64>,
    /// As in [`GetHistory`].
    pub deleted: Vec<u64>,
}
request!(GetEntries => Entries, "archive.entries");

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entries {
    pub entries: Vec<Entry>,
    pub position: u64,
}

/// Whether an idempotency key was stored. Answers once the position reached `at_least`, else `unavailable` after 5 s.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetSent {
    pub shard: Shard,
    pub room: RoomId,
    pub author: UserId,
    pub id: EventId,
    pub at_least: u64,
}
request!(GetSent => Option<Sent>, "archive.sent");

/// The first event under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub seq: u64,
    pub ts: u64,
    pub digest: Digest,
}

/// Answers when the position reached `seq`; `unavailable` after `wait_ms`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wait {
    pub shard: Shard,
    pub seq: u64,
    pub wait_ms: u64,
}
request!(Wait => Done, "archive.wait");

/// News of a room for users that do not have it attached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetUnread {
    pub room: RoomId,
    /// At most 1,000; those who are no members are left out of the answer.
    pub users: Vec<UserId>,
}
request!(GetUnread => Unread, "archive.unread");

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unread {
    pub head: u64,
    pub last: Option<EntryView>,
    pub counts: Vec<UnreadCount>,
}

/// Counts stop at 1,000.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadCount {
    pub user: UserId,
    pub unread: u64,
    pub mentions: u64,
}

/// The archive's positions in shards, in the order of the shards; 0 where nothing is archived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetPositions {
    pub shards: Vec<Shard>,
}
request!(GetPositions => Vec<u64>, "archive.positions");
