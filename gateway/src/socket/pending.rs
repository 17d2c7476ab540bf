//! What waits for a client: frames leave many in one system call, as far as the kernel takes them.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::Bytes;
use tokio::net::TcpStream;

/// Slices of one write.
const SLICES: usize = 64;

/// A frame with its header; live ones count against the reader.
struct Outgoing {
    bytes: Bytes,
    live: bool,
}

/// Frames in their order, of which the first may be written in part.
#[derive(Default)]
pub struct Pending {
    frames: VecDeque<Outgoing>,
    /// Bytes of the first frame that are written.
    offset: usize,
    /// Bytes of all frames here, and of the live ones; a frame counts until all of it is written.
    pub bytes: usize,
    pub live_bytes: usize,
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub fn push(&mut self, bytes: Bytes, live: bool) {
        self.bytes += bytes.len();
        self.live_bytes += if live { bytes.len() } else { 0 };
        self.frames.push_back(Outgoing { bytes, live });
    }

    /// A live frame of which the kernel took the first bytes; nothing else waits.
    pub fn push_begun(&mut self, bytes: Bytes, written: usize) {
        self.push(bytes, true);
        self.offset = written;
    }

    /// Writes until nothing waits or the kernel takes no more; says whether it took anything.
    pub fn write(&mut self, stream: &TcpStream) -> io::Result<bool> {
        let mut took = false;
        while !self.frames.is_empty() {
            match self.write_some(stream) {
                Ok(written) => self.wrote(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(took),
                Err(error) => return Err(error),
            }
            took = true;
        }
        // A silent socket holds no queue.
        self.frames = VecDeque::new();
        Ok(took)
    }

    fn write_some(&self, stream: &TcpStream) -> io::Result<usize> {
        if let (0, [frame], []) = (self.offset, self.frames.as_slices().0, self.frames.as_slices().1) {
            return stream.try_write(&frame.bytes);
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut filled = 0;
        for (slice, frame) in slices.iter_mut().zip(&self.frames) {
            let from = if filled == 0 { self.offset } else { 0 };
            *slice = IoSlice::new(&frame.bytes[from..]);
            filled += 1;
        }
        stream.try_write_vectored(&slices[..filled])
    }

    fn wrote(&mut self, written: usize) {
        let mut end = self.offset + written;
        while let Some(frame) = self.frames.front().filter(|frame| frame.bytes.len() <= end) {
            let (len, live) = (frame.bytes.len(), frame.live);
            end -= len;
            self.forget(len, live);
            self.frames.pop_front();
        }
        self.offset = end;
    }

    /// Drops all but a frame that is begun.
    pub fn drop_unread(&mut self) {
        let begun = usize::from(self.offset > 0);
        while self.frames.len() > begun
            && let Some(frame) = self.frames.pop_back()
        {
            self.forget(frame.bytes.len(), frame.live);
        }
    }

    fn forget(&mut self, len: usize, live: bool) {
        self.bytes -= len;
        self.live_bytes -= if live { len } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_forgotten_frame_by_frame_and_a_begun_one_stays() {
        let mut pending = Pending::default();
        pending.push(Bytes::from_static(b"reply"), false);
        pending.push(Bytes::from_static(b"live"), true);
        pending.push(Bytes::from_static(b"more"), true);
        pending.wrote(6);
        assert_eq!((pending.frames.len(), pending.offset, pending.bytes, pending.live_bytes), (2, 1, 8, 8));
        pending.drop_unread();
        assert_eq!((pending.frames.len(), pending.offset, pending.bytes, pending.live_bytes), (1, 1, 4, 4));
        pending.wrote(3);
        assert_eq!((pending.is_empty(), pending.offset, pending.bytes, pending.live_bytes), (true, 0, 0, 0));
    }
}
