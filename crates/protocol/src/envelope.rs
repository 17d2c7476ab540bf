//! Envelopes: the payload of a log record, MessagePack, without what the log itself knows (room, seq, time).

use serde::{Deserialize, Serialize};

use crate::event::{Author, Body, Event, Kind, Target};
use crate::id::{EventId, RoomId};

/// What is published to a room's subject. `kind` is the first field, so that [`peek_kind`] finds it without decoding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub kind: Kind,
    pub id: EventId,
    pub from: Author,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Version of the room after a room change; readers ignore what is not above the version they know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ver: Option<u64>,
}

/// The payload is no envelope of this version.
#[derive(Debug, thiserror::Error)]
#[error("ill-formed envelope: {0}")]
pub struct BadEnvelope(#[from] rmp_serde::decode::Error);

impl Envelope {
    pub fn encode(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "writing these types to a Vec cannot fail")]
        rmp_serde::to_vec_named(self).expect("envelope encodes")
    }

    pub fn decode(payload: &[u8]) -> Result<Self, BadEnvelope> {
        Ok(rmp_serde::from_slice(payload)?)
    }

    /// The user whom a membership change concerns: the target, else the author.
    pub fn concerned(&self) -> &crate::id::UserId {
        self.target.as_ref().and_then(Target::user).unwrap_or(&self.from.id)
    }

    /// Adds what the log knows. `prev` 0 means first, or purged.
    pub fn into_event(self, room: RoomId, seq: u64, prev: u64, ts: u64) -> Event {
        Event {
            room,
            seq,
            prev: (prev != 0).then_some(prev),
            ts,
            id: self.id,
            from: self.from,
            kind: self.kind,
            body: self.body,
            target: self.target,
            emoji: self.emoji,
            remove: self.remove,
        }
    }
}

/// The kind of an encoded envelope, read at its fixed place; `None` when the payload was not made by [`Envelope::encode`].
pub fn peek_kind(payload: &[u8]) -> Option<Kind> {
    // fixmap header, fixstr(4) "kind", then a fixstr.
    let [_, 0xa4, b'k', b'i', b'n', b'd', len, rest @ ..] = payload else { return None };
    let name = rest.get(..usize::from(len & 0x1f))?;
    Some(match name {
        b"message" => Kind::Message,
        b"edited" => Kind::Edited,
        b"deleted" => Kind::Deleted,
        b"reacted" => Kind::Reacted,
        b"pinned" => Kind::Pinned,
        b"created" => Kind::Created,
        b"joined" => Kind::Joined,
        b"left" => Kind::Left,
        b"renamed" => Kind::Renamed,
        b"topic" => Kind::Topic,
        b"role" => Kind::Role,
        b"call" => Kind::Call,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;

    #[test]
    fn kind_is_peeked_without_decoding() {
        for kind in [Kind::Message, Kind::Joined, Kind::Role, Kind::Deleted] {
            let envelope = Envelope {
                kind,
                id: EventId::at(1_700_000_000_000),
                from: Author { id: UserId::parse("u1").unwrap(), name: "Ann".into(), author_type: Default::default() },
                target: Some(Target::Seq(7)),
                emoji: None,
                remove: false,
                body: Some(Body::text("hi")),
                ver: Some(3),
            };
            let bytes = envelope.encode();
            assert_eq!(peek_kind(&bytes), Some(kind));
            assert_eq!(Envelope::decode(&bytes).unwrap(), envelope);
        }
        assert_eq!(peek_kind(b"\x81\xa4kind"), None);
        assert_eq!(peek_kind(b""), None);
    }
}
