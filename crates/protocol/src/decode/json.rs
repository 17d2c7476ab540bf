//! JSON through serde_json, with the depth and the doubled keys watched.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{BadFrame, Value, refuse_duplicates};
use crate::limits::{DEPTH, MAX_INTEGER};

pub fn decode(frame: &[u8]) -> Result<Value<'_>, BadFrame> {
    let text = std::str::from_utf8(frame).map_err(|_| BadFrame::Utf8)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let fault = Cell::new(BadFrame::Syntax);
    let value = Tree { depth: 1, fault: &fault }.deserialize(&mut reader).map_err(|error| match fault.get() {
        BadFrame::Syntax if error.is_eof() => BadFrame::Truncated,
        fault => fault,
    })?;
    reader.end().map_err(|_| BadFrame::Trailing)?;
    Ok(value)
}

/// Builds one value. serde_json's errors are texts: the reason is kept aside in `fault`.
#[derive(Clone, Copy)]
struct Tree<'f> {
    depth: usize,
    fault: &'f Cell<BadFrame>,
}

impl Tree<'_> {
    fn fail<E: Error>(self, fault: BadFrame) -> E {
        self.fault.set(fault);
        E::custom(fault)
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth > DEPTH {
            return Err(self.fail(BadFrame::Depth));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value<'de>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Integer(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value as f64))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        // JSON has one kind of number: 5.0 and 5e0 are 5.
        let whole = value.fract() == 0.0 && (0.0..=MAX_INTEGER as f64).contains(&value);
        Ok(if whole { Value::Integer(value as u64) } else { Value::Number(value) })
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = from.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut fields = Vec::new();
        while let Some(key) = from.next_key::<Key<'de>>()? {
            fields.push((key.0, from.next_value_seed(inner)?));
        }
        refuse_duplicates(&fields).map_err(|fault| self.fail(fault))?;
        Ok(Value::Object(fields))
    }
}

/// A key, borrowed when it holds no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Text)
    }
}
