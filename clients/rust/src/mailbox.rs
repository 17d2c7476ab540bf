//! Updates on their way to the user. The channel is bounded, and its reader may wait for an answer of the same connection: so
//! nothing here ever waits for him.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use crate::client::Update;

/// Updates that wait to be read; above it events are dropped and their room attached again behind the last one given out.
pub const QUEUE: usize = 1_024;
/// Other news that waits behind a full channel; above it the connection is given up, and the next `welcome` tells all anew.
const BACKLOG: usize = 256;

pub struct Mailbox {
    channel: mpsc::Sender<Update>,
    backlog: VecDeque<Update>,
}

impl Mailbox {
    pub fn new(channel: mpsc::Sender<Update>) -> Self {
        Self { channel, backlog: VecDeque::new() }
    }

    /// Gives out an event, or a `skipped`, or says that there is no place for it. Nobody who listens is a place.
    pub fn event(&mut self, update: Update) -> bool {
        if !self.backlog.is_empty() {
            return false;
        }
        !matches!(self.channel.try_send(update), Err(mpsc::error::TrySendError::Full(_)))
    }

    /// Gives out anything else, behind what waits. False: too much waits.
    pub fn news(&mut self, update: Update) -> bool {
        self.push_backlog();
        if self.backlog.is_empty() {
            match self.channel.try_send(update) {
                Err(mpsc::error::TrySendError::Full(update)) => self.backlog.push_back(update),
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        } else {
            self.backlog.push_back(update);
        }
        self.backlog.len() <= BACKLOG
    }

    /// The connection ended: news of it that nobody read is void.
    pub fn forget(&mut self) {
        self.backlog.retain(|update| matches!(update, Update::Login(_) | Update::Anew(_)));
        self.backlog.truncate(BACKLOG / 2);
    }

    /// Moves on what waits, as far as there is place.
    pub fn push_backlog(&mut self) {
        while let Some(update) = self.backlog.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(update)) = self.channel.try_send(update) {
                self.backlog.push_front(update);
                return;
            }
        }
    }

    /// Whether a room that fell behind may come again: the reader has caught up with half of it.
    pub fn has_place(&self) -> bool {
        self.backlog.is_empty() && (self.channel.is_closed() || self.channel.capacity() > QUEUE / 2)
    }
}
