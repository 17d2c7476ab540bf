//! From bytes to frames: what the wire brings, and what is wrong with it.

use std::cell::RefCell;
use std::io::{self, Read as _};

use protocol::close::Close;
use protocol::decode::Encoding;
use protocol::frame::{WireLimits, frames};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::codec::{Decoder, Fault, Incoming, close_frame, pong_frame};
use super::connection::Connection;
use crate::core::now_ms;

/// Bytes read at once; the buffer belongs to the thread, so that an idle socket holds none.
const READ_BYTES: usize = 16 << 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

impl Connection {
    /// False: the client is gone.
    pub(super) fn read(&mut self) -> io::Result<bool> {
        let read = SCRATCH.with_borrow_mut(|buffer| {
            let read = read_some(self.socket.mailbox.stream(), buffer)?;
            if !self.peer_closed {
                self.decoder.push(&buffer[..read]);
            }
            io::Result::Ok(read)
        });
        match read {
            Ok(0) => return Ok(false),
            Ok(_) => {
                self.session.heard(now_ms());
                self.decode();
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Turns the bytes so far into frames.
    pub(super) fn decode(&mut self) {
        while self.fault.is_none() {
            match self.decoder.message() {
                Ok(None) => return,
                Ok(Some(Incoming::Data { text, payload })) => self.data(text, &payload),
                Ok(Some(Incoming::Ping(payload))) => self.socket.mailbox.push(pong_frame(&payload)),
                Ok(Some(Incoming::Pong)) => {}
                Ok(Some(Incoming::Close(code))) => {
                    self.peer_closed = true;
                    self.end(close_frame(code.unwrap_or(1000), ""));
                    self.session.close(Close::Normal);
                    return;
                }
                Err(fault) => {
                    self.peer_closed = false;
                    self.decoder = Decoder::new(0);
                    match fault {
                        Fault::Protocol(message) if !self.session.is_closing() => {
                            self.end(close_frame(1002, message));
                            self.session.close(Close::Normal);
                        }
                        Fault::Protocol(_) => {}
                        Fault::TooLarge | Fault::Utf8 if !self.session.is_closing() => self.fault = Some(fault.to_string()),
                        Fault::TooLarge | Fault::Utf8 => {}
                    }
                    return;
                }
            }
        }
    }

    fn data(&mut self, text: bool, payload: &[u8]) {
        if self.session.is_closing() {
            return;
        }
        let encoding = self.socket.encoding;
        if text != (encoding == Encoding::Json) {
            self.fault = Some("the frame type is not the subprotocol's".into());
            return;
        }
        match encoding.decode(payload) {
            Ok(value) => {
                let limits = WireLimits { text_bytes: self.core.config.limits.text_bytes };
                self.inbox.extend(frames(&value, limits));
            }
            Err(fault) => self.fault = Some(fault.to_string()),
        }
    }
}

/// One system call. What fills less than the buffer was all there is, so that the next read need not find out: the socket counts as
/// read up, unless the runtime heard of more since before this call.
fn read_some(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    let result = stream.try_io(Interest::READABLE, || {
        let room = buffer.len();
        read = (&*SockRef::from(stream)).read(buffer)?;
        if read > 0 && read < room { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
    });
    if read > 0 { Ok(read) } else { result.map(|()| 0) }
}
