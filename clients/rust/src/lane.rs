//! Changes of one room on their way, without I/O: in the order of writing, up to 64 on the wire, from the first again after a
//! failure that may pass, each under the same id for every retry.

use std::collections::VecDeque;

use protocol::id::EventId;
use protocol::limits::{ID_PAST_MS, LANE};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use crate::change::{ChangeFrame, NewChange, Stored};
use crate::{ClientError, backoff};

/// A change and who waits for it.
pub struct Pending {
    pub change: NewChange,
    /// Made at the first try, by the server's clock.
    pub id: Option<EventId>,
    pub done: oneshot::Sender<Result<Stored, ClientError>>,
    /// Its place among all changes that may wait; `None` in tests.
    pub _place: Option<OwnedSemaphorePermit>,
    /// Under which `ref` it is on the wire.
    pub on_wire: Option<u64>,
}

impl Pending {
    fn settle(self, result: Result<Stored, ClientError>) {
        // Nobody may wait for it any more.
        let _gone = self.done.send(result);
    }
}

/// One room's changes.
pub struct Lane {
    queue: VecDeque<Pending>,
    /// How many of them are on the wire.
    on_wire: usize,
    /// One failed in a way that may pass: nothing leaves until all answers are there, then again from the first.
    failed: bool,
    /// Nothing leaves before.
    not_before: Option<Instant>,
    attempt: u32,
    /// How many may be on the wire: after a failure the first goes alone, and each success doubles it.
    window: usize,
}

impl Default for Lane {
    fn default() -> Self {
        Self { queue: VecDeque::new(), on_wire: 0, failed: false, not_before: None, attempt: 0, window: LANE }
    }
}

impl Lane {
    pub fn push(&mut self, pending: Pending) {
        self.queue.push_back(pending);
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The next frame that may leave now, if any.
    pub fn next(&mut self, reference: u64, server_now_ms: u64, now: Instant) -> Option<ChangeFrame<'_>> {
        if self.not_before.is_some_and(|until| until > now) || (self.failed && self.on_wire > 0) {
            return None;
        }
        (self.failed, self.not_before) = (false, None);
        loop {
            // Those on the wire are the first ones: a failure of one in the middle waits for the answers of the others.
            let at = self.on_wire;
            if at >= self.window || at >= self.queue.len() {
                return None;
            }
            let id = *self.queue[at].id.get_or_insert_with(|| EventId::at(server_now_ms));
            if id.time_ms() + ID_PAST_MS < server_now_ms {
                if let Some(late) = self.queue.remove(at) {
                    late.settle(Err(ClientError::Expired));
                }
                continue;
            }
            let pending = &mut self.queue[at];
            pending.on_wire = Some(reference);
            self.on_wire += 1;
            return Some(pending.change.frame(reference, id));
        }
    }

    /// The answer to the frame with this `ref`.
    pub fn answered(&mut self, reference: u64, result: Result<Stored, ClientError>, now: Instant) {
        let Some(at) = self.queue.iter().position(|pending| pending.on_wire == Some(reference)) else {
            return;
        };
        self.on_wire -= 1;
        match result {
            Err(error) if error.is_retryable() => {
                self.queue[at].on_wire = None;
                let asked = error.retry_after().map(|wait| now + wait);
                if !self.failed {
                    self.failed = true;
                    self.window = 1;
                    self.not_before = Some(asked.unwrap_or_else(|| now + backoff(self.attempt)));
                    self.attempt = self.attempt.saturating_add(1);
                }
                self.not_before = self.not_before.max(asked);
            }
            result => {
                if result.is_ok() {
                    self.attempt = 0;
                    self.window = (self.window * 2).min(LANE);
                }
                if let Some(pending) = self.queue.remove(at) {
                    pending.settle(result);
                }
            }
        }
    }

    /// An event of one's own came: what waits to be tried again needs no further try.
    pub fn seen(&mut self, stored: Stored) {
        let tried = self.queue.iter().take(LANE);
        let at = tried.clone().position(|pending| pending.id == Some(stored.id) && pending.on_wire.is_none());
        if let Some(pending) = at.and_then(|at| self.queue.remove(at)) {
            pending.settle(Ok(stored));
        }
    }

    /// The connection broke: all of it goes again, from the first.
    pub fn broke(&mut self) {
        for pending in self.queue.iter_mut().take(LANE) {
            pending.on_wire = None;
        }
        *self = Self { queue: std::mem::take(&mut self.queue), ..Self::default() };
    }
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
