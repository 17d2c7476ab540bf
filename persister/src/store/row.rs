//! A record of the log on its way into the archive.

use bytes::Bytes;
use fabric::Record;
use protocol::entry::Entry;
use protocol::envelope::Envelope;
use protocol::event::{Event, Kind};
use protocol::id::RoomId;

/// Kind code of what no envelope could be made of.
const POISON: i16 = 99;

/// A decoded record.
#[derive(Clone, Debug)]
pub struct Row {
    pub room: RoomId,
    pub seq: u64,
    /// The log's own time, milliseconds since 1970 UTC.
    pub at: u64,
    pub payload: Bytes,
    pub traceparent: Option<String>,
    pub content: Content,
}

/// What a payload holds.
#[derive(Clone, Debug)]
pub enum Content {
    Envelope(Box<Envelope>),
    /// Undecodable, or refused by Postgres: kept with its error, shown to nobody.
    Poison(String),
}

impl Row {
    /// Never fails: a bad payload is poison.
    pub fn decode(record: Record) -> Self {
        let content = match Envelope::decode(&record.payload) {
            Ok(envelope) => Content::Envelope(Box::new(envelope)),
            Err(error) => Content::Poison(error.to_string()),
        };
        Self {
            room: record.room,
            seq: record.seq,
            at: record.ts,
            payload: record.payload,
            traceparent: record.traceparent,
            content,
        }
    }

    pub fn envelope(&self) -> Option<&Envelope> {
        match &self.content {
            Content::Envelope(envelope) => Some(envelope),
            Content::Poison(_) => None,
        }
    }

    /// Why it is poison. Without U+0000, which a text of Postgres cannot hold.
    pub fn error(&self) -> Option<String> {
        match &self.content {
            Content::Envelope(_) => None,
            Content::Poison(error) => Some(error.replace('\0', "\u{fffd}")),
        }
    }

    /// The kind's code in the table; entries of the timeline are below 10.
    pub fn code(&self) -> i16 {
        self.envelope().map_or(POISON, |envelope| code(envelope.kind))
    }

    /// The root of the thread that a message belongs to. A root stands before its replies.
    pub fn thread(&self) -> Option<u64> {
        let envelope = self.envelope().filter(|envelope| envelope.kind == Kind::Message)?;
        envelope.body.as_ref()?.thread.filter(|root| *root < self.seq)
    }

    /// The event as folding sees it.
    pub fn event(&self) -> Option<Event> {
        Some(self.envelope()?.clone().into_event(self.room.clone(), self.seq, 0, self.at))
    }

    /// The entry that it begins.
    pub fn entry(&self) -> Option<Entry> {
        Entry::begin(&self.event()?)
    }
}

/// The code of a kind in the table.
pub fn code(kind: Kind) -> i16 {
    match kind {
        Kind::Created => 0,
        Kind::Message => 1,
        Kind::Joined => 2,
        Kind::Left => 3,
        Kind::Renamed => 4,
        Kind::Topic => 5,
        Kind::Role => 6,
        Kind::Call => 7,
        Kind::Edited => 10,
        Kind::Deleted => 11,
        Kind::Reacted => 12,
        Kind::Pinned => 13,
    }
}
