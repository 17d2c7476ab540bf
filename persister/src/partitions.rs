//! Partitions of `events`: slices of 30 days of the log's time, made ahead and before rows need them.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio_util::sync::CancellationToken;

use crate::pool::StoreError;
use crate::store::signed;

/// Milliseconds of one partition.
const SLICE: u64 = 30 * 24 * 3_600_000;
/// A log time further off the clock than this many slices is a wrong clock: its rows stay in the default partition.
const PLAUSIBLE: u64 = 24;
/// Two persisters take turns; any number that nobody else uses.
const LOCK: i64 = 0x6368_6174_7061_7274;
const INTERVAL: Duration = Duration::from_secs(3_600);

/// The slices that are known to be there.
#[derive(Default)]
pub struct Partitions {
    known: Mutex<HashSet<u64>>,
}

impl Partitions {
    /// Makes what rows of these log times need, as far as they are plausible at `now_ms`.
    pub async fn cover(&self, client: &mut Object, from_ms: u64, to_ms: u64, now_ms: u64) -> Result<(), StoreError> {
        let now = now_ms / SLICE;
        let first = (from_ms / SLICE).max(now.saturating_sub(PLAUSIBLE));
        let last = (to_ms / SLICE).min(now + PLAUSIBLE);
        for slice in first..=last {
            if !self.lock().contains(&slice) {
                make(client, slice).await?;
                self.lock().insert(slice);
            }
        }
        Ok(())
    }

    /// Keeps the present slice and its neighbours there.
    pub async fn keep(&self, pool: &Pool, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(INTERVAL);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(error) = self.ahead(pool, crate::archive::now_ms()).await {
                tracing::warn!(%error, "partitions cannot be made ahead; the next hour tries again");
            }
        }
    }

    async fn ahead(&self, pool: &Pool, now_ms: u64) -> Result<(), StoreError> {
        let mut client = pool.get().await?;
        self.cover(&mut client, now_ms.saturating_sub(SLICE), now_ms + SLICE, now_ms).await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<u64>> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Makes a slice with the rows that the default partition holds of it.
async fn make(client: &mut Object, slice: u64) -> Result<(), StoreError> {
    const NAME: &str = "SELECT 'events_' || to_char(to_timestamp($1::bigint / 1000) AT TIME ZONE 'UTC', 'YYYYMMDD')";
    const THERE: &str = "SELECT EXISTS (SELECT FROM pg_inherits
        WHERE inhparent = 'events'::regclass AND inhrelid = to_regclass($1::text))";
    let (from, to) = (signed(slice * SLICE), signed((slice + 1) * SLICE));
    let tx = client.transaction().await?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let name: String = tx.query_one(NAME, &[&from]).await?.get(0);
    if tx.query_one(THERE, &[&name]).await?.get(0) {
        return Ok(());
    }
    // Attached when it is full, so that readers wait for the default partition's scan alone.
    tx.batch_execute(&format!(
        "LOCK TABLE events_default IN ACCESS EXCLUSIVE MODE;
         CREATE TABLE {name} (LIKE events INCLUDING ALL);
         WITH moved AS (DELETE FROM events_default WHERE ts >= {from} AND ts < {to} RETURNING *)
             INSERT INTO {name} SELECT * FROM moved;
         ALTER TABLE events ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to});"
    ))
    .await?;
    tx.commit().await?;
    tracing::info!(partition = name, "partition made");
    Ok(())
}
