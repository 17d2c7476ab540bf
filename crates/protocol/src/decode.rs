//! The bounded decoder of client frames: both encodings become the same small tree, borrowed from the frame.

mod json;
mod msgpack;

use std::borrow::Cow;
use std::collections::HashSet;

/// A decoded value. Depth is at most [`crate::limits::DEPTH`], size is bounded by the frame's.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    /// A non-negative integer.
    Integer(u64),
    /// Negative integers and fractions: no field of the protocol takes them.
    Number(f64),
    Text(Cow<'a, str>),
    Bytes(&'a [u8]),
    Array(Vec<Value<'a>>),
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// The bytes do not decode: the socket is closed with 4400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    #[error("ill-formed syntax")]
    Syntax,
    #[error("the frame ends in the middle of a value")]
    Truncated,
    #[error("bytes follow the value")]
    Trailing,
    #[error("text is not UTF-8")]
    Utf8,
    #[error("nested deeper than 16")]
    Depth,
    #[error("a key stands twice in one object")]
    DuplicateKey,
    #[error("a key is no string")]
    KeyType,
    #[error("ext types are not used")]
    Ext,
}

/// The wire's encodings; each has its subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    MessagePack,
    Json,
}

impl Encoding {
    pub const ALL: [Self; 2] = [Self::MessagePack, Self::Json];

    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::MessagePack => "chatmesh.v1.msgpack",
            Self::Json => "chatmesh.v1.json",
        }
    }

    /// Decodes one frame.
    pub fn decode(self, frame: &[u8]) -> Result<Value<'_>, BadFrame> {
        match self {
            Self::MessagePack => msgpack::decode(frame),
            Self::Json => json::decode(frame),
        }
    }

    /// Encodes one server frame. Maps carry names in both encodings.
    pub fn encode<T: serde::Serialize>(self, frame: &T) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "server frames are plain data; writing them to a Vec cannot fail")]
        match self {
            Self::MessagePack => rmp_serde::to_vec_named(frame).expect("frame encodes"),
            Self::Json => serde_json::to_vec(frame).expect("frame encodes"),
        }
    }
}

/// Above this many keys a set is cheaper than comparing each with each.
const FEW_KEYS: usize = 16;

fn refuse_duplicates(fields: &[(Cow<'_, str>, Value<'_>)]) -> Result<(), BadFrame> {
    let doubled = if fields.len() <= FEW_KEYS {
        fields.iter().enumerate().any(|(at, (key, _))| fields[..at].iter().any(|(other, _)| other == key))
    } else {
        let mut seen = HashSet::with_capacity(fields.len());
        fields.iter().any(|(key, _)| !seen.insert(key.as_ref()))
    };
    if doubled { Err(BadFrame::DuplicateKey) } else { Ok(()) }
}

impl<'a> Value<'a> {
    /// A field of an object; `null` is an absent field.
    pub fn field(&self, name: &str) -> Option<&Value<'a>> {
        let Value::Object(fields) = self else { return None };
        fields.iter().find(|(key, _)| key == name).map(|(_, value)| value).filter(|value| **value != Value::Null)
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}
