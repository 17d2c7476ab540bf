//! The bounded queue between everything that talks to a client and its socket. What happens now is written at once by whoever
//! tells it, as long as nothing waits and the kernel takes it; all else is written by the connection's own task.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::pending::Pending;
use crate::core::now_ms;
use crate::session::Signal;

/// Live bytes that may wait; a reader that leaves more is slow (4001).
pub const LIVE_BYTES: usize = 1 << 20;
/// A replay waits while more than this is queued, so that it never makes a reader slow.
const REPLAY_WINDOW: usize = 64 << 10;
/// Signals that may wait; more means that the session does not run, and it is closed as slow.
const SIGNALS: usize = 8_192;

#[derive(Default)]
struct State {
    pending: Pending,
    /// When the kernel last took something, or something began to wait.
    progress_ms: u64,
    slow: bool,
    closed: bool,
    signals: VecDeque<Signal>,
}

/// Full means slow: further live frames are dropped and the socket is closed, which costs the reader nothing (he resumes).
/// Replies are bounded by the requests a socket may have open; replays wait for the reader.
pub struct Mailbox {
    stream: TcpStream,
    state: Mutex<State>,
    woken: AtomicBool,
    task: AtomicWaker,
    drained: Notify,
}

/// What the connection's task must do with a mailbox after it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    All,
    /// The kernel takes no more now; it took something last at this time, in milliseconds since 1970 UTC.
    Waits {
        progress_ms: u64,
    },
    /// The reader left more than he may, and was not told to go yet.
    Slow,
}

