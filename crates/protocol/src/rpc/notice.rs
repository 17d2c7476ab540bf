//! Notices on core NATS, MessagePack: lost ones are repaired by the next read of the truth.

use serde::{Deserialize, Serialize};

use crate::id::{RoomId, UserId};
use crate::presence::{Diff, Status};
use crate::room::User;

/// On [`crate::subject::user`]: what concerns one user on all his devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum UserNotice {
    /// The account changed.
    Me { user: User },
    /// The read mark moved, by the session `origin`.
    Read { room: RoomId, user: UserId, seq: u64, origin: String },
    /// He chose another state.
    Status { user: UserId, status: Status },
}

/// On `eph.<home>.<shard>.<room>`: what concerns those who have the room attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum RoomNotice {
    /// A member's read mark moved, in a small room.
    Read { user: UserId, seq: u64 },
    /// Somebody writes, or stopped.
    Typing { user: UserId, on: bool },
    /// The `n`-th diff of the room's people in the epoch.
    Presence { epoch: u64, n: u64, diff: Box<Diff> },
}

/// A notice's payload.
pub fn encode<T: Serialize>(notice: &T) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "writing these types to a Vec cannot fail")]
    rmp_serde::to_vec_named(notice).expect("notice encodes")
}

/// A notice, when the payload is one that this version knows.
pub fn decode<T: for<'de> Deserialize<'de>>(payload: &[u8]) -> Option<T> {
    rmp_serde::from_slice(payload).ok()
}
