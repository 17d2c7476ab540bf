//! Encoding of log records for clients.

use std::sync::Arc;

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

/// Events of one room that leave together, encoded at most once for each encoding, for any number of listeners: one as it is,
/// several as an array.
pub struct Shared {
    events: Vec<ServerFrame>,
    frames: [Option<Bytes>; 2],
}

impl Shared {
    /// What is no envelope is left out.
    pub fn new(records: &[Arc<Record>]) -> Self {
        let readable = records.iter().filter_map(|record| match event(record) {
            Ok(event) => Some(ServerFrame::Event(Box::new(event))),
            Err(error) => {
                tracing::debug!(room.id = %record.room, seq = record.seq, %error, "record is no envelope, skipped");
                None
            }
        });
        Self { events: readable.collect(), frames: [None, None] }
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub fn frame(&mut self, encoding: Encoding) -> &Bytes {
        let place = usize::from(encoding == Encoding::Json);
        let made = || match &self.events[..] {
            [event] => framed(encoding, event),
            events => framed(encoding, &events),
        };
        self.frames[place].get_or_insert_with(made)
    }
}