impl Mailbox {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, state: Mutex::default(), woken: AtomicBool::new(false), task: AtomicWaker::new(), drained: Notify::new() }
    }

    /// For reading, and for waiting until it can be written; only the mailbox writes.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        // Whoever finds it set knows that the task was told.
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.task.wake();
        }
    }

    /// Ready once somebody queued something since the last time.
    pub fn poll_woken(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.woken.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        self.task.register(context.waker());
        if self.woken.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Writes an event that happens now, or queues what the kernel does not take. False: the socket is gone.
    pub fn push_live(&self, bytes: &Bytes) -> bool {
        let mut state = self.lock();
        if state.closed || state.slow {
            return !state.closed;
        }
        let mut written = 0;
        let nothing_waits = state.pending.is_empty();
        if nothing_waits {
            match self.stream.try_write(bytes) {
                Ok(all) if all == bytes.len() => return true,
                Ok(some) => written = some,
                // If it is more than a full buffer, the task meets the same error when it writes, and ends.
                Err(_) => {}
            }
            state.progress_ms = now_ms();
        }
        if state.pending.live_bytes + bytes.len() > LIVE_BYTES && !nothing_waits {
            state.slow = true;
        } else if nothing_waits {
            state.pending.push_begun(bytes.clone(), written);
        } else {
            state.pending.push(bytes.clone(), true);
        }
        // Behind others the task was told already, or waits for the kernel.
        let tell = nothing_waits || state.slow;
        drop(state);
        if tell {
            self.wake();
        }
        true
    }

    /// Queues an answer.
    pub fn push(&self, bytes: Bytes) {
        self.push_own(bytes);
        self.wake();
    }

    /// Queues an answer of the connection's own task, which flushes next.
    pub fn push_own(&self, bytes: Bytes) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if state.pending.is_empty() {
            state.progress_ms = now_ms();
        }
        state.pending.push(bytes, false);
    }

    /// Queues a piece of a replay once the reader took most of what came before. False: the socket is gone.
    pub async fn push_when_drained(&self, bytes: Bytes) -> bool {
        loop {
            let drained = self.drained.notified();
            {
                let state = self.lock();
                if state.closed {
                    return false;
                }
                if state.pending.bytes < REPLAY_WINDOW {
                    break;
                }
            }
            drained.await;
        }
        self.push(bytes);
        true
    }

    /// Tells the session something.
    pub fn signal(&self, signal: Signal) {
        let mut state = self.lock();
        if state.signals.len() >= SIGNALS {
            state.slow = true;
        } else if !state.closed {
            state.signals.push_back(signal);
        }
        drop(state);
        self.wake();
    }

    pub fn take_signals(&self) -> VecDeque<Signal> {
        std::mem::take(&mut self.lock().signals)
    }

    /// Writes what waits, as far as the kernel takes it. Errors are the connection's end.
    pub fn flush(&self) -> io::Result<Flushed> {
        let mut state = self.lock();
        if state.pending.write(&self.stream)? {
            state.progress_ms = now_ms();
        }
        let flushed = match (state.slow && !state.closed, state.pending.is_empty()) {
            (true, _) => Flushed::Slow,
            (false, true) => Flushed::All,
            (false, false) => Flushed::Waits { progress_ms: state.progress_ms },
        };
        let drained = state.pending.bytes < REPLAY_WINDOW;
        drop(state);
        if drained {
            self.drained.notify_waiters();
        }
        Ok(flushed)
    }

    /// Nothing more for a slow reader: what he did not read would only be in the way of the close frame, and he resumes.
    pub fn drop_unread(&self) {
        self.lock().pending.drop_unread();
    }

    /// Bytes that the kernel has not taken.
    pub fn queued(&self) -> usize {
        self.lock().pending.bytes
    }

    /// Live events wait, and the kernel took nothing since this time, in milliseconds since 1970 UTC.
    pub fn is_stalled_since(&self, time_ms: u64) -> bool {
        let state = self.lock();
        state.pending.live_bytes > 0 && state.progress_ms <= time_ms
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Nothing is queued from now on, behind a last frame if there is one.
    pub fn close(&self, last: Option<Bytes>) {
        let mut state = self.lock();
        if !std::mem::replace(&mut state.closed, true)
            && let Some(bytes) = last
        {
            state.pending.push(bytes, false);
        }
        drop(state);
        self.drained.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    async fn pair() -> (Mailbox, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Mailbox::new(listener.accept().await.unwrap().0), client)
    }

    fn is_woken(mailbox: &Mailbox) -> bool {
        mailbox.poll_woken(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[tokio::test]
    async fn what_happens_now_is_written_at_once_and_never_before_what_waits() {
        let (mailbox, mut client) = pair().await;
        mailbox.stream().writable().await.unwrap();
        mailbox.push_live(&Bytes::from_static(b"now "));
        assert!(!is_woken(&mailbox), "nobody need be woken for it");
        mailbox.push_own(Bytes::from_static(b"own "));
        assert!(!is_woken(&mailbox), "its task flushes by itself");
        mailbox.push(Bytes::from_static(b"reply "));
        mailbox.push_live(&Bytes::from_static(b"behind"));
        assert!(is_woken(&mailbox));
        assert_eq!(mailbox.queued(), 16);
        assert_eq!(mailbox.flush().unwrap(), Flushed::All);
        let mut heard = [0; 20];
        client.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"now own reply behind");
    }

    #[tokio::test]
    async fn a_reader_who_reads_nothing_fills_the_kernel_then_the_mailbox_then_is_slow() {
        let (mailbox, client) = pair().await;
        mailbox.stream().writable().await.unwrap();
        let frame = Bytes::from(vec![7; 64 << 10]);
        let before = now_ms();
        while mailbox.queued() == 0 {
            mailbox.push_live(&frame);
        }
        assert!(is_woken(&mailbox), "its task waits for the kernel from now on");
        mailbox.push_live(&frame);
        assert!(!is_woken(&mailbox), "it waits already");
        assert!(!mailbox.is_stalled_since(before - 1));
        assert!(mailbox.is_stalled_since(now_ms()));
        while mailbox.queued() + frame.len() <= LIVE_BYTES {
            mailbox.push_live(&frame);
        }
        assert!(matches!(mailbox.flush().unwrap(), Flushed::Waits { .. }));
        let held = mailbox.queued();
        mailbox.push_live(&frame);
        assert_eq!((mailbox.flush().unwrap(), mailbox.queued()), (Flushed::Slow, held), "nothing more is kept for him");
        mailbox.drop_unread();
        mailbox.close(Some(Bytes::from_static(b"close")));
        assert!(!mailbox.push_live(&frame), "gone");
        assert!(mailbox.queued() <= frame.len() + 5, "a frame that is begun, and the last; nothing behind it");
        drop(client);
    }
}
