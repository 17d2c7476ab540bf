//! Encoding of log records for clients.

use bytes::Bytes;
use fabric::Record;
use protocol::decode::Encoding;
use protocol::envelope::{BadEnvelope, Envelope};
use protocol::event::Event;
use protocol::frame::ServerFrame;

use crate::socket::codec::framed;

/// What clients see of a record.
pub fn event(record: &Record) -> Result<Event, BadEnvelope> {
    let envelope = Envelope::decode(&record.payload)?;
    Ok(envelope.into_event(record.room.clone(), record.seq, record.prev, record.ts))
}

/// An event's frame with its WebSocket header.
pub fn encode(event: Event, encoding: Encoding) -> Bytes {
    framed(encoding, &ServerFrame::Event(Box::new(event)))
}

/// One event encoded at most once for each encoding, for any number of listeners.
pub struct Shared<'r> {
    record: &'r Record,
    frames: [Option<Bytes>; 2],
}

impl<'r> Shared<'r> {
    pub fn new(record: &'r Record) -> Self {
        Self { record, frames: [None, None] }
    }

    pub fn frame(&mut self, encoding: Encoding) -> Result<Bytes, BadEnvelope> {
        let place = match encoding {
            Encoding::MessagePack => 0,
            Encoding::Json => 1,
        };
        if let Some(frame) = &self.frames[place] {
            return Ok(frame.clone());
        }
        let frame = encode(event(self.record)?, encoding);
        Ok(self.frames[place].insert(frame).clone())
    }
}
