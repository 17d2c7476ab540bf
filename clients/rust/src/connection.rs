//! One connection: hello, then one loop over what the server says, what the user wants, and time.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::OptionFuture;
use protocol::frame::{ServerFrame, Welcome};
use protocol::limits::RESUME;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::chain::{Chain, Standing};
use crate::client::{Command, Update};
use crate::heard::Heard;
use crate::worker::{Awaited, End, Worker};
use crate::{ClientError, Login, Socket};

/// From `hello` to `welcome`.
const WELCOME: Duration = Duration::from_secs(15);
/// For the answer to a request.
const ANSWER: Duration = Duration::from_secs(30);
/// Between looks at what waits for time to pass.
const TICK: Duration = Duration::from_millis(100);
/// Frames that wait to be written; then lanes and commands wait.
const OUTGOING: usize = 128;

type Exchange = Pin<Box<dyn Future<Output = Result<Login, ClientError>> + Send>>;

/// When what was said last, and what time brings.
struct Clock {
    ping: Duration,
    heard: Instant,
    spoke: Instant,
    leave_at: Option<Instant>,
}

impl Worker {
    /// Connects, says hello and waits for `welcome`.
    async fn open(&mut self) -> Result<(Socket, Box<Welcome>), ClientError> {
        if self.refused || self.tokens.is_due(self.server_now_ms()) {
            let result = self.tokens.exchange().await;
            let login = self.tokens.exchanged(result, self.server_now_ms())?.clone();
            self.mailbox.news(Update::Login(Box::new(login)));
        }
        let mut socket = Socket::connect(self.tokens.origin(), self.options.encoding, None).await?;
        let mut resume = Map::new();
        for (room, chain) in &mut self.chains {
            // Those that find no place are attached after `welcome`.
            chain.standing = Standing::Behind(Instant::now());
            if let Some(cursor) = chain.cursor.filter(|_| resume.len() < RESUME) {
                chain.standing = Standing::Asked;
                resume.insert(room.to_string(), cursor.into());
            }
        }
        socket.hello(&self.tokens.login.access_token, Value::Object(resume), self.options.recent).await?;
        let until = Instant::now() + WELCOME;
        loop {
            match timeout_at(until, socket.hear()).await.map_err(|_| ClientError::Offline("no welcome came".into()))?? {
                Heard::Frame(ServerFrame::Welcome(welcome)) => return Ok((socket, welcome)),
                Heard::Frame(ServerFrame::Goaway { retry_after_ms, .. }) => {
                    self.retry_after = Duration::from_millis(retry_after_ms);
                }
                // The close code that follows says it.
                Heard::Refusal { error, .. } if error.code() == Some("unauthenticated") => {}
                Heard::Refusal { error, .. } => return Err(error),
                Heard::Frame(_) | Heard::Stranger { .. } | Heard::Unreadable { .. } => {}
            }
        }
    }

    fn welcomed(&mut self, welcome: Box<Welcome>) -> bool {
        self.offset_ms += welcome.server_time as i64 - self.server_now_ms() as i64;
        (self.retry_after, self.refused) = (Duration::ZERO, false);
        for chain in self.chains.values_mut().filter(|chain| chain.standing == Standing::Asked) {
            chain.standing = Standing::Replaying;
        }
        for room in welcome.rooms.iter().filter(|_| self.options.recent) {
            let chain = self.chains.entry(room.room.clone()).or_insert_with(|| Chain::new(None, Standing::Live));
            if chain.cursor.is_none() {
                *chain = Chain::new(Some(room.head), Standing::Live);
            }
        }
        self.mailbox.news(Update::Online(welcome))
    }

    pub(crate) async fn connection(&mut self) -> End {
        let (mut socket, welcome) = match self.open().await {
            Ok(opened) => opened,
            Err(error) => return End::Broken(error),
        };
        let ping = Duration::from_secs(welcome.ping_s.clamp(1, 3_600));
        let now = Instant::now();
        let mut clock = Clock { ping, heard: now, spoke: now, leave_at: None };
        if !self.welcomed(welcome) {
            return unread();
        }
        let end = self.turn(&mut socket, &mut clock).await;
        if matches!(end, End::Unwanted | End::Moved) {
            socket.close().await;
        }
        end
    }

