//! Changes of a room: what is asked for, how it stands on the wire, and what became of it.

use protocol::event::Kind;
use protocol::id::{EventId, RoomId};
use serde::Serialize;

/// A change to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChange {
    pub room: RoomId,
    pub action: Action,
}

/// What a change does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Send { text: String, reply_to: Option<u64>, thread: Option<u64> },
    Edit { target: u64, text: String },
    Delete { target: u64 },
    React { target: u64, emoji: String, remove: bool },
    Pin { target: u64, remove: bool },
}

impl NewChange {
    /// A message.
    pub fn message(room: &RoomId, text: impl Into<String>) -> Self {
        Self { room: room.clone(), action: Action::Send { text: text.into(), reply_to: None, thread: None } }
    }

    /// Anything else.
    pub fn new(room: &RoomId, action: Action) -> Self {
        Self { room: room.clone(), action }
    }

    /// The kind of event that it becomes.
    pub fn kind(&self) -> Kind {
        match self.action {
            Action::Send { .. } => Kind::Message,
            Action::Edit { .. } => Kind::Edited,
            Action::Delete { .. } => Kind::Deleted,
            Action::React { .. } => Kind::Reacted,
            Action::Pin { .. } => Kind::Pinned,
        }
    }
}

/// A change that is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub id: EventId,
    pub seq: u64,
    /// The log's time, milliseconds since 1970 UTC.
    pub ts: u64,
    /// An earlier try had stored it.
    pub dup: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread: Option<u64>,
}

/// A change as a frame.
#[derive(Serialize)]
pub struct ChangeFrame<'a> {
    t: &'static str,
    #[serde(rename = "ref")]
    reference: u64,
    room: &'a RoomId,
    id: EventId,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Body<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    remove: bool,
}

impl NewChange {
    pub(crate) fn frame(&self, reference: u64, id: EventId) -> ChangeFrame<'_> {
        let frame =
            |t, target| ChangeFrame { t, reference, room: &self.room, id, target, body: None, emoji: None, remove: false };
        match &self.action {
            Action::Send { text, reply_to, thread } => {
                let body = Some(Body { text, reply_to: *reply_to, thread: *thread });
                ChangeFrame { body, ..frame("send", None) }
            }
            Action::Edit { target, text } => {
                ChangeFrame { body: Some(Body { text, reply_to: None, thread: None }), ..frame("edit", Some(*target)) }
            }
            Action::Delete { target } => frame("delete", Some(*target)),
            Action::React { target, emoji, remove } => {
                ChangeFrame { emoji: Some(emoji), remove: *remove, ..frame("react", Some(*target)) }
            }
            Action::Pin { target, remove } => ChangeFrame { remove: *remove, ..frame("pin", Some(*target)) },
        }
    }
}
