//! Entries and events.

use utoipa::ToSchema;

use super::Id;

#[derive(ToSchema)]
pub struct Author {
    id: Id,
    name: String,
    /// `user` (if absent), `guest`, `bot`, `ai` or `system`.
    r#type: Option<String>,
}

#[derive(ToSchema)]
pub struct Quote {
    seq: u64,
    from: Author,
    text: Option<String>,
}

/// Text with `<@user>` and `<#room>` in it; `mentions` and `reply` are the server's.
#[derive(ToSchema)]
pub struct Body {
    text: Option<String>,
    attachments: Option<Vec<Attachment>>,
    reply_to: Option<u64>,
    thread: Option<u64>,
    mentions: Option<Vec<Id>>,
    reply: Option<Quote>,
}

#[derive(ToSchema)]
pub struct Attachment {
    file: String,
    name: String,
    mime: String,
    size: u64,
    width: Option<u64>,
    height: Option<u64>,
}

/// The `seq` of a message, or the user concerned.
#[derive(serde::Serialize, ToSchema)]
#[serde(untagged)]
pub enum Target {
    Seq(u64),
    User(String),
}

#[derive(ToSchema)]
pub struct Reaction {
    emoji: String,
    count: u64,
    me: bool,
    users: Vec<Id>,
}

#[derive(ToSchema)]
pub struct Thread {
    count: u64,
    last: u64,
    from: Vec<Author>,
}

/// What a person reads in a room's timeline, with all later changes folded in.
#[derive(ToSchema)]
pub struct Entry {
    seq: u64,
    id: String,
    ts: u64,
    from: Author,
    /// `created`, `message`, `joined`, `left`, `renamed`, `topic`, `role` or `call`.
    kind: String,
    body: Option<Body>,
    target: Option<Target>,
    /// `seq` of the last change.
    rev: u64,
    edited: Option<bool>,
    edited_ts: Option<u64>,
    deleted: Option<bool>,
    pinned: Option<bool>,
    reactions: Option<Vec<Reaction>>,
    thread: Option<Thread>,
}

#[derive(ToSchema)]
pub struct History {
    room: Id,
    entries: Vec<Entry>,
    /// The `seq` up to which the entries are folded.
    as_of: u64,
    older: bool,
    newer: bool,
}

#[derive(ToSchema)]
pub struct Event {
    room: Id,
    seq: u64,
    prev: Option<u64>,
    ts: u64,
    id: String,
    from: Author,
    kind: String,
    body: Option<Body>,
    target: Option<Target>,
    emoji: Option<String>,
    remove: Option<bool>,
}

#[derive(ToSchema)]
pub struct Events {
    room: Id,
    events: Vec<Event>,
    more: bool,
}
