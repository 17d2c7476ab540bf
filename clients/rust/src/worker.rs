//! The task behind a client: one connection after the other, until nobody holds the client any more.

use std::collections::HashMap;
use std::time::Duration;

use protocol::frame::{ErrorFrame, OkFrame, ServerFrame};
use protocol::id::RoomId;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use crate::client::{ClientOptions, Command, Stored, Update};
use crate::lane::{Lane, Pending};
use crate::{Api, ClientError, Login, Socket, backoff};

/// A token is exchanged when it has less than this left, in milliseconds.
const MARGIN_MS: u64 = 60_000;
/// From `hello` to `welcome`.
const WELCOME: Duration = Duration::from_secs(15);
/// Cursors that `hello` takes.
const RESUME: usize = 200;
/// Between looks at lanes that wait and at silence.
const TICK: Duration = Duration::from_millis(100);

pub struct Worker {
    api: Api,
    login: Login,
    options: ClientOptions,
    commands: mpsc::Receiver<Command>,
    updates: mpsc::Sender<Update>,
    lanes: HashMap<RoomId, Lane>,
    requests: HashMap<u64, oneshot::Sender<Result<OkFrame, ClientError>>>,
    cursors: HashMap<RoomId, u64>,
    reference: u64,
    /// Server's clock minus ours, in milliseconds.
    offset_ms: i64,
    retry_after: Duration,
}

/// Why a connection ended.
enum End {
    /// Nobody holds the client any more.
    Unwanted,
    Broken(ClientError),
    /// The server asked to move.
    Moved,
}

impl Worker {
    pub fn new(
        api: Api,
        login: Login,
        options: ClientOptions,
        commands: mpsc::Receiver<Command>,
        updates: mpsc::Sender<Update>,
    ) -> Self {
        let cursors = options.resume.clone();
        let (lanes, requests) = (HashMap::new(), HashMap::new());
        let retry_after = Duration::ZERO;
        Self { api, login, options, commands, updates, lanes, requests, cursors, reference: 0, offset_ms: 0, retry_after }
    }

