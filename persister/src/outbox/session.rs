//! A Postgres session that holds a shard's relay lock, and the rows it reads and finishes under it.

use deadpool_postgres::Object;
use protocol::subject::Shard;

use super::row::Row;
use crate::pool::StoreError;

/// Namespace of the advisory locks.
const LOCK: i32 = 0x6f75_7462;
/// A relay whose process stands still loses its lock, in milliseconds: longer than its longest turn.
const STILL_MS: u32 = 30_000;

/// Unless it is unlocked in order the connection ends, and the lock with it: also when the turn is broken off.
pub struct Session {
    client: Option<Object>,
    key: i32,
}

impl Session {
    /// Waits for another relay to end its turn. Two homes in one database share their locks: slower, never wrong.
    pub async fn lock(client: Object, shard: &Shard) -> Result<Self, StoreError> {
        let mut session = Self { client: Some(client), key: i32::from(shard.number) };
        let key = session.key;
        let lock = format!("SET idle_session_timeout = {STILL_MS}; SELECT pg_advisory_lock({LOCK}, {key})");
        session.client()?.batch_execute(&lock).await?;
        Ok(session)
    }

    /// Gives lock and connection back.
    pub async fn unlock(mut self) -> Result<(), StoreError> {
        let key = self.key;
        let unlock = format!("SELECT pg_advisory_unlock({LOCK}, {key}); SET idle_session_timeout = 0");
        self.client()?.batch_execute(&unlock).await?;
        drop(self.client.take());
        Ok(())
    }

    /// The oldest rows, marked as tried before they are: a crash behind it must leave a trace.
    pub async fn rows(&mut self, shard: &Shard, most: usize) -> Result<Vec<Row>, StoreError> {
        const ROWS: &str = "WITH oldest AS (SELECT number, tried_at FROM outbox WHERE home = $1 AND shard = $2 ORDER BY number LIMIT $3) \
             UPDATE outbox o SET tried_at = coalesce(o.tried_at, now()) FROM oldest t WHERE o.number = t.number \
             RETURNING o.number, o.room, o.ver, o.author, o.event_id, o.payload, (extract(epoch FROM now() - t.tried_at) * 1000)::bigint AS age_ms";
        let client = self.client()?;
        let rows = client.prepare_cached(ROWS).await?;
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = client.query(&rows, &[&shard.home.as_str(), &i32::from(shard.number), &limit]).await?;
        let mut rows = rows.iter().map(Row::read).collect::<Result<Vec<_>, _>>()?;
        rows.sort_unstable_by_key(|row| row.number);
        Ok(rows)
    }

    /// These rows are in the log under these `seq`s: a joiner's reading begins there.
    pub async fn done(&mut self, done: &[(i64, u64)]) -> Result<(), StoreError> {
        const DONE: &str = "WITH gone AS (DELETE FROM outbox o USING unnest($1::bigint[], $2::bigint[]) AS d(number, seq) \
                 WHERE o.number = d.number RETURNING o.room, o.joined, d.seq) \
             UPDATE members m SET joined_seq = g.seq, read_seq = greatest(m.read_seq, g.seq) \
             FROM (SELECT room, joined, max(seq) AS seq FROM gone WHERE joined IS NOT NULL GROUP BY room, joined) g \
             WHERE m.room = g.room AND m.user_id = g.joined";
        if done.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = done.iter().map(|(number, _)| *number).collect();
        let seqs: Vec<i64> = done.iter().map(|(_, seq)| *seq as i64).collect();
        let client = self.client()?;
        let statement = client.prepare_cached(DONE).await?;
        client.execute(&statement, &[&numbers, &seqs]).await?;
        Ok(())
    }

    fn client(&mut self) -> Result<&mut Object, StoreError> {
        let gone = || protocol::code::Refusal::unavailable("the relay's session has ended");
        Ok(self.client.as_mut().ok_or_else(gone)?)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}
