//! One socket of the storm, and who watches a room meanwhile.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use chatmesh_client::protocol::decode::Encoding;
use chatmesh_client::protocol::frame::ServerFrame;
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{ClientError, Login, Socket, backoff};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::scenario::receiver;
use crate::target::Target;

/// The server closes who says nothing for longer.
const PING: Duration = Duration::from_secs(25);
/// For one step of one connection.
const STEP: Duration = Duration::from_secs(30);

/// What went wrong and what was told, over all.
#[derive(Default)]
pub struct Tally {
    pub again: AtomicU64,
    /// Why, and how often.
    pub reasons: Mutex<BTreeMap<String, u64>>,
    pub lost: AtomicU64,
    pub doubled: AtomicU64,
    /// People that watchers were told of as come, gone or changed.
    pub presence: AtomicU64,
}

impl Tally {
    fn again(&self, reason: String) {
        self.again.fetch_add(1, Ordering::Relaxed);
        *self.reasons.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() += 1;
    }
}

/// A socket's user, and what it has and wants of its room.
pub struct Member {
    pub login: Login,
    pub number: usize,
    pub room: RoomId,
    /// All up to here is known.
    pub head: u64,
    /// Messages that it will have missed.
    pub missed: u64,
}

impl Member {
    /// A connection that resumes the room at a cursor; what it missed is still to come.
    async fn open(&self, url: &str, cursor: u64) -> Result<Socket, ClientError> {
        let mut socket = Socket::connect(url, Encoding::MessagePack, receiver::source(url, self.number)).await?;
        socket.hello(&self.login.access_token, json!({ self.room.as_str(): cursor }), false).await?;
        Ok(socket)
    }

    /// Reads until the room is attached and nothing was missed.
    pub async fn attached(&self, url: &str) -> anyhow::Result<Socket> {
        let attached = async {
            let mut socket = self.open(url, self.head).await?;
            loop {
                match socket.next_of(receiver::is_no_presence).await? {
                    ServerFrame::Resumed { count: 0, .. } => return Ok(socket),
                    ServerFrame::Resumed { count, .. } => bail!("{count} messages came before the storm"),
                    ServerFrame::Error(error) => bail!("{}", error.message),
                    _ => {}
                }
            }
        };
        timeout(STEP, attached).await.context("not attached within 30 s")?
    }

    /// Stays until the gateway is gone or the word comes, waits for the start, and gives how long it took to have everything.
    pub async fn come_back(
        self,
        socket: Socket,
        to: String,
        mut gone: watch::Receiver<bool>,
        mut started: watch::Receiver<Option<Instant>>,
        tally: Arc<Tally>,
    ) -> anyhow::Result<Duration> {
        tokio::select! {
            () = stay(socket) => {}
            word = async { gone.wait_for(|gone| *gone).await.map(drop) } => word?,
        }
        let begun = *started.wait_for(Option::is_some).await?;
        let begun = begun.context("no start")?;
        let (mut cursor, mut left) = (self.head, self.missed);
        let mut attempt = 0;
        loop {
            // As a client's first try: at a random moment of the first second.
            sleep(backoff(attempt)).await;
            match timeout(STEP, self.catch_up(&to, &mut cursor, &mut left, &tally)).await {
                Ok(Ok(socket)) => {
                    let took = begun.elapsed();
                    // It stays a while: who leaves at once would tell others that he left.
                    tokio::spawn(stay(socket));
                    return Ok(took);
                }
                Ok(Err(error)) => tally.again(error.to_string()),
                Err(_) => tally.again(format!("not there within {} s", STEP.as_secs())),
            };
            attempt += 1;
        }
    }

    /// Everything missed, checked one after the other.
    async fn catch_up(&self, to: &str, cursor: &mut u64, left: &mut u64, tally: &Tally) -> Result<Socket, ClientError> {
        let mut socket = self.open(to, *cursor).await?;
        while *left > 0 {
            match socket.next_of(receiver::is_no_presence).await? {
                ServerFrame::Event(event) if event.seq <= *cursor => {
                    tally.doubled.fetch_add(1, Ordering::Relaxed);
                }
                ServerFrame::Event(event) => {
                    let gap = event.prev.is_some_and(|prev| prev > *cursor);
                    tally.lost.fetch_add(u64::from(gap), Ordering::Relaxed);
                    (*cursor, *left) = (event.seq, *left - 1);
                }
                ServerFrame::Goaway { .. } => return Err(ClientError::Closed(4503)),
                _ => {}
            }
        }
        Ok(socket)
    }
}

/// Reads and says `ping` in time until the connection ends.
async fn stay(mut socket: Socket) {
    let mut ping = tokio::time::interval(PING);
    ping.reset();
    loop {
        let said = tokio::select! {
            heard = socket.next_of(receiver::is_no_presence) => heard.map(drop),
            _ = ping.tick() => socket.send(&json!({ "t": "ping" })).await,
        };
        if said.is_err() {
            return;
        }
    }
}

/// Counts what is told of others in a room.
pub async fn watch_room(target: Target, watcher: Login, number: usize, room: RoomId, tally: Arc<Tally>) -> anyhow::Result<()> {
    let (mut socket, _) = receiver::open(&target.url, &watcher, number, false).await?;
    socket.send(&json!({ "t": "attach", "ref": 1, "room": room })).await?;
    let mut ping = tokio::time::interval(PING);
    ping.reset();
    loop {
        tokio::select! {
            frame = socket.next() => if let ServerFrame::Presence { people, .. } = frame? {
                let told = people.joins.len() + people.leaves.len() + people.set.len();
                tally.presence.fetch_add(if people.full { 0 } else { told as u64 }, Ordering::Relaxed);
            },
            _ = ping.tick() => socket.send(&json!({ "t": "ping" })).await?,
        }
    }
}
