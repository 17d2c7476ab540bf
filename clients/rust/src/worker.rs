//! The task behind a client: one connection after the other, until nobody holds the client any more. Here is what outlives a
//! connection; the connection itself is in `connection`.

use std::collections::HashMap;
use std::time::Duration;

use protocol::id::RoomId;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::chain::{Chain, Standing};
use crate::client::{Asked, ClientOptions, Command, Update};
use crate::lane::Lane;
use crate::mailbox::Mailbox;
use crate::tokens::Tokens;
use crate::{Api, ClientError, Login, backoff};

/// A connection that lived this long was a good one: the backoff begins anew.
const GOOD: Duration = Duration::from_secs(5);
const RESTART: u16 = 1012;
const UNAUTHENTICATED: u16 = 4401;

pub struct Worker {
    pub(crate) tokens: Tokens,
    pub(crate) options: ClientOptions,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) mailbox: Mailbox,
    pub(crate) lanes: HashMap<RoomId, Lane>,
    pub(crate) chains: HashMap<RoomId, Chain>,
    pub(crate) waiting: HashMap<u64, Waiting>,
    pub(crate) reference: u64,
    /// Server's clock minus ours, in milliseconds.
    pub(crate) offset_ms: i64,
    /// What the last `goaway` asked for.
    pub(crate) retry_after: Duration,
    /// The token was refused, and no other was taken since.
    pub(crate) refused: bool,
}

/// Whose answer is awaited under a `ref`, and since when.
pub(crate) struct Waiting {
    pub what: Awaited,
    pub since: Instant,
}

pub(crate) enum Awaited {
    Change(RoomId),
    Request(Asked),
    /// Without anybody who asked: the client's own, to come back after a break or a gap.
    Attach(RoomId, Option<Asked>),
    /// Its answer says nothing.
    Nothing,
}

/// Why a connection ended.
pub(crate) enum End {
    /// Nobody holds the client any more.
    Unwanted,
    Broken(ClientError),
    /// The server asked to move.
    Moved,
}

impl Worker {
    pub(crate) fn new(
        api: Api,
        login: Login,
        options: ClientOptions,
        commands: mpsc::Receiver<Command>,
        mailbox: Mailbox,
    ) -> Self {
        let chains = options.resume.iter().map(|(room, seq)| (room.clone(), Chain::new(Some(*seq), Standing::Asked))).collect();
        Self {
            tokens: Tokens::new(api, login, now_ms()),
            options,
            commands,
            mailbox,
            lanes: HashMap::new(),
            chains,
            waiting: HashMap::new(),
            reference: 0,
            offset_ms: 0,
            retry_after: Duration::ZERO,
            refused: false,
        }
    }

    pub async fn run(mut self) {
        let mut attempt = 0;
        loop {
            let began = Instant::now();
            let end = self.connection().await;
            self.broke();
            if began.elapsed() > GOOD {
                attempt = 0;
            }
            let (pause, error) = match end {
                End::Unwanted => return,
                End::Moved => (self.retry_after, ClientError::Closed(RESTART)),
                End::Broken(error @ ClientError::Closed(UNAUTHENTICATED)) if !self.refused => {
                    // Once with another token; when that is refused too, the login has ended.
                    self.refused = true;
                    (Duration::ZERO, error)
                }
                End::Broken(error) if error.is_retryable() => {
                    let pause = backoff(attempt).max(self.retry_after).max(error.retry_after().unwrap_or_default());
                    attempt += 1;
                    (pause, error)
                }
                End::Broken(error) => {
                    self.mailbox.news(Update::Closed(error));
                    return;
                }
            };
            tracing::debug!(%error, pause_ms = pause.as_millis() as u64, "connection ended");
            self.mailbox.news(Update::Offline(error));
            if !self.pause(pause).await {
                return;
            }
        }
    }

    /// What was on the wire is void.
    fn broke(&mut self) {
        self.lanes.values_mut().for_each(Lane::broke);
        for (_, waiting) in self.waiting.drain() {
            match waiting.what {
                Awaited::Request(asked) | Awaited::Attach(_, Some(asked)) => refuse(asked),
                Awaited::Change(_) | Awaited::Attach(_, None) | Awaited::Nothing => {}
            }
        }
        self.mailbox.forget();
    }

    /// Takes changes meanwhile. False: nobody holds the client any more.
    async fn pause(&mut self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        loop {
            tokio::select! {
                () = sleep_until(until) => return true,
                command = self.commands.recv() => match command {
                    None => return false,
                    Some(Command::Change(pending)) => self.lanes.entry(pending.change.room.clone()).or_default().push(pending),
                    Some(Command::Request(_, asked) | Command::Attach(_, _, asked) | Command::Detach(_, asked)) => refuse(asked),
                },
            }
        }
    }

    pub(crate) fn server_now_ms(&self) -> u64 {
        now_ms().saturating_add_signed(self.offset_ms)
    }

    pub(crate) fn await_answer(&mut self, what: Awaited) -> u64 {
        self.reference += 1;
        self.waiting.insert(self.reference, Waiting { what, since: Instant::now() });
        self.reference
    }
}

fn now_ms() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

fn refuse(asked: Asked) {
    // Nobody may wait for it any more.
    let _gone = asked.done.send(Err(ClientError::Offline("the connection broke".into())));
}
