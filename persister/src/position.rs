//! Where the archive stands in each shard: moved with the rows, watched by those who wait for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Object, Pool, Transaction};
use protocol::subject::Shard;
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout_at};

use crate::pool;
use crate::store::{StoreError, signed, unsigned};

/// All of a shard's log up to `seq` is archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub seq: u64,
    /// The highest log time so far, milliseconds since 1970 UTC.
    pub ts: u64,
}

/// Where the shard stands; a shard never seen stands at 0.
pub async fn read(client: &Object, shard: &Shard) -> Result<Position, tokio_postgres::Error> {
    const INSERT: &str = "INSERT INTO shard_position (home, shard, position, ts) VALUES ($1, $2, 0, 0) ON CONFLICT DO NOTHING";
    const SELECT: &str = "SELECT position, ts FROM shard_position WHERE home = $1 AND shard = $2";
    let (home, number) = (shard.home.as_str(), i32::from(shard.number));
    let statement = client.prepare_cached(SELECT).await?;
    if let Some(row) = client.query_opt(&statement, &[&home, &number]).await? {
        return Ok(Position { seq: unsigned(row.get(0)), ts: unsigned(row.get(1)) });
    }
    let statement = client.prepare_cached(INSERT).await?;
    client.execute(&statement, &[&home, &number]).await?;
    Ok(Position::default())
}

/// Moves the positions of shards, each from where it stands, if nobody else moved one: the rows' locks keep other writers out until the
/// transaction ends.
pub async fn advance(tx: &Transaction<'_>, moves: &[(&Shard, Position, Position)]) -> Result<(), StoreError> {
    const UPDATE: &str = "UPDATE shard_position AS p SET position = m.position, ts = m.ts
        FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[]) AS m(home, shard, stands, position, ts)
        WHERE p.home = m.home AND p.shard = m.shard AND p.position = m.stands";
    let statement = tx.prepare_cached(UPDATE).await?;
    let homes: Vec<&str> = moves.iter().map(|(shard, ..)| shard.home.as_str()).collect();
    let numbers: Vec<i32> = moves.iter().map(|(shard, ..)| i32::from(shard.number)).collect();
    let column =
        |of: fn(&Position, &Position) -> u64| moves.iter().map(|(_, from, to)| signed(of(from, to))).collect::<Vec<i64>>();
    let (stands, positions, times) = (column(|from, _| from.seq), column(|_, to| to.seq), column(|_, to| to.ts));
    let moved = tx.execute(&statement, &[&homes, &numbers, &stands, &positions, &times]).await?;
    if moved == moves.len() as u64 { Ok(()) } else { Err(StoreError::Fenced) }
}

/// Records that no event lies between the position and `to`, and moves it there.
pub async fn jump(client: &mut Object, shard: &Shard, from: Position, to: u64, reason: &str) -> Result<Position, StoreError> {
    const INSERT: &str = "INSERT INTO shard_break (home, shard, from_position, to_position, reason) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (home, shard, to_position) DO UPDATE SET from_position = excluded.from_position, reason = excluded.reason, at = now()";
    let tx = client.transaction().await?;
    let to = Position { seq: to, ts: from.ts };
    advance(&tx, &[(shard, from, to)]).await?;
    let (home, number) = (shard.home.as_str(), i32::from(shard.number));
    tx.execute(INSERT, &[&home, &number, &signed(from.seq), &signed(to.seq), &reason]).await?;
    tx.commit().await?;
    Ok(to)
}

/// Between two looks at another writer's position while somebody waits for it.
const POLL: Duration = Duration::from_millis(15);

/// The positions as this process knows them; cheap to clone.
#[derive(Clone)]
pub struct Positions(Arc<HashMap<Shard, Watched>>);

struct Watched {
    seq: watch::Sender<u64>,
    /// The highest that somebody waited for.
    wanted: watch::Sender<u64>,
    /// One of those who wait asks Postgres.
    asking: Mutex<()>,
}

impl Positions {
    pub fn new(shards: &[Shard]) -> Self {
        let watched = || Watched { seq: watch::Sender::new(0), wanted: watch::Sender::new(0), asking: Mutex::default() };
        Self(Arc::new(shards.iter().map(|shard| (shard.clone(), watched())).collect()))
    }

    pub fn knows(&self, shard: &Shard) -> bool {
        self.0.contains_key(shard)
    }

    /// Tells those who wait; of a position that is committed.
    pub fn announce(&self, shard: &Shard, seq: u64) {
        if let Some(watched) = self.0.get(shard) {
            watched.seq.send_if_modified(|known| {
                let rose = seq > *known;
                *known = seq.max(*known);
                rose
            });
        }
    }

    /// Resolves once somebody waits here for what lies above `seq`.
    pub async fn wanted_above(&self, shard: &Shard, seq: u64) {
        let Some(watched) = self.0.get(shard) else { return std::future::pending().await };
        let mut wanted = watched.wanted.subscribe();
        // The sender lives as long as this.
        let _wanted = wanted.wait_for(|wanted| *wanted > seq).await;
    }

    /// Waits until the shard's position is at `seq` or above; false: not before the deadline.
    pub async fn reach(&self, pool: &Pool, shard: &Shard, seq: u64, deadline: Instant) -> Result<bool, pool::StoreError> {
        let Some(watched) = self.0.get(shard) else { return Ok(false) };
        let mut known = watched.seq.subscribe();
        loop {
            if *known.borrow_and_update() >= seq {
                return Ok(true);
            }
            // Its writer does not gather any longer.
            watched.wanted.send_if_modified(|wanted| std::mem::replace(wanted, seq.max(*wanted)) < seq);
            if Instant::now() >= deadline {
                return Ok(false);
            }
            // The writer may be in another process.
            if let Ok(_asking) = watched.asking.try_lock() {
                let client = pool.get().await?;
                self.announce(shard, read(&client, shard).await?.seq);
            }
            // Elapsed is as good as changed: it looks again.
            drop(timeout_at(deadline.min(Instant::now() + POLL), known.changed()).await);
        }
    }
}
