//! Ids: opaque names of rooms and users, and the UUIDv7 that an author gives an event.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An opaque name: 1–64 of `A-Z a-z 0-9 _ -`. Safe in a subject, a path and a log line. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// A room's id.
pub type RoomId = Name;
/// A user's id.
pub type UserId = Name;

/// The text is no well-formed id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ill-formed id")]
pub struct IllFormed;

impl Name {
    /// Checks and takes the text.
    pub fn parse(text: &str) -> Result<Self, IllFormed> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(fine) {
            return Err(IllFormed);
        }
        Ok(Self(text.into()))
    }

    /// A fresh id of 22 characters, in the order of time, made of a UUIDv7.
    pub fn fresh() -> Self {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut rest = uuid::Uuid::now_v7().as_u128();
        let mut text = [b'0'; 22];
        for digit in text.iter_mut().rev() {
            *digit = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        Self(text.iter().map(|byte| char::from(*byte)).collect::<String>().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether another holds the same copy.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// An author's idempotency key: a UUIDv7, lower case and hyphenated on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(uuid::Uuid);

impl EventId {
    /// Accepts exactly the wire's form: 36 characters, lower case, version 7, RFC variant.
    pub fn parse(text: &str) -> Result<Self, IllFormed> {
        if text.len() != 36 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(IllFormed);
        }
        let id = uuid::Uuid::try_parse(text).map_err(|_| IllFormed)?;
        let fine = id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122;
        if fine { Ok(Self(id)) } else { Err(IllFormed) }
    }

    /// A fresh id for the given time, in milliseconds since 1970 UTC.
    pub fn at(time_ms: u64) -> Self {
        let noise = uuid::Uuid::new_v4().into_bytes();
        let mut random = [0; 10];
        random.copy_from_slice(&noise[6..]);
        Self(uuid::Builder::from_unix_timestamp_millis(time_ms, &random).into_uuid())
    }

    /// The time inside the id, in milliseconds since 1970 UTC.
    pub fn time_ms(self) -> u64 {
        (self.0.as_u128() >> 80) as u64
    }

    pub fn uuid(self) -> uuid::Uuid {
        self.0
    }
}

impl From<uuid::Uuid> for EventId {
    /// Trusts the caller: for ids that come back from the archive.
    fn from(id: uuid::Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(out)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(out)
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.0.as_hyphenated().encode_lower(&mut [0; 36]))
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}
