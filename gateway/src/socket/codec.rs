//! RFC 6455, server side, without extensions: an incremental decoder, and encoders that build a whole frame at once.

use bytes::Bytes;
use protocol::decode::Encoding;
use serde::Serialize;

/// Longest header of a server frame.
const HEADER: usize = 10;
/// Control frames carry at most this.
const CONTROL_BYTES: usize = 125;

/// A complete message or control frame of the client.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    Data {
        text: bool,
        payload: Vec<u8>,
    },
    Ping(Vec<u8>),
    Pong,
    /// With the client's code, when it gave one.
    Close(Option<u16>),
}

/// Why the stream cannot be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Protocol(&'static str),
    #[error("the message is longer than allowed")]
    TooLarge,
    #[error("text is not UTF-8")]
    Utf8,
}

/// Takes bytes as they come and gives messages. Holds no buffer between messages.
#[derive(Debug)]
pub struct Decoder {
    most: usize,
    pending: Vec<u8>,
    at: usize,
    /// A message whose first fragments came: whether it is text, and its bytes.
    message: Option<(bool, Vec<u8>)>,
}

struct Header {
    fin: bool,
    opcode: u8,
    mask: [u8; 4],
    payload_at: usize,
    len: usize,
}

impl Decoder {
    /// `most`: bytes of the longest message.
    pub fn new(most: usize) -> Self {
        Self { most, pending: Vec::new(), at: 0, message: None }
    }

    /// Adds what was read from the socket.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// The next message, or `None` until more bytes come.
    pub fn message(&mut self) -> Result<Option<Incoming>, Fault> {
        loop {
            let Some(header) = self.header()? else { return Ok(self.wait()) };
            let end = header.payload_at + header.len;
            if self.pending.len() < end {
                return Ok(self.wait());
            }
            let mut payload = self.pending[header.payload_at..end].to_vec();
            self.at = end;
            for (byte, mask) in payload.iter_mut().zip(header.mask.iter().cycle()) {
                *byte ^= mask;
            }
            if let Some(incoming) = self.take(header.fin, header.opcode, payload)? {
                return Ok(Some(incoming));
            }
        }
    }

    /// Gives memory back while the client is silent.
    fn wait(&mut self) -> Option<Incoming> {
        self.pending.drain(..self.at);
        self.at = 0;
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        None
    }

    fn header(&self) -> Result<Option<Header>, Fault> {
        let bytes = &self.pending[self.at..];
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
        if first & 0x70 != 0 {
            return Err(Fault::Protocol("a reserved bit is set"));
        }
        if second & 0x80 == 0 {
            return Err(Fault::Protocol("a client's frame must be masked"));
        }
        if !matches!(opcode, 0..=2 | 8..=10) {
            return Err(Fault::Protocol("unknown opcode"));
        }
        let short = usize::from(second & 0x7f);
        if opcode >= 8 && (short > CONTROL_BYTES || !fin) {
            return Err(Fault::Protocol("a control frame is fragmented or too long"));
        }
        let extra = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some((extended, rest)) = rest.split_at_checked(extra) else { return Ok(None) };
        let len = match extra {
            0 => short as u64,
            _ => extended.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)),
        };
        if opcode < 8 && len.saturating_add(self.fragments() as u64) > self.most as u64 {
            return Err(Fault::TooLarge);
        }
        let Some(mask) = rest.first_chunk::<4>() else { return Ok(None) };
        Ok(Some(Header { fin, opcode, mask: *mask, payload_at: self.at + 6 + extra, len: len as usize }))
    }

    fn fragments(&self) -> usize {
        self.message.as_ref().map_or(0, |(_, bytes)| bytes.len())
    }

    fn take(&mut self, fin: bool, opcode: u8, payload: Vec<u8>) -> Result<Option<Incoming>, Fault> {
        match (opcode, self.message.take()) {
            (8, _) => close(&payload).map(Some),
            (9, message) => {
                self.message = message;
                Ok(Some(Incoming::Ping(payload)))
            }
            (10, message) => {
                self.message = message;
                Ok(Some(Incoming::Pong))
            }
            (0, None) => Err(Fault::Protocol("a continuation without a beginning")),
            (1 | 2, Some(_)) => Err(Fault::Protocol("a message begins within another")),
            (0, Some((text, mut message))) => {
                message.extend_from_slice(&payload);
                self.finish(fin, text, message)
            }
            (opcode, None) => self.finish(fin, opcode == 1, payload),
            (_, Some(_)) => Err(Fault::Protocol("unknown opcode")),
        }
    }

    fn finish(&mut self, fin: bool, text: bool, payload: Vec<u8>) -> Result<Option<Incoming>, Fault> {
        if !fin {
            self.message = Some((text, payload));
            return Ok(None);
        }
        if text && std::str::from_utf8(&payload).is_err() {
            return Err(Fault::Utf8);
        }
        Ok(Some(Incoming::Data { text, payload }))
    }
}

