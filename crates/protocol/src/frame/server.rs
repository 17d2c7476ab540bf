//! What the server says. `Deserialize` is for clients in Rust; an unknown `t` becomes [`ServerFrame::Unknown`].

use serde::{Deserialize, Serialize};

use crate::code::{Code, Refusal};
use crate::entry::EntryView;
use crate::event::Event;
use crate::id::{EventId, RoomId, UserId};
use crate::presence::{Diff, RankedRoom, Status};
use crate::room::{Room, User};

/// Name, version and region of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    pub name: String,
    pub version: String,
    pub region: String,
}

/// What `welcome` tells of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub text_bytes: u64,
    pub frame_bytes: u64,
    pub per_minute: u64,
    pub history: u64,
    pub replay_events: u64,
    pub rooms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    pub session: String,
    pub user: User,
    /// What the user chose, on any device.
    #[serde(default)]
    pub status: Status,
    pub expires_at: u64,
    pub ping_s: u64,
    pub server_time: u64,
    pub server: ServerInfo,
    pub features: Vec<String>,
    pub limits: Limits,
    pub rooms: Vec<Room>,
    pub more_rooms: bool,
}

/// The answer to a request; which fields it carries depends on the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OkFrame {
    #[serde(rename = "ref")]
    pub reference: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<u64>,
    /// `stored` or `archived`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<std::borrow::Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dup: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<EntryView>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newer: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rooms: Option<RoomList>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// The trace's id, 32 hex digits, when the send was traced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// What `rooms` and `lobby` are answered with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RoomList {
    Own(Vec<Room>),
    Ranked(Vec<RankedRoom>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorFrame {
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    pub code: Code,
    pub message: String,
    pub retryable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

impl ErrorFrame {
    pub fn new(reference: Option<u64>, room: Option<RoomId>, refusal: Refusal) -> Self {
        Self {
            reference,
            room,
            code: refusal.code,
            retryable: refusal.code.retryable(),
            message: refusal.message,
            retry_after_ms: refusal.retry_after_ms,
            head: refusal.head,
            trace: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ServerFrame {
    Welcome(Box<Welcome>),
    Ok(Box<OkFrame>),
    Pong,
    Error(Box<ErrorFrame>),
    Event(Box<Event>),
    Skipped {
        room: RoomId,
        after: u64,
        until: u64,
        entries: Vec<EntryView>,
    },
    Resumed {
        room: RoomId,
        after: u64,
        head: u64,
        count: u64,
    },
    Activity {
        room: RoomId,
        head: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unread: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mentions: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<Box<EntryView>>,
    },
    Room(Box<Room>),
    RoomGone {
        room: RoomId,
        reason: String,
    },
    Read {
        room: RoomId,
        user: UserId,
        seq: u64,
    },
    Me {
        user: User,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<Status>,
    },
    Typing {
        room: RoomId,
        users: Vec<UserId>,
        count: u64,
    },
    Presence {
        room: RoomId,
        #[serde(flatten)]
        people: Diff,
    },
    Lobby {
        put: Vec<RankedRoom>,
        drop: Vec<RoomId>,
    },
    Goaway {
        retry_after_ms: u64,
        spread_ms: u64,
        reason: String,
    },
    #[serde(other)]
    Unknown,
}
