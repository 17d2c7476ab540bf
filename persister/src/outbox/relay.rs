//! One relay at a time for each shard, by advisory lock, in the order of each room's `ver`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Object;
use fabric::{Fabric, Publish};
use protocol::code::Refusal;
use protocol::id::RoomId;
use protocol::subject::{Shard, change_id};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_postgres::Row;

use crate::pool::{Pools, StoreError};

/// Namespace of the advisory locks.
const LOCK: i32 = 0x6f75_7462;
/// Rows of one round.
const ROUND: i64 = 200;
/// How often rows are looked for that a crash left behind; with jitter.
const SWEEP: Duration = Duration::from_secs(2);
/// How long a request waits for its change to be in the log.
const PATIENCE: Duration = Duration::from_secs(8);
/// A row that was tried longer ago than this may lie beyond the log's dedup window: the archive is asked.
const LATE: &str = "2 minutes";
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
}

impl Outbox {
    /// Starts a relay for each shard; they end with the process's stop.
    pub fn start(pools: &Pools, fabric: &Fabric, lifecycle: &chassis::lifecycle::Lifecycle) -> Self {
        let mut relays = HashMap::new();
        for shard in fabric.shards() {
            let (sender, receiver) = mpsc::channel(QUEUE);
            let relay = Relay { pools: pools.clone(), fabric: fabric.clone(), shard: shard.clone() };
            let stop = lifecycle.hard().clone();
            lifecycle.spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = relay.run(receiver) => {}
                }
            });
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
            let done = match self.carry().await {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!(shard = %self.shard, %error, "changes of rooms wait for the log");
                    false
                }
            };
            for waiter in asked.drain(..) {
                // Who gave up asks again.
                let _gone = waiter.send(done);
            }
        }
    }

    async fn carry(&self) -> Result<(), StoreError> {
        let mut client = self.pools.writer().await?;
        let number = i32::from(self.shard.number);
        let any = "SELECT 1 FROM outbox WHERE home = $1 AND shard = $2 LIMIT 1";
        if client.query_opt(any, &[&self.shard.home.as_str(), &number]).await?.is_none() {
            return Ok(());
        }
        // Regions share a database only in tests; the number alone would still be right, only slower.
        client.execute("SELECT pg_advisory_lock($1, $2)", &[&LOCK, &number]).await?;
        let result = self.carry_locked(&mut client).await;
        if result.is_ok() {
            client.execute("SELECT pg_advisory_unlock($1, $2)", &[&LOCK, &number]).await?;
        } else {
            // The session, and the lock with it, ends when the connection does.
            drop(Object::take(client));
        }
        result
    }

    async fn carry_locked(&self, client: &mut Object) -> Result<(), StoreError> {
        let number = i32::from(self.shard.number);
        loop {
            let select = format!(
                "SELECT number, room, ver, author, event_id, payload, joined, tried_at, tried_at < now() - interval '{LATE}' AS late \
                 FROM outbox WHERE home = $1 AND shard = $2 ORDER BY number LIMIT $3"
            );
            let rows = client.query(&select, &[&self.shard.home.as_str(), &number, &ROUND]).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let fresh: Vec<i64> =
                rows.iter().filter(|row| row.get::<_, Option<bool>>("late").is_none()).map(|row| row.get("number")).collect();
            // Before the attempt: a crash behind it must leave a trace.
            client.execute("UPDATE outbox SET tried_at = now() WHERE number = ANY($1)", &[&fresh]).await?;
            for row in rows {
                let seq = self.publish(client, &row).await?;
                self.done(client, &row, seq).await?;
            }
        }
    }

    /// The `seq` under which the change is in the log.
    async fn publish(&self, client: &Object, row: &Row) -> Result<u64, StoreError> {
        let broken = |_| Refusal::unavailable("an outbox row names an ill-formed room");
        let room = RoomId::parse(row.get("room")).map_err(broken)?;
        if row.get::<_, Option<bool>>("late") == Some(true)
            && let Some(seq) = self.archived(client, row).await?
        {
            return Ok(seq);
        }
        let publish = Publish {
            shard: self.shard.clone(),
            msg_id: change_id(&room, row.get::<_, i64>("ver") as u64),
            room,
            payload: row.get::<_, Vec<u8>>("payload").into(),
            traceparent: None,
        };
        let ack = self.fabric.publish(publish).await.map_err(|error| Refusal::unavailable(error.to_string()))?;
        Ok(ack.seq)
    }

    /// What the archive has under the row's key, once it holds all of the log.
    async fn archived(&self, client: &Object, row: &Row) -> Result<Option<u64>, StoreError> {
        let head = self.fabric.head(&self.shard).await.map_err(|error| Refusal::unavailable(error.to_string()))?;
        let position = "SELECT position FROM shard_position WHERE home = $1 AND shard = $2";
        let number = i32::from(self.shard.number);
        let position = client.query_opt(position, &[&self.shard.home.as_str(), &number]).await?;
        let position: i64 = position.map_or(0, |row| row.get(0));
        if (position as u64) < head.last_seq {
            return Err(Refusal::unavailable("the archive is behind the log").into());
        }
        let (room, author): (&str, &str) = (row.get("room"), row.get("author"));
        let id: uuid::Uuid = row.get("event_id");
        let select = "SELECT seq FROM events WHERE id = $1 AND room = $2 AND author = $3";
        Ok(client.query_opt(select, &[&id, &room, &author]).await?.map(|row| row.get::<_, i64>(0) as u64))
    }

    /// The change is in the log: a joiner's reading begins there, and the row is needless.
    async fn done(&self, client: &mut Object, row: &Row, seq: u64) -> Result<(), StoreError> {
        let (number, room, joined): (i64, &str, Option<&str>) = (row.get("number"), row.get("room"), row.get("joined"));
        let tx = client.transaction().await?;
        if let Some(user) = joined {
            let update = "UPDATE members SET joined_seq = $3, read_seq = greatest(read_seq, $3) WHERE room = $1 AND user_id = $2";
            tx.execute(update, &[&room, &user, &(seq as i64)]).await?;
        }
        tx.execute("DELETE FROM outbox WHERE number = $1", &[&number]).await?;
        tx.commit().await?;
        Ok(())
    }
}
