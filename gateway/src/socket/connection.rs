//! The loop of one connection: exactly one `select!` between the wire, the mailbox, the jobs and the clock.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use protocol::close::Close;
use protocol::frame::{ClientFrame, Refused};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Socket;
use super::codec::{Decoder, close_frame, framed};
use super::writer::Writer;
use crate::core::{Core, now_ms};
use crate::session::{Bounds, Effect, Outcome, Session};

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

type JobFuture = Pin<Box<dyn Future<Output = Outcome> + Send>>;

pub(super) struct Connection {
    pub(super) core: Arc<Core>,
    pub(super) socket: Arc<Socket>,
    pub(super) stream: TcpStream,
    pub(super) decoder: Decoder,
    pub(super) session: Session,
    /// Decoded frames that wait until the session takes them.
    pub(super) inbox: VecDeque<Result<ClientFrame, Refused>>,
    /// What came behind them does not decode: it is told once they are handled, and nothing is read any more.
    pub(super) fault: Option<String>,
    writer: Writer,
    jobs: FuturesUnordered<JobFuture>,
    /// When the connection ends in any case, once it is closing.
    ends_ms: Option<u64>,
    pub(super) peer_closed: bool,
    left: bool,
}

/// Serves an upgraded connection to its end. `leftover`: bytes that came right behind the upgrade.
pub async fn serve(core: Arc<Core>, socket: Arc<Socket>, stream: TcpStream, leftover: Bytes, refuse: Option<Close>) {
    let now = now_ms();
    let limits = &core.config.limits;
    let bounds = Bounds { hello_ms: 10_000, silence_ms: limits.ping_s * 2_000, requests: REQUESTS };
    if let Err(error) = socket2::SockRef::from(&stream).set_send_buffer_size(KERNEL_BYTES) {
        tracing::debug!(%error, "size of the send buffer cannot be set");
    }
    let mut decoder = Decoder::new(limits.frame_bytes);
    decoder.push(&leftover);
    // However short, it holds the whole read buffer of the HTTP connection.
    drop(leftover);
    let mut session = Session::new(bounds, now);
    if let Some(close) = refuse {
        session.close(close);
    }
    let mut connection = Connection {
        decoder,
        session,
        stream,
        inbox: VecDeque::new(),
        fault: None,
        writer: Writer::new(now),
        jobs: FuturesUnordered::new(),
        ends_ms: None,
        peer_closed: false,
        left: false,
        core,
        socket,
    };
    connection.core.users.arrive(&connection.socket);
    if let Err(error) = connection.run().await {
        tracing::trace!(%error, "connection ended");
    }
    connection.leave();
}

impl Connection {
    async fn run(&mut self) -> io::Result<()> {
        self.decode();
        let sleep = tokio::time::sleep_until(self.wake_at());
        tokio::pin!(sleep);
        loop {
            self.advance();
            self.flush()?;
            if self.is_done() {
                return Ok(());
            }
            let due = self.wake_at();
            if due < sleep.deadline() {
                sleep.as_mut().reset(due);
            }
            tokio::select! {
                biased;
                // Somebody queued a frame or a signal.
                () = self.socket.mailbox.woken() => self.take_signals(),
                // The client reads again.
                ready = self.stream.writable(), if !self.writer.is_empty() => ready?,
                // Work for the session ended.
                Some(outcome) = self.jobs.next(), if !self.jobs.is_empty() => self.session.outcome(outcome, now_ms()),
                // A deadline passed, or moved since the timer was set.
                () = &mut sleep => {
                    self.tick();
                    sleep.as_mut().reset(self.wake_at());
                }
                // The client said something, and there is room for it.
                ready = self.stream.readable(), if self.wants_more() => {
                    ready?;
                    if !self.read()? {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn wants_more(&self) -> bool {
        let has_room = self.inbox.is_empty() && self.fault.is_none();
        self.session.is_closing() || (has_room && self.socket.mailbox.queued() < UNREAD_BYTES)
    }

    fn is_done(&self) -> bool {
        let flushed = self.writer.is_empty() && self.peer_closed;
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
                Effect::Reply(frame) => self.socket.mailbox.push(framed(self.socket.encoding, &frame)),
                Effect::Start(job) => {
                    let me = self.session.identity().cloned();
                    self.jobs.push(Box::pin(self.core.clone().perform(self.socket.clone(), me, job)));
                }
                Effect::Attachment { room, on } => {
                    if let Some(me) = self.session.identity() {
                        self.core.attachment(me, &self.socket, &room, on);
                    }
                }
                Effect::Close(close) => {
                    self.core.metrics.closed(close);
                    if close == Close::Slow {
                        self.writer.drop_unread(&self.socket.mailbox);
                    }
                    self.end(close_frame(close.code(), close.reason()));
                }
            }
        }
    }

    /// The last frame; what comes later is dropped.
    pub(super) fn end(&mut self, frame: Bytes) {
        if self.ends_ms.is_none() {
            self.socket.mailbox.push(frame);
            self.socket.mailbox.close();
            self.ends_ms = Some(now_ms() + CLOSING_MS);
            self.jobs = FuturesUnordered::new();
            // Whoever is told to go is not here any more, however long his side takes.
            self.leave();
        }
    }

    /// Writes what waits, as far as the kernel takes it.
    fn flush(&mut self) -> io::Result<()> {
        let slow = self.writer.take(&self.socket.mailbox, now_ms());
        if slow && !self.session.is_closing() {
            self.session.close(Close::Slow);
            self.apply();
            self.writer.take(&self.socket.mailbox, now_ms());
        }
        self.writer.write(&self.stream, &self.socket.mailbox)
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
        if self.socket.mailbox.has_live() && self.writer.progress_ms + STALL_MS <= now {
            self.session.close(Close::Slow);
        }
    }

    /// When something is due, if nothing happens before.
    fn wake_at(&self) -> Instant {
        let due = match self.ends_ms {
            Some(ends) => ends,
            None if self.writer.is_empty() => self.session.deadline_ms(),
            None => self.session.deadline_ms().min(now_ms().max(self.writer.progress_ms + STALL_MS)),
        };
        Instant::now() + Duration::from_millis(due.saturating_sub(now_ms()).max(1))
    }

    /// Leaves no trace in the hub and among the user's sockets.
    fn leave(&mut self) {
        if std::mem::replace(&mut self.left, true) {
            return;
        }
        self.socket.mailbox.close();
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
