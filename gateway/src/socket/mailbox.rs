//! The bounded queue between everything that talks to a client and the one task that writes to its socket.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::session::Signal;

/// Live bytes that may wait; a reader that leaves more is slow (4001).
pub const LIVE_BYTES: usize = 1 << 20;
/// A replay waits while more than this is queued, so that it never makes a reader slow.
const REPLAY_WINDOW: usize = 64 << 10;
/// Signals that may wait; more means that the session does not run, and it is closed as slow.
const SIGNALS: usize = 8_192;
/// Frames beyond which an emptied queue gives its memory back.
const IDLE_FRAMES: usize = 4;

/// A frame with its header; live ones count against the reader.
pub struct Outgoing {
    pub bytes: Bytes,
    pub live: bool,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Outgoing>,
    /// What the writer has not handed to the kernel yet, its own queue included.
    bytes: usize,
    live_bytes: usize,
    slow: bool,
    closed: bool,
    signals: VecDeque<Signal>,
}

/// Full means slow: further live frames are dropped and the socket is closed, which costs the reader nothing (he resumes).
/// Replies are bounded by the requests a socket may have open; replays wait for the reader.
#[derive(Default)]
pub struct Mailbox {
    state: Mutex<State>,
    wake: Notify,
    drained: Notify,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event that happens now. False: the socket is gone.
    pub fn push_live(&self, bytes: Bytes) -> bool {
        let mut state = self.lock();
        if state.closed || state.slow {
            return !state.closed;
        }
        if state.live_bytes + bytes.len() > LIVE_BYTES {
            state.slow = true;
        } else {
            state.bytes += bytes.len();
            state.live_bytes += bytes.len();
            state.frames.push_back(Outgoing { bytes, live: true });
        }
        let first = state.frames.len() == 1 || state.slow;
        drop(state);
        if first {
            self.wake.notify_one();
        }
        true
    }

    /// Queues an answer.
    pub fn push(&self, bytes: Bytes) {
        let mut state = self.lock();
        if !state.closed {
            state.bytes += bytes.len();
            state.frames.push_back(Outgoing { bytes, live: false });
        }
        drop(state);
        self.wake.notify_one();
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
                if state.bytes < REPLAY_WINDOW {
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
        self.wake.notify_one();
    }

    /// Waits until there may be something to take.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Moves everything that waits into the writer's queue. True: the reader is slow.
    pub fn take(&self, into: &mut VecDeque<Outgoing>) -> bool {
        let mut state = self.lock();
        if into.is_empty() {
            std::mem::swap(&mut state.frames, into);
        } else {
            into.append(&mut state.frames);
        }
        if state.frames.capacity() > IDLE_FRAMES {
            state.frames = VecDeque::new();
        }
        state.slow
    }

    pub fn take_signals(&self) -> VecDeque<Signal> {
        std::mem::take(&mut self.lock().signals)
    }

    /// Accounts for bytes that the kernel took.
    pub fn written(&self, bytes: usize, live: usize) {
        let mut state = self.lock();
        state.bytes -= bytes;
        state.live_bytes -= live;
        let drained = state.bytes < REPLAY_WINDOW;
        drop(state);
        if drained {
            self.drained.notify_waiters();
        }
    }

    /// Bytes that the writer has not handed over.
    pub fn queued(&self) -> usize {
        self.lock().bytes
    }

    /// Live events wait.
    pub fn has_live(&self) -> bool {
        self.lock().live_bytes > 0
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Nothing is queued from now on.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        drop(state);
        self.drained.notify_waiters();
    }
}
