//! Events: what happened in a room, as clients see it.

use serde::{Deserialize, Serialize};

use crate::id::{EventId, RoomId, UserId};

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Created,
    Message,
    Edited,
    Deleted,
    Reacted,
    Pinned,
    Joined,
    Left,
    Renamed,
    Topic,
    Role,
    Call,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Message => "message",
            Self::Edited => "edited",
            Self::Deleted => "deleted",
            Self::Reacted => "reacted",
            Self::Pinned => "pinned",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Renamed => "renamed",
            Self::Topic => "topic",
            Self::Role => "role",
            Self::Call => "call",
        }
    }

    /// Stands as an entry of its own in the timeline; the others change an entry.
    pub const fn is_entry(self) -> bool {
        match self {
            Self::Edited | Self::Deleted | Self::Reacted | Self::Pinned => false,
            Self::Created | Self::Message | Self::Joined | Self::Left | Self::Renamed | Self::Topic | Self::Role | Self::Call => {
                true
            }
        }
    }

    /// Copied from a change in Postgres by the outbox; a client's send never makes it.
    pub const fn is_room_change(self) -> bool {
        match self {
            Self::Created | Self::Joined | Self::Left | Self::Renamed | Self::Topic | Self::Role => true,
            Self::Message | Self::Edited | Self::Deleted | Self::Reacted | Self::Pinned | Self::Call => false,
        }
    }
}

/// What kind of author somebody is. Absent on the wire: a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorType {
    #[default]
    User,
    Guest,
    Bot,
    Ai,
    System,
}

impl AuthorType {
    pub fn is_user(&self) -> bool {
        *self == Self::User
    }
}

/// Who did it, with the name at that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    pub id: UserId,
    pub name: String,
    #[serde(rename = "type", default, skip_serializing_if = "AuthorType::is_user")]
    pub author_type: AuthorType,
}

/// What an event aims at: a message's `seq`, or the user concerned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Target {
    Seq(u64),
    User(UserId),
}

impl Target {
    pub fn seq(&self) -> Option<u64> {
        match self {
            Self::Seq(seq) => Some(*seq),
            Self::User(_) => None,
        }
    }
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Seq(_) => None,
            Self::User(user) => Some(user),
        }
    }
}

/// A file that goes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub file: String,
    pub name: String,
    pub mime: String,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
}

/// The quote that the server adds to a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub seq: u64,
    pub from: Author,
    /// At most 120 characters; absent once the message is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What was said. `mentions` and `reply` are the server's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Quote>,
}

impl Body {
    /// A body of text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }
}

/// One link of a room's chain, as it goes to clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub room: RoomId,
    pub seq: u64,
    /// The `seq` before this one in the room; absent when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<u64>,
    /// The log's time, milliseconds since 1970 UTC.
    pub ts: u64,
    pub id: EventId,
    pub from: Author,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
}
