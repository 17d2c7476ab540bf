//! The loop of one connection, between the wire, the mailbox, the jobs and the clock. Its future is all that the socket's task holds:
//! tens of thousands of them rest in memory, so it has no part that only a busy socket needs.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protocol::close::Close;
use protocol::frame::{ClientFrame, Refused};
use socket2::SockRef;
use tokio::time::{Instant, Sleep};

use super::Socket;
use super::codec::{Decoder, close_frame, framed};
use super::mailbox::Flushed;
use super::turn::{Jobs, Turn};
use crate::core::{Core, now_ms};
use crate::session::{Bounds, Effect, Session};

/// While more than this waits for the client, nothing is read from it.
const UNREAD_BYTES: usize = 256 << 10;
/// A reader that takes no live event for so long is slow.
const STALL_MS: u64 = 10_000;
/// What the kernel may hold for a reader beside his mailbox: by itself it would take megabytes before anybody is slow.
const KERNEL_BYTES: usize = 128 << 10;
/// From our close frame to the end of the connection.
const CLOSING_MS: u64 = 5_000;
/// Requests of one socket that may be open, besides sends.
const REQUESTS: usize = 32;

pub(super) struct Connection {
    pub(super) core: Arc<Core>,
    pub(super) socket: Arc<Socket>,
    pub(super) decoder: Decoder,
    pub(super) session: Session,
    /// Decoded frames that wait until the session takes them.
    pub(super) inbox: VecDeque<Result<ClientFrame, Refused>>,
    /// What came behind them does not decode: it is told once they are handled, and nothing is read any more.
    pub(super) fault: Option<String>,
    /// When the kernel last took something, while something waits for it.
    pub(super) unwritten_ms: Option<u64>,
    pub(super) jobs: Jobs,
    /// When the connection ends in any case, once it is closing.
    ends_ms: Option<u64>,
    pub(super) peer_closed: bool,
    left: bool,
}

impl Connection {
    /// Of an upgraded socket. `leftover`: bytes that came right behind the upgrade.
    pub fn new(core: Arc<Core>, socket: Arc<Socket>, leftover: &[u8], refuse: Option<Close>) -> Self {
        let limits = &core.config.limits;
        let bounds = Bounds { hello_ms: 10_000, silence_ms: limits.ping_s * 2_000, requests: REQUESTS };
        if let Err(error) = SockRef::from(socket.mailbox.stream()).set_send_buffer_size(KERNEL_BYTES) {
            tracing::debug!(%error, "size of the send buffer cannot be set");
        }
        let mut decoder = Decoder::new(limits.frame_bytes);
        decoder.push(leftover);
        let mut session = Session::new(bounds, now_ms());
        if let Some(close) = refuse {
            session.close(close);
        }
        core.users.arrive(&socket);
        Self {
            decoder,
            session,
            inbox: VecDeque::new(),
            fault: None,
            unwritten_ms: None,
            jobs: Jobs::default(),
            ends_ms: None,
            peer_closed: false,
            left: false,
            core,
            socket,
        }
    }