    pub async fn run(mut self) {
        let mut attempt = 0;
        loop {
            let began = Instant::now();
            let end = self.connection().await;
            for lane in self.lanes.values_mut() {
                lane.answered(None);
            }
            for (_, waiting) in self.requests.drain() {
                let _gone = waiting.send(Err(ClientError::Offline("the connection broke".into())));
            }
            let pause = match end {
                End::Unwanted => return,
                End::Moved => self.retry_after,
                End::Broken(error) if error.is_retryable() => {
                    tracing::debug!(%error, "connection broke");
                    attempt = if began.elapsed() > Duration::from_secs(5) { 0 } else { attempt + 1 };
                    backoff(attempt).max(self.retry_after)
                }
                End::Broken(error) => {
                    let _gone = self.updates.send(Update::Closed(error)).await;
                    return;
                }
            };
            if self.updates.send(Update::Offline).await.is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn server_now_ms(&self) -> u64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        (now + self.offset_ms).max(0) as u64
    }

    async fn refresh_when_due(&mut self) -> Result<(), ClientError> {
        if self.login.expires_at < self.server_now_ms() + MARGIN_MS {
            self.login = self.api.refresh(&self.login.refresh_token).await?;
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<Socket, ClientError> {
        self.refresh_when_due().await?;
        let mut socket = Socket::connect(self.api.origin(), self.options.encoding, None).await?;
        let resume: Value = self
            .cursors
            .iter()
            .take(RESUME)
            .map(|(room, seq)| (room.to_string(), json!(seq)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        socket.hello(&self.login.access_token, resume, self.options.recent).await?;
        let welcome = timeout(WELCOME, socket.next()).await.map_err(|_| ClientError::Offline("no welcome".into()))??;
        let welcome = match welcome {
            ServerFrame::Welcome(welcome) => welcome,
            ServerFrame::Error(error) => return Err(refused(*error)),
            other => return Err(ClientError::Unexpected(format!("{other:?} instead of welcome"))),
        };
        self.offset_ms += welcome.server_time as i64 - self.server_now_ms() as i64;
        self.retry_after = Duration::ZERO;
        for (room, lane) in &mut self.lanes {
            lane.replaying = self.cursors.contains_key(room);
        }
        for room in &welcome.rooms {
            if self.options.recent {
                self.cursors.entry(room.room.clone()).or_insert(room.head);
            }
        }
        let _gone = self.updates.send(Update::Online(welcome)).await;
        Ok(socket)
    }

    async fn connection(&mut self) -> End {
        let mut socket = match self.open().await {
            Ok(socket) => socket,
            Err(error) => return End::Broken(error),
        };
        let (mut heard, mut spoke) = (Instant::now(), Instant::now());
        let mut leave_at: Option<Instant> = None;
        let mut ticks = tokio::time::interval(TICK);
        loop {
            if let Err(error) = self.send_due(&mut socket).await {
                return End::Broken(error);
            }
            tokio::select! {
                // The server says something.
                frame = socket.next() => {
                    heard = Instant::now();
                    match frame {
                        Ok(ServerFrame::Goaway { retry_after_ms, spread_ms, .. }) => {
                            self.retry_after = Duration::from_millis(retry_after_ms);
                            leave_at = Some(Instant::now() + Duration::from_millis(rand::random_range(0..=spread_ms)));
                        }
                        Ok(frame) => if !self.take(frame).await {
                            return End::Unwanted;
                        },
                        Err(ClientError::Unexpected(error)) => tracing::debug!(error, "frame not understood"),
                        Err(error) => return End::Broken(error),
                    }
                }
                // The user wants something.
                command = self.commands.recv() => match command {
                    None => return End::Unwanted,
                    Some(command) => {
                        spoke = Instant::now();
                        if let Err(error) = self.command(&mut socket, command).await {
                            return End::Broken(error);
                        }
                    }
                },
                // Lanes that waited, silence, the token's age.
                _ = ticks.tick() => {
                    if heard.elapsed() > Duration::from_secs(60) {
                        return End::Broken(ClientError::Offline("silence".into()));
                    }
                    if spoke.elapsed() > Duration::from_secs(30) {
                        spoke = Instant::now();
                        if let Err(error) = socket.send(&json!({ "t": "ping" })).await {
                            return End::Broken(error);
                        }
                    }
                    if self.login.expires_at < self.server_now_ms() + MARGIN_MS && self.refresh_when_due().await.is_ok() {
                        self.reference += 1;
                        let frame = json!({ "t": "refresh", "ref": self.reference, "token": self.login.access_token });
                        if let Err(error) = socket.send(&frame).await {
                            return End::Broken(error);
                        }
                    }
                }
                // The time to move, somewhere in the spread.
                () = sleep_until(leave_at.unwrap_or_else(Instant::now)), if leave_at.is_some() => return End::Moved,
            }
        }
    }

    async fn send_due(&mut self, socket: &mut Socket) -> Result<(), ClientError> {
        let now = self.server_now_ms();
        let mut frames = Vec::new();
        for lane in self.lanes.values_mut() {
            if let Some(frame) = lane.next(self.reference + 1, now) {
                self.reference += 1;
                frames.push(frame);
            }
        }
        for batch in frames.chunks(protocol::limits::BATCH) {
            socket.send(&batch).await?;
        }
        Ok(())
    }

    async fn command(&mut self, socket: &mut Socket, command: Command) -> Result<(), ClientError> {
        match command {
            Command::Change(change, done) => {
                let lane = self.lanes.entry(change.room.clone()).or_default();
                lane.queue.push_back(Pending { change, id: None, done, attempt: 0 });
                Ok(())
            }
            Command::Request(mut frame, done) => {
                self.reference += 1;
                frame["ref"] = json!(self.reference);
                self.requests.insert(self.reference, done);
                socket.send(&frame).await
            }
        }
    }

    /// False: nobody listens any more.
    async fn take(&mut self, frame: ServerFrame) -> bool {
        let update = match frame {
            ServerFrame::Ok(ok) => {
                self.answer(ok.reference, Ok(*ok));
                return true;
            }
            ServerFrame::Error(error) if error.reference.is_some() => {
                self.answer(error.reference.unwrap_or_default(), Err(refused(*error)));
                return true;
            }
            ServerFrame::Event(event) => {
                if self.cursors.get(&event.room).is_some_and(|last| *last >= event.seq) {
                    return true;
                }
                self.cursors.insert(event.room.clone(), event.seq);
                Update::Event(event)
            }
            ServerFrame::Skipped { ref room, until, .. } => {
                self.cursors.insert(room.clone(), until);
                Update::Frame(Box::new(frame))
            }
            ServerFrame::Resumed { ref room, head, .. } => {
                let cursor = self.cursors.entry(room.clone()).or_insert(head);
                *cursor = head.max(*cursor);
                if let Some(lane) = self.lanes.get_mut(room) {
                    lane.replaying = false;
                }
                Update::Frame(Box::new(frame))
            }
            ServerFrame::Error(ref error) => {
                // A cursor that cannot be served: the room's sends need not wait for its replay.
                if let Some(lane) = error.room.as_ref().and_then(|room| self.lanes.get_mut(room)) {
                    lane.replaying = false;
                }
                if let Some(room) = error.room.as_ref().filter(|_| !error.retryable) {
                    self.cursors.remove(room);
                }
                Update::Frame(Box::new(frame))
            }
            ServerFrame::RoomGone { ref room, .. } => {
                self.cursors.remove(room);
                Update::Frame(Box::new(frame))
            }
            ServerFrame::Pong => return true,
            frame => Update::Frame(Box::new(frame)),
        };
        self.updates.send(update).await.is_ok()
    }

    fn answer(&mut self, reference: u64, result: Result<OkFrame, ClientError>) {
        if let Some(lane) = self.lanes.values_mut().find(|lane| lane.in_flight == Some(reference)) {
            let stored = result.and_then(|ok| match (ok.id, ok.seq, ok.ts) {
                (Some(id), Some(seq), Some(ts)) => Ok(Stored { id, seq, ts, dup: ok.dup.unwrap_or(false) }),
                _ => Err(ClientError::Unexpected("an `ok` without `id`, `seq`, `ts`".into())),
            });
            lane.answered(Some(stored));
            self.lanes.retain(|_, lane| !lane.queue.is_empty() || lane.replaying);
        } else if let Some(waiting) = self.requests.remove(&reference) {
            let _gone = waiting.send(result);
        }
    }
}

fn refused(error: ErrorFrame) -> ClientError {
    let code = error.code.as_str().to_owned();
    ClientError::Refused { code, message: error.message, retryable: error.retryable, retry_after_ms: error.retry_after_ms }
}
