//! The writing half of a connection: frames leave many in one system call, as far as the kernel takes them.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use tokio::net::TcpStream;

use super::mailbox::{Mailbox, Outgoing};
use crate::core::now_ms;

/// Slices of one write.
const SLICES: usize = 64;

/// What was taken from the mailbox and not yet by the kernel.
pub struct Writer {
    outbox: VecDeque<Outgoing>,
    /// Bytes of the first frame that are written.
    offset: usize,
    /// When the kernel last took something, or nothing waited.
    pub progress_ms: u64,
}

impl Writer {
    pub fn new(now_ms: u64) -> Self {
        Self { outbox: VecDeque::new(), offset: 0, progress_ms: now_ms }
    }

    pub fn is_empty(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Takes what waits in the mailbox. True: the reader is slow.
    pub fn take(&mut self, mailbox: &Mailbox, now_ms: u64) -> bool {
        if self.outbox.is_empty() {
            self.progress_ms = now_ms;
        }
        mailbox.take(&mut self.outbox)
    }

    /// Writes until nothing waits or the kernel takes no more.
    pub fn write(&mut self, stream: &TcpStream, mailbox: &Mailbox) -> io::Result<()> {
        while !self.outbox.is_empty() {
            match self.write_some(stream) {
                Ok(written) => self.wrote(written, mailbox),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        if self.outbox.capacity() > 0 {
            self.outbox = VecDeque::new();
        }
        Ok(())
    }

    fn write_some(&self, stream: &TcpStream) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut filled = 0;
        for (slice, frame) in slices.iter_mut().zip(&self.outbox) {
            let from = if filled == 0 { self.offset } else { 0 };
            *slice = IoSlice::new(&frame.bytes[from..]);
            filled += 1;
        }
        stream.try_write_vectored(&slices[..filled])
    }

    fn wrote(&mut self, written: usize, mailbox: &Mailbox) {
        self.progress_ms = now_ms();
        let mut end = self.offset + written;
        let (mut bytes, mut live) = (0, 0);
        while let Some(frame) = self.outbox.front() {
            let len = frame.bytes.len();
            if end < len {
                break;
            }
            end -= len;
            bytes += len;
            live += if frame.live { len } else { 0 };
            self.outbox.pop_front();
        }
        self.offset = end;
        mailbox.written(bytes, live);
    }

    /// A slow reader resumes: what he did not read would only be in the way of the close frame.
    pub fn drop_unread(&mut self, mailbox: &Mailbox) {
        let begun = usize::from(self.offset > 0);
        mailbox.take(&mut self.outbox);
        let dropped = self.outbox.drain(begun.min(self.outbox.len())..);
        let (bytes, live) = dropped.fold((0, 0), |(bytes, live), frame| {
            (bytes + frame.bytes.len(), live + if frame.live { frame.bytes.len() } else { 0 })
        });
        mailbox.written(bytes, live);
    }
}
