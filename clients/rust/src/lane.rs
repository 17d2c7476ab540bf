//! Changes of one room on their way: in the order of writing, one at a time, under the same id for every retry.

use std::collections::VecDeque;

use protocol::event::Kind;
use protocol::id::EventId;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::ClientError;
use crate::client::{NewChange, Stored};

/// A change and who waits for it.
pub struct Pending {
    pub change: NewChange,
    /// Made at the first try, by the server's clock.
    pub id: Option<EventId>,
    pub done: oneshot::Sender<Result<Stored, ClientError>>,
    pub attempt: u32,
}

/// One room's changes.
#[derive(Default)]
pub struct Lane {
    pub queue: VecDeque<Pending>,
    /// The `ref` under which the first one is on its way.
    pub in_flight: Option<u64>,
    /// The first one waits until then.
    pub not_before: Option<Instant>,
    /// The room's replay runs: nothing leaves before `resumed`.
    pub replaying: bool,
}

impl Lane {
    /// The frame to send now, if any.
    pub fn next(&mut self, reference: u64, server_now_ms: u64) -> Option<Value> {
        let waits = self.not_before.is_some_and(|until| until > Instant::now());
        if self.in_flight.is_some() || self.replaying || waits {
            return None;
        }
        let first = self.queue.front_mut()?;
        let id = *first.id.get_or_insert_with(|| EventId::at(server_now_ms));
        self.in_flight = Some(reference);
        self.not_before = None;
        Some(first.change.frame(reference, id))
    }

    /// The answer came, or with `None` the connection broke.
    pub fn answered(&mut self, result: Option<Result<Stored, ClientError>>) {
        self.in_flight = None;
        let Some(result) = result else { return };
        match result {
            Err(error) if error.is_retryable() => {
                let Some(first) = self.queue.front_mut() else { return };
                let wait = match &error {
                    ClientError::Refused { retry_after_ms: Some(ms), .. } => std::time::Duration::from_millis(*ms),
                    _ => crate::backoff(first.attempt),
                };
                first.attempt += 1;
                self.not_before = Some(Instant::now() + wait);
            }
            result => {
                if let Some(first) = self.queue.pop_front() {
                    // Nobody may wait for it any more.
                    let _gone = first.done.send(result);
                }
            }
        }
    }
}

impl NewChange {
    fn frame(&self, reference: u64, id: EventId) -> Value {
        let t = match self.kind {
            Kind::Edited => "edit",
            Kind::Deleted => "delete",
            Kind::Reacted => "react",
            Kind::Pinned => "pin",
            _ => "send",
        };
        let mut frame = json!({ "t": t, "ref": reference, "room": self.room, "id": id });
        if let Some(text) = &self.text {
            frame["body"] = json!({ "text": text, "reply_to": self.reply_to, "thread": self.thread });
        }
        if let Some(target) = self.target {
            frame["target"] = json!(target);
        }
        if let Some(emoji) = &self.emoji {
            frame["emoji"] = json!(emoji);
        }
        if self.remove {
            frame["remove"] = json!(true);
        }
        frame
    }
}
