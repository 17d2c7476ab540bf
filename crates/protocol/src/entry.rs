//! Entries: what a person reads in a room's timeline, with all later changes folded in.

use serde::{Deserialize, Serialize};

use crate::event::{Author, Body, Event, Kind, Target};
use crate::id::{EventId, UserId};
use crate::limits::REACTION_USERS;
use crate::text::cut;

/// All users that gave one emoji, in the order of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub emoji: String,
    pub users: Vec<UserId>,
}

/// The footer of a thread's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Replies that are not deleted.
    pub count: u64,
    /// `seq` of the last of them.
    pub last: u64,
    /// The first three authors, in order of their first reply.
    pub from: Vec<Author>,
}

/// An entry as services keep it; [`Entry::view`] makes the wire's form for one viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub seq: u64,
    pub id: EventId,
    pub ts: u64,
    pub from: Author,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// `seq` of the last edit, deletion, reaction or pin that changed the entry, else its own.
    pub rev: u64,
    /// The log's time of the last edit, milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_ts: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
}

/// A reaction as one viewer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionView {
    pub emoji: String,
    pub count: u64,
    pub me: bool,
    /// At most 50.
    pub users: Vec<UserId>,
}

/// `Entry` of the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryView {
    pub seq: u64,
    pub id: EventId,
    pub ts: u64,
    pub from: Author,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    pub rev: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_ts: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<ReactionView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
}

impl Entry {
    /// The entry that an event begins; `None` for events that only change another.
    pub fn begin(event: &Event) -> Option<Self> {
        event.kind.is_entry().then(|| Self {
            seq: event.seq,
            id: event.id,
            ts: event.ts,
            from: event.from.clone(),
            kind: event.kind,
            body: event.body.clone(),
            target: event.target.clone(),
            rev: event.seq,
            edited_ts: None,
            deleted: false,
            pinned: false,
            reactions: Vec::new(),
            thread: None,
        })
    }

    /// What one viewer sees.
    pub fn view(self, viewer: &UserId) -> EntryView {
        let reactions = self.reactions.into_iter().map(|mut reaction| ReactionView {
            count: reaction.users.len() as u64,
            me: reaction.users.contains(viewer),
            emoji: reaction.emoji,
            users: {
                reaction.users.truncate(REACTION_USERS);
                reaction.users
            },
        });
        EntryView {
            seq: self.seq,
            id: self.id,
            ts: self.ts,
            from: self.from,
            kind: self.kind,
            body: self.body,
            target: self.target,
            rev: self.rev,
            edited: self.edited_ts.is_some(),
            edited_ts: self.edited_ts,
            deleted: self.deleted,
            pinned: self.pinned,
            reactions: reactions.collect(),
            thread: self.thread,
        }
    }

    /// `last` of a room: the text cut to 120 characters, without attachments, reactions or thread.
    pub fn preview(mut self, viewer: &UserId) -> EntryView {
        self.reactions.clear();
        self.thread = None;
        if let Some(body) = &mut self.body {
            body.attachments.clear();
            body.text = body.text.as_deref().map(|text| cut(text).to_owned());
        }
        self.view(viewer)
    }
}
