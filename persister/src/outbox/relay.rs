//! One relay at a time for each shard, by advisory lock, in the order of each room's `ver`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use fabric::Fabric;
use protocol::code::Refusal;
use protocol::subject::Shard;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::row::Row;
use super::session::Session;
use crate::pool::{Pools, StoreError};

/// Rows of one round.
const ROUND: usize = 200;
/// How often rows are looked for that a crash left behind; with jitter.
const SWEEP: Duration = Duration::from_secs(2);
/// How long a request waits for its change to be in the log.
const PATIENCE: Duration = Duration::from_secs(8);
/// Longest turn of a relay: what hangs must not keep the shard's lock.
const TURN: Duration = Duration::from_secs(25);
/// Relays of this process that hold a connection at once: a log that does not answer must leave the others to the directory.
const AT_ONCE: usize = 6;
/// Requests that may wait for one relay.
const QUEUE: usize = 4_096;

type Waiter = oneshot::Sender<bool>;

/// Handles of all relays; cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    relays: Arc<HashMap<Shard, mpsc::Sender<Waiter>>>,
}

struct Relay {
    pools: Pools,
    fabric: Fabric,
    shard: Shard,
    turns: Arc<Semaphore>,
}

impl Outbox {
    /// Starts a relay for each shard; they end when the last handle is gone.
    pub fn start(pools: &Pools, fabric: &Fabric, lifecycle: &chassis::lifecycle::Lifecycle) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let mut relays = HashMap::new();
        for shard in fabric.shards() {
            let (sender, receiver) = mpsc::channel(QUEUE);
            let (pools, fabric, turns) = (pools.clone(), fabric.clone(), turns.clone());
            let relay = Relay { pools, fabric, turns, shard: shard.clone() };
            let stop = lifecycle.hard().clone();
            lifecycle.spawn(async move { stop.run_until_cancelled(relay.run(receiver)).await });
            relays.insert(shard.clone(), sender);
        }
        Self { relays: Arc::new(relays) }
    }

    /// Returns once every change of the shard that was committed before the call is in the log.
    pub async fn carried(&self, shard: &Shard) -> Result<(), Refusal> {
        let late = || Refusal::unavailable("stored, but the room's log does not take it yet; ask again");
        let relay = self.relays.get(shard).ok_or_else(late)?;
        let (sender, receiver) = oneshot::channel();
        relay.try_send(sender).map_err(|_| late())?;
        match timeout(PATIENCE, receiver).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false) | Err(_)) | Err(_) => Err(late()),
        }
    }
}

impl Relay {
    /// Carries when asked, and now and then unasked. Ends when nobody can ask any more.
    async fn run(self, mut waiters: mpsc::Receiver<Waiter>) {
        let mut asked = Vec::new();
        loop {
            let pause = SWEEP.mul_f64(rand::random_range(0.75..1.25));
            if let Ok(0) = timeout(pause, waiters.recv_many(&mut asked, QUEUE)).await {
                return;
            }
            let turn = timeout(TURN, self.carry()).await;
            let turn = turn.unwrap_or_else(|_| Err(Refusal::unavailable("the turn took too long").into()));
            if let Err(error) = &turn {
                tracing::warn!(shard = %self.shard, %error, "changes of rooms wait for the log");
            }
            for waiter in asked.drain(..) {
                // Who gave up asks again.
                let _gone = waiter.send(turn.is_ok());
            }
        }
    }

    async fn carry(&self) -> Result<(), StoreError> {
        const ANY: &str = "SELECT 1 FROM outbox WHERE home = $1 AND shard = $2 LIMIT 1";
        let Ok(_turn) = self.turns.acquire().await else { return Ok(()) };
        let client = self.pools.writer().await?;
        let any = client.prepare_cached(ANY).await?;
        if client.query_opt(&any, &[&self.shard.home.as_str(), &i32::from(self.shard.number)]).await?.is_none() {
            return Ok(());
        }
        let mut session = Session::lock(client, &self.shard).await?;
        let result = self.carry_locked(&mut session).await;
        session.unlock().await?;
        result
    }

    async fn carry_locked(&self, session: &mut Session) -> Result<(), StoreError> {
        loop {
            let rows = session.rows(&self.shard, ROUND).await?;
            let last = rows.len() < ROUND;
            let (done, failure) = self.publish(rows).await;
            session.done(&done).await?;
            if let Some(failure) = failure {
                return Err(failure);
            }
            if last {
                return Ok(());
            }
        }
    }

    /// Rooms side by side, each in its order: what is in the log, and why the rest is not.
    async fn publish(&self, rows: Vec<Row>) -> (Vec<(i64, u64)>, Option<StoreError>) {
        let mut rooms: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            rooms.entry(row.room.clone()).or_default().push(row);
        }
        let chains = rooms.into_values().map(async |rows| {
            let mut done = Vec::new();
            for row in rows {
                match row.publish(&self.fabric, &self.shard).await {
                    Ok(seq) => done.push((row.number, seq)),
                    Err(error) => return (done, Some(error)),
                }
            }
            (done, None)
        });
        let mut all = (Vec::new(), None);
        for (done, failure) in futures_util::future::join_all(chains).await {
            all.0.extend(done);
            all.1 = all.1.or(failure.map(StoreError::from));
        }
        all
    }
}
