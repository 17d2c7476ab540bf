//! MessagePack by hand: the lengths are checked against what is left of the frame before anything is allocated.

use std::borrow::Cow;

use super::{BadFrame, Value, refuse_duplicates};
use crate::limits::DEPTH;

pub fn decode(frame: &[u8]) -> Result<Value<'_>, BadFrame> {
    let mut reader = Reader { rest: frame };
    let value = reader.value(1)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(BadFrame::Trailing) }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], BadFrame> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(BadFrame::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn number<const BYTES: usize>(&mut self) -> Result<u64, BadFrame> {
        Ok(self.take(BYTES)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn length<const BYTES: usize>(&mut self) -> Result<usize, BadFrame> {
        usize::try_from(self.number::<BYTES>()?).map_err(|_| BadFrame::Truncated)
    }

    fn signed<const BYTES: usize>(&mut self) -> Result<Value<'a>, BadFrame> {
        let shift = 64 - 8 * BYTES as u32;
        let value = (self.number::<BYTES>()? << shift) as i64 >> shift;
        Ok(u64::try_from(value).map_or(Value::Number(value as f64), Value::Integer))
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, BadFrame> {
        let head = self.take(1)?[0];
        Ok(match head {
            0x00..=0x7f => Value::Integer(head.into()),
            0x80..=0x8f => self.object((head & 0x0f).into(), depth)?,
            0x90..=0x9f => self.array((head & 0x0f).into(), depth)?,
            0xa0..=0xbf => self.text((head & 0x1f).into())?,
            0xc0 => Value::Null,
            0xc1 => return Err(BadFrame::Syntax),
            0xc2 => Value::Bool(false),
            0xc3 => Value::Bool(true),
            0xc4 => self.bytes::<1>()?,
            0xc5 => self.bytes::<2>()?,
            0xc6 => self.bytes::<4>()?,
            0xc7..=0xc9 | 0xd4..=0xd8 => return Err(BadFrame::Ext),
            0xca => Value::Number(f32::from_bits(self.number::<4>()? as u32).into()),
            0xcb => Value::Number(f64::from_bits(self.number::<8>()?)),
            0xcc => Value::Integer(self.number::<1>()?),
            0xcd => Value::Integer(self.number::<2>()?),
            0xce => Value::Integer(self.number::<4>()?),
            0xcf => Value::Integer(self.number::<8>()?),
            0xd0 => self.signed::<1>()?,
            0xd1 => self.signed::<2>()?,
            0xd2 => self.signed::<4>()?,
            0xd3 => self.signed::<8>()?,
            0xd9 => self.length::<1>().and_then(|len| self.text(len))?,
            0xda => self.length::<2>().and_then(|len| self.text(len))?,
            0xdb => self.length::<4>().and_then(|len| self.text(len))?,
            0xdc => self.length::<2>().and_then(|len| self.array(len, depth))?,
            0xdd => self.length::<4>().and_then(|len| self.array(len, depth))?,
            0xde => self.length::<2>().and_then(|len| self.object(len, depth))?,
            0xdf => self.length::<4>().and_then(|len| self.object(len, depth))?,
            0xe0..=0xff => Value::Number(f64::from(head as i8)),
        })
    }

    fn bytes<const BYTES: usize>(&mut self) -> Result<Value<'a>, BadFrame> {
        let len = self.length::<BYTES>()?;
        Ok(Value::Bytes(self.take(len)?))
    }

    fn text(&mut self, len: usize) -> Result<Value<'a>, BadFrame> {
        let text = std::str::from_utf8(self.take(len)?).map_err(|_| BadFrame::Utf8)?;
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn array(&mut self, len: usize, depth: usize) -> Result<Value<'a>, BadFrame> {
        // Each element takes at least one byte: a longer array cannot be within the frame.
        if len > self.rest.len() {
            return Err(BadFrame::Truncated);
        }
        if depth > DEPTH {
            return Err(BadFrame::Depth);
        }
        (0..len).map(|_| self.value(depth + 1)).collect::<Result<_, _>>().map(Value::Array)
    }

    fn object(&mut self, len: usize, depth: usize) -> Result<Value<'a>, BadFrame> {
        if len > self.rest.len() / 2 {
            return Err(BadFrame::Truncated);
        }
        if depth > DEPTH {
            return Err(BadFrame::Depth);
        }
        let mut fields = Vec::with_capacity(len);
        for _ in 0..len {
            let Value::Text(key) = self.value(depth + 1)? else { return Err(BadFrame::KeyType) };
            fields.push((key, self.value(depth + 1)?));
        }
        refuse_duplicates(&fields)?;
        Ok(Value::Object(fields))
    }
}
