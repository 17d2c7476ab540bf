//! One stored event, as it comes from the republished copy, from Direct Get or from a consumer.

use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use protocol::id::RoomId;
use protocol::subject::room_of;

use crate::time;
use crate::wire::parse::{Incoming, number};

/// One event of a shard's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub seq: u64,
    /// `seq` of the event before this one in the room's log; 0: the first, purged, or not known.
    pub prev: u64,
    /// The log's time, milliseconds since 1970 UTC.
    pub ts: u64,
    pub room: RoomId,
    pub payload: Bytes,
    pub traceparent: Option<String>,
    /// Not of a live copy: nobody asks, and all gateways hear all of them.
    pub msg_id: Option<String>,
}

/// The room of a stored message. Whoever may publish on NATS can store what names no room; it counts as an event of the room `-`, so
/// that it keeps its place in the order and ends in the archive as what it is: poison.
pub(crate) fn room(subject: &str) -> Option<RoomId> {
    room_of(subject).or_else(|| RoomId::parse("-").ok())
}

/// Where a stored message stands in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub seq: u64,
    pub prev: u64,
    pub ts: u64,
}

pub(crate) const MSG_ID: &str = "Nats-Msg-Id";
pub(crate) const TRACEPARENT: &str = "traceparent";

impl Place {
    /// From the headers of a republished message or of a Direct Get.
    pub fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let seq = headers.get("Nats-Sequence")?.as_str().parse().ok()?;
        let prev = headers.get("Nats-Last-Sequence").and_then(|prev| prev.as_str().parse().ok()).unwrap_or(0);
        let ts = time::millis(headers.get("Nats-Time-Stamp")?.as_str())?;
        Some(Self { seq, prev, ts })
    }
}

impl Record {
    /// `subject` is the `log.…` or `live.…` subject.
    pub(crate) fn new(place: Place, subject: &str, headers: Option<&HeaderMap>, payload: &[u8]) -> Option<Self> {
        let text = |name: &'static str| headers?.get(name).map(|value| value.as_str().to_owned());
        Some(Self {
            seq: place.seq,
            prev: place.prev,
            ts: place.ts,
            room: room(subject)?,
            // A copy: the original is a slice of a read buffer, which one record in a quiet room's ring would keep alive.
            payload: Bytes::copy_from_slice(payload),
            traceparent: text(TRACEPARENT),
            msg_id: text(MSG_ID),
        })
    }

    /// A republished copy. Looks at no header but those that make a record: a gateway hears all rooms, and most have no listener here.
    pub(crate) fn of_live(message: &Incoming) -> Option<Self> {
        let (mut seq, mut prev, mut ts, mut traceparent) = (None, 0, None, None);
        for (name, value) in message.headers() {
            match name {
                b"Nats-Sequence" => seq = number(value),
                b"Nats-Last-Sequence" => prev = number(value).unwrap_or(0),
                b"Nats-Time-Stamp" => ts = time::millis(std::str::from_utf8(value).ok()?),
                _ if name == TRACEPARENT.as_bytes() => traceparent = Some(String::from_utf8_lossy(value).into_owned()),
                _ => {}
            }
        }
        let place = Place { seq: seq? as u64, prev: prev as u64, ts: ts? };
        Some(Self { traceparent, ..Self::new(place, message.subject, None, message.payload)? })
    }

    pub(crate) fn of_direct(message: &Message) -> Option<Self> {
        let headers = message.headers.as_ref()?;
        let subject = headers.get("Nats-Subject")?;
        Self::new(Place::of_headers(headers)?, subject.as_str(), Some(headers), &message.payload)
    }
}