    async fn turn(&mut self, socket: &mut Socket, clock: &mut Clock) -> End {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut exchange: Option<Exchange> = None;
        loop {
            self.fill(socket, clock);
            tokio::select! {
                // The server says something; what is queued is written meanwhile.
                heard = socket.hear() => {
                    clock.heard = Instant::now();
                    match heard {
                        Ok(Heard::Frame(ServerFrame::Goaway { retry_after_ms, spread_ms, .. })) => {
                            self.retry_after = Duration::from_millis(retry_after_ms);
                            let spread = Duration::from_millis(rand::random_range(0..=spread_ms));
                            clock.leave_at.get_or_insert(clock.heard + spread);
                        }
                        Ok(heard) => if !self.take(heard) {
                            return unread();
                        },
                        Err(ClientError::Unexpected(error)) => {
                            // Not ours to guess at: a new connection starts from a known state.
                            return End::Broken(ClientError::Offline(format!("a frame did not decode: {error}")));
                        }
                        Err(error) => return End::Broken(error),
                    }
                }
                // The user wants something.
                command = self.commands.recv(), if socket.queued() < OUTGOING => match command {
                    None => return End::Unwanted,
                    Some(command) => self.command(socket, command),
                },
                // New tokens came, or will not.
                result = OptionFuture::from(exchange.as_mut()), if exchange.is_some() => {
                    exchange = None;
                    if let Some(Err(error)) = result.map(|result| self.refreshed(socket, result)) {
                        return End::Broken(error);
                    }
                }
                // Lanes, rooms, silence, the token's age.
                _ = ticks.tick() => {
                    if let Err(error) = self.tick(socket, clock) {
                        return End::Broken(error);
                    }
                    if exchange.is_none() && self.tokens.is_due(self.server_now_ms()) {
                        exchange = Some(Box::pin(self.tokens.exchange()));
                    }
                }
                // The time to move, somewhere in the spread.
                () = sleep_until(clock.leave_at.unwrap_or(clock.heard)), if clock.leave_at.is_some() => return End::Moved,
            }
        }
    }

    /// Queues what lanes may send now.
    fn fill(&mut self, socket: &mut Socket, clock: &mut Clock) {
        let (now, server_now) = (Instant::now(), self.server_now_ms());
        let before = socket.queued();
        for (room, lane) in &mut self.lanes {
            if self.chains.get(room).is_some_and(Chain::holds_sends) {
                continue;
            }
            while socket.queued() < OUTGOING
                && let Some(frame) = lane.next(self.reference + 1, server_now, now)
            {
                socket.queue(&frame);
                self.reference += 1;
                let what = Awaited::Change(room.clone());
                self.waiting.insert(self.reference, crate::worker::Waiting { what, since: now });
            }
        }
        self.lanes.retain(|_, lane| !lane.is_empty());
        if socket.queued() > before {
            clock.spoke = now;
        }
    }

    fn command(&mut self, socket: &mut Socket, command: Command) {
        match command {
            Command::Change(pending) => self.lanes.entry(pending.change.room.clone()).or_default().push(pending),
            Command::Request(mut frame, asked) => {
                frame["ref"] = self.await_answer(Awaited::Request(asked)).into();
                socket.queue(&frame);
            }
            Command::Attach(room, after, asked) => {
                let attached = |chain: &Chain| matches!(chain.standing, Standing::Live | Standing::Replaying);
                let what = if self.chains.get(&room).is_some_and(attached) {
                    Awaited::Request(asked)
                } else {
                    self.chains.insert(room.clone(), Chain::new(after, Standing::Asked));
                    Awaited::Attach(room.clone(), Some(asked))
                };
                let reference = self.await_answer(what);
                socket.queue(&json!({ "t": "attach", "ref": reference, "room": room, "after": after }));
            }
            Command::Detach(room, asked) => {
                self.chains.remove(&room);
                let reference = self.await_answer(Awaited::Request(asked));
                socket.queue(&json!({ "t": "detach", "ref": reference, "room": room }));
            }
        }
    }

    fn refreshed(&mut self, socket: &mut Socket, result: Result<Login, ClientError>) -> Result<(), ClientError> {
        let now = self.server_now_ms();
        match self.tokens.exchanged(result, now) {
            Ok(login) => {
                let login = Box::new(login.clone());
                let reference = self.await_answer(Awaited::Nothing);
                socket.queue(&json!({ "t": "refresh", "ref": reference, "token": login.access_token }));
                self.mailbox.news(Update::Login(login));
                Ok(())
            }
            Err(error) if error.is_retryable() => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn tick(&mut self, socket: &mut Socket, clock: &mut Clock) -> Result<(), ClientError> {
        let now = Instant::now();
        if now > clock.heard + 2 * clock.ping {
            return Err(ClientError::Offline("silence".into()));
        }
        if now > clock.spoke + clock.ping {
            clock.spoke = now;
            socket.queue(&json!({ "t": "ping" }));
        }
        if self.waiting.values().any(|waiting| now > waiting.since + ANSWER) {
            return Err(ClientError::Offline("an answer did not come".into()));
        }
        self.mailbox.push_backlog();
        if self.mailbox.has_place() {
            self.attach_again(socket, now);
        }
        Ok(())
    }

    /// Rooms that fell behind, or found no place in `hello`.
    fn attach_again(&mut self, socket: &mut Socket, now: Instant) {
        let due: Vec<_> = self.chains.iter().filter(|(_, chain)| chain.is_due(now)).map(|(room, _)| room.clone()).collect();
        for room in due {
            if socket.queued() >= OUTGOING {
                return;
            }
            let Some(chain) = self.chains.get_mut(&room) else { continue };
            chain.standing = Standing::Asked;
            let after = chain.cursor;
            // An attached room attached again would not be replayed.
            let reference = self.await_answer(Awaited::Nothing);
            socket.queue(&json!({ "t": "detach", "ref": reference, "room": room }));
            let reference = self.await_answer(Awaited::Attach(room.clone(), None));
            socket.queue(&json!({ "t": "attach", "ref": reference, "room": room, "after": after }));
        }
    }
}

fn unread() -> End {
    End::Broken(ClientError::Offline("the updates are not read".into()))
}