fn close(payload: &[u8]) -> Result<Incoming, Fault> {
    let [high, low, reason @ ..] = payload else {
        return if payload.is_empty() { Ok(Incoming::Close(None)) } else { Err(Fault::Protocol("half a close code")) };
    };
    let code = u16::from_be_bytes([*high, *low]);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Fault::Protocol("a close code that must not be sent"));
    }
    std::str::from_utf8(reason).map_err(|_| Fault::Utf8)?;
    Ok(Incoming::Close(Some(code)))
}

/// A server frame with its WebSocket header, ready to be shared by all sockets of the encoding.
pub fn framed<T: Serialize>(encoding: Encoding, frame: &T) -> Bytes {
    let mut buffer = Vec::with_capacity(256);
    buffer.resize(HEADER, 0);
    #[expect(clippy::expect_used, reason = "server frames are plain data; writing them to a Vec cannot fail")]
    let opcode = match encoding {
        Encoding::MessagePack => {
            rmp_serde::encode::write_named(&mut buffer, frame).expect("frame encodes");
            2
        }
        Encoding::Json => {
            serde_json::to_writer(&mut buffer, frame).expect("frame encodes");
            1
        }
    };
    finish_frame(opcode, buffer)
}

/// Writes the header into the gap before the payload.
fn finish_frame(opcode: u8, mut buffer: Vec<u8>) -> Bytes {
    let len = buffer.len() - HEADER;
    let head = 0x80 | opcode;
    let start = match len {
        0..=125 => {
            buffer[8..10].copy_from_slice(&[head, len as u8]);
            8
        }
        126..=0xffff => {
            let [high, low] = (len as u16).to_be_bytes();
            buffer[6..10].copy_from_slice(&[head, 126, high, low]);
            6
        }
        _ => {
            buffer[..2].copy_from_slice(&[head, 127]);
            buffer[2..10].copy_from_slice(&(len as u64).to_be_bytes());
            0
        }
    };
    Bytes::from(buffer).slice(start..)
}

/// Any frame around a payload.
pub fn raw(opcode: u8, payload: &[u8]) -> Bytes {
    let mut buffer = vec![0; HEADER];
    buffer.extend_from_slice(payload);
    finish_frame(opcode, buffer)
}

/// A close frame.
pub fn close_frame(code: u16, reason: &str) -> Bytes {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    payload.truncate(CONTROL_BYTES);
    raw(8, &payload)
}

/// The answer to a ping.
pub fn pong_frame(payload: &[u8]) -> Bytes {
    raw(10, payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first, 0x80 | payload.len() as u8, 1, 2, 3, 4];
        frame.extend(payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    #[test]
    fn fragments_with_a_ping_between_make_one_message_byte_by_byte() {
        let mut decoder = Decoder::new(100);
        let bytes = [masked(0x01, b"he"), masked(0x89, b"p"), masked(0x80, b"llo")].concat();
        let mut found = Vec::new();
        for byte in bytes {
            decoder.push(&[byte]);
            found.extend(decoder.message().unwrap());
        }
        let text = Incoming::Data { text: true, payload: b"hello".to_vec() };
        assert_eq!(found, [Incoming::Ping(b"p".to_vec()), text]);
        assert_eq!(decoder.message().unwrap(), None);
        assert_eq!(decoder.pending.capacity(), 0, "a silent client costs no buffer");
    }

    #[test]
    fn broken_streams_are_faults() {
        let fault = |bytes: &[u8]| {
            let mut decoder = Decoder::new(8);
            decoder.push(bytes);
            decoder.message().unwrap_err()
        };
        assert_eq!(fault(&masked(0x82, b"123456789")), Fault::TooLarge);
        assert_eq!(fault(&masked(0x81, b"\xff")), Fault::Utf8);
        for bytes in [
            &[0x81, 0x00][..],
            &masked(0xc1, b""),
            &masked(0x83, b""),
            &masked(0x80, b""),
            &masked(0x88, b"\x03"),
            &masked(0x09, b""),
        ] {
            assert!(matches!(fault(bytes), Fault::Protocol(_)));
        }
    }

    #[test]
    fn headers_have_three_lengths() {
        for (len, header) in [(125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            assert_eq!(raw(2, &vec![7; len]).len(), len + header);
        }
    }
}
