//! Typed access to the fields of a decoded object; each miss is a `bad_request` that names the field.

use crate::code::{Code, Refusal};
use crate::decode::Value;
use crate::id::{EventId, RoomId};
use crate::limits::MAX_INTEGER;

/// The fields of one frame.
pub struct Fields<'v, 'a>(pub &'v Value<'a>);

fn wrong(name: &str, wanted: &str) -> Refusal {
    Refusal::bad_request(format!("`{name}` must be {wanted}"))
}

fn required<T>(name: &str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::bad_request(format!("`{name}` is missing")))
}

impl<'v, 'a> Fields<'v, 'a> {
    pub fn text(&self, name: &str) -> Result<Option<&'v str>, Refusal> {
        let Some(value) = self.0.field(name) else { return Ok(None) };
        let text = value.as_text().ok_or_else(|| wrong(name, "a string"))?;
        if text.contains('\0') { Err(wrong(name, "a text without U+0000")) } else { Ok(Some(text)) }
    }

    pub fn need_text(&self, name: &str) -> Result<&'v str, Refusal> {
        required(name, self.text(name)?)
    }

    /// A text of 1 to `most` characters without control characters.
    pub fn short_text(&self, name: &str, most: usize) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        crate::text::name(text, most).map(Some).map_err(|fault| Refusal::bad_request(format!("`{name}` {fault}")))
    }

    pub fn integer(&self, name: &str) -> Result<Option<u64>, Refusal> {
        match self.0.field(name) {
            None => Ok(None),
            Some(Value::Integer(number)) if *number <= MAX_INTEGER => Ok(Some(*number)),
            Some(_) => Err(wrong(name, "an integer in 0 … 2^53−1")),
        }
    }

    pub fn need_integer(&self, name: &str) -> Result<u64, Refusal> {
        required(name, self.integer(name)?)
    }

    pub fn boolean(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.0.field(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    pub fn room(&self, name: &str) -> Result<Option<RoomId>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        RoomId::parse(text).map(Some).map_err(|_| wrong(name, "1–64 of A-Z a-z 0-9 _ -"))
    }

    pub fn need_room(&self) -> Result<RoomId, Refusal> {
        required("room", self.room("room")?)
    }

    pub fn need_id(&self) -> Result<EventId, Refusal> {
        EventId::parse(self.need_text("id")?).map_err(|_| wrong("id", "a UUIDv7, lower case and hyphenated"))
    }

    /// A page's size: at least 1.
    pub fn limit(&self) -> Result<Option<u64>, Refusal> {
        match self.integer("limit")? {
            Some(0) => Err(wrong("limit", "at least 1")),
            limit => Ok(limit),
        }
    }

    pub fn object(&self, name: &str) -> Result<Option<Fields<'v, 'a>>, Refusal> {
        match self.0.field(name) {
            None => Ok(None),
            Some(value @ Value::Object(_)) => Ok(Some(Fields(value))),
            Some(_) => Err(wrong(name, "an object")),
        }
    }

    pub fn need_object(&self, name: &str) -> Result<Fields<'v, 'a>, Refusal> {
        required(name, self.object(name)?)
    }

    /// Present, and no empty array: attachments are refused until files exist.
    pub fn refuse_attachments(&self) -> Result<(), Refusal> {
        match self.0.field("attachments") {
            None => Ok(()),
            Some(Value::Array(values)) if values.is_empty() => Ok(()),
            Some(Value::Array(_)) => Err(Refusal::bad_request("attachments are not taken yet")),
            Some(_) => Err(wrong("attachments", "an array")),
        }
    }

    /// The text of a message body, of 1 to `most` bytes.
    pub fn message_text(&self, most: usize) -> Result<String, Refusal> {
        let text = self.text("text")?.unwrap_or_default();
        if text.is_empty() {
            return Err(Refusal::bad_request("the message is empty"));
        }
        if text.len() > most {
            return Err(Refusal::new(Code::TooLarge, format!("`text` has {} bytes, {most} are allowed", text.len())));
        }
        Ok(text.to_owned())
    }
}