    /// Serves it to its end. Boxed, since a future keeps a second place for what is moved into it.
    pub async fn run(mut self: Box<Self>) {
        let mut sleep = pin!(tokio::time::sleep_until(self.wake_at()));
        self.decode();
        let error = loop {
            match self.settle(sleep.as_mut()) {
                Ok(true) => break None,
                Ok(false) => {}
                Err(error) => break Some(error),
            }
            let turn = poll_fn(|context| self.poll_turn(sleep.as_mut(), context)).await;
            match turn.and_then(|turn| self.turn(turn, sleep.as_mut())) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error),
            }
        };
        if let Some(error) = error {
            tracing::trace!(%error, "connection ended");
        }
        self.leave();
        // Others may hold the socket for a moment longer.
        let _gone_already = SockRef::from(self.socket.mailbox.stream()).shutdown(std::net::Shutdown::Both);
        self.core.uncount_socket();
    }

    /// Does all that can be done without waiting. True: it is over.
    fn settle(&mut self, mut sleep: Pin<&mut Sleep>) -> io::Result<bool> {
        self.advance();
        self.flush()?;
        if self.is_done() {
            return Ok(true);
        }
        let due = self.wake_at();
        if due < sleep.deadline() {
            sleep.as_mut().reset(due);
        }
        Ok(false)
    }

    /// False: the client is gone.
    fn turn(&mut self, turn: Turn, mut sleep: Pin<&mut Sleep>) -> io::Result<bool> {
        match turn {
            Turn::Woken => self.take_signals(),
            Turn::Writable => {}
            Turn::Ended(outcome) => self.session.outcome(outcome, now_ms()),
            Turn::Due => {
                self.tick();
                sleep.as_mut().reset(self.wake_at());
            }
            Turn::Readable => return self.read(),
        }
        Ok(true)
    }

    pub(super) fn wants_more(&self) -> bool {
        let has_room = self.inbox.is_empty() && self.fault.is_none();
        self.session.is_closing() || (has_room && self.socket.mailbox.queued() < UNREAD_BYTES)
    }

    fn is_done(&self) -> bool {
        let flushed = self.unwritten_ms.is_none() && self.peer_closed;
        self.ends_ms.is_some_and(|ends| flushed || ends <= now_ms())
    }

    /// Hands the session what waits, as far as it takes it, and does what it wants.
    fn advance(&mut self) {
        loop {
            self.apply();
            if self.session.is_closing() {
                (self.inbox, self.fault) = (VecDeque::new(), None);
                return;
            }
            if self.session.is_paused() {
                return;
            }
            let Some(frame) = self.inbox.pop_front() else {
                if self.inbox.capacity() > 0 {
                    self.inbox = VecDeque::new();
                }
                let Some(fault) = self.fault.take() else { return };
                self.session.broken(fault);
                continue;
            };
            self.touch(&frame);
            self.session.frame(frame, now_ms());
        }
    }

    /// Whatever a person does shows that he is there; what the client does by itself does not.
    fn touch(&self, frame: &Result<ClientFrame, Refused>) {
        let by_itself = matches!(frame, Ok(ClientFrame::Ping | ClientFrame::Refresh { .. } | ClientFrame::Hello(_)) | Err(_));
        if let Some(me) = self.session.identity().filter(|_| !by_itself) {
            self.core.touch(me);
        }
    }

    fn apply(&mut self) {
        for effect in self.session.take_effects() {
            match effect {
                Effect::Reply(frame) => self.socket.mailbox.push_own(framed(self.socket.encoding, &frame)),
                Effect::Start(job) => {
                    let me = self.session.identity().cloned();
                    let job = Box::pin(self.core.clone().perform(self.socket.clone(), me, job));
                    self.jobs.push(job);
                }
                Effect::Attachment { room, on } => {
                    if let Some(me) = self.session.identity() {
                        self.core.attachment(me, &self.socket, &room, on);
                    }
                }
                Effect::Close(close) => {
                    self.core.metrics.closed(close);
                    if close == Close::Slow {
                        self.socket.mailbox.drop_unread();
                    }
                    self.end(close_frame(close.code(), close.reason()));
                }
            }
        }
    }

    /// The last frame; what comes later is dropped.
    pub(super) fn end(&mut self, frame: Bytes) {
        if self.ends_ms.is_none() {
            self.socket.mailbox.close(Some(frame));
            self.ends_ms = Some(now_ms() + CLOSING_MS);
            self.jobs = Jobs::default();
            // Whoever is told to go is not here any more, however long his side takes.
            self.leave();
        }
    }

    /// Writes what waits, as far as the kernel takes it.
    fn flush(&mut self) -> io::Result<()> {
        let mut flushed = self.socket.mailbox.flush()?;
        if flushed == Flushed::Slow {
            self.session.close(Close::Slow);
            self.apply();
            flushed = self.socket.mailbox.flush()?;
        }
        self.unwritten_ms = match flushed {
            Flushed::Waits { progress_ms } => Some(progress_ms),
            Flushed::All | Flushed::Slow => None,
        };
        Ok(())
    }

    fn take_signals(&mut self) {
        for signal in self.socket.mailbox.take_signals() {
            self.session.signal(signal);
        }
    }

    fn tick(&mut self) {
        let now = now_ms();
        if !self.inbox.is_empty() || self.fault.is_some() {
            // It waits for us: nobody can say that it is silent.
            self.session.heard(now);
        }
        self.session.tick(now);
        if self.socket.mailbox.is_stalled_since(now.saturating_sub(STALL_MS)) {
            self.session.close(Close::Slow);
        }
    }

    /// When something is due, if nothing happens before.
    fn wake_at(&self) -> Instant {
        let due = match (self.ends_ms, self.unwritten_ms) {
            (Some(ends), _) => ends,
            (None, None) => self.session.deadline_ms(),
            (None, Some(progress_ms)) => self.session.deadline_ms().min(now_ms().max(progress_ms + STALL_MS)),
        };
        Instant::now() + Duration::from_millis(due.saturating_sub(now_ms()).max(1))
    }

    /// Leaves no trace in the hub and among the user's sockets.
    fn leave(&mut self) {
        if std::mem::replace(&mut self.left, true) {
            return;
        }
        self.socket.mailbox.close(None);
        self.core.users.depart(&self.socket);
        let Some(user) = self.socket.user() else { return };
        if self.session.wants_lobby() {
            self.core.presence.lobby.unsubscribe(&self.socket);
        }
        if let Some(me) = self.session.identity() {
            for room in self.session.attached() {
                self.core.attachment(me, &self.socket, room, false);
            }
        }
        if let Some(held) = self.core.users.held(user) {
            let rooms = held.rooms();
            let attached = self.session.attached().map(|room| (room.clone(), None));
            for (room, shard) in rooms.into_iter().map(|(room, shard)| (room, Some(shard))).chain(attached) {
                for hub in self.core.hub.shards().filter(|hub| shard.as_ref().is_none_or(|shard| hub.shard == *shard)) {
                    hub.unlisten(&room, &self.socket, false);
                }
            }
        }
        self.core.users.leave(user, &self.socket);
        // Only now: a beat made before would still find him here, and nothing would tell of it later.
        if self.session.is_revoked() {
            self.core.presence.beats.logged_out(user);
        }
        self.core.presence.beats.changed(user);
    }
}
