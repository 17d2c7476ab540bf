//! Batches of several shards in one transaction: its statements cost Postgres about as much as some hundred rows do.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fabric::LogError;
use protocol::subject::Shard;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::metrics::Meters;
use super::write::spans;
use super::{Intake, IntakeError};
use crate::position::Position;
use crate::store::{Part, Row, store};

/// Batches that wait to be stored, one of each shard at most.
#[derive(Default)]
pub struct Group(Mutex<VecDeque<Waiting>>);

struct Waiting {
    shard: Shard,
    from: Position,
    rows: Vec<Row>,
    done: oneshot::Sender<Outcome>,
}

enum Outcome {
    /// How long the transaction took.
    Stored(Duration),
    /// It was not stored with the others: by itself it shows why.
    Alone(Vec<Row>),
}

impl Group {
    fn push(&self, batch: Waiting) {
        self.lock().push_back(batch);
    }

    /// What waits, oldest first; at least one if there is any, else within the bounds.
    fn take(&self, most_rows: usize, most_bytes: usize) -> Vec<Waiting> {
        let mut waiting = self.lock();
        let (mut rows, mut bytes) = (0, 0);
        let fits = waiting.iter().take_while(|batch| {
            rows += batch.rows.len();
            bytes += batch.rows.iter().map(|row| row.payload.len()).sum::<usize>();
            rows <= most_rows && bytes <= most_bytes
        });
        let count = fits.count().max(1).min(waiting.len());
        waiting.drain(..count).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn part(&self) -> Part<'_> {
        Part { shard: &self.shard, from: self.from, rows: &self.rows }
    }
}

impl Intake {
    /// Stores a batch with those of other shards that wait by then. Not to be dropped: the others' batches would be given up with it.
    pub(super) async fn archive(
        &self,
        shard: &Shard,
        from: Position,
        rows: Vec<Row>,
        meters: &Meters,
    ) -> Result<Position, IntakeError> {
        // They end with the commit.
        let _spans = spans(shard, &rows);
        let poison = rows.iter().filter(|row| row.envelope().is_none()).count();
        let (count, to) = (rows.len(), Part { shard, from, rows: &rows }.to());
        let (done, mut outcome) = oneshot::channel();
        self.group.push(Waiting { shard: shard.clone(), from, rows, done });
        let ended = tokio::select! {
            biased;
            ended = &mut outcome => ended,
            // Closed only with the process.
            permit = self.storing.acquire() => {
                self.lead(&mut outcome).await;
                drop(permit);
                outcome.await
            }
        };
        match ended {
            Ok(Outcome::Stored(took)) => {
                meters.stored(count as u64, poison as u64, took);
                Ok(to)
            }
            Ok(Outcome::Alone(rows)) => self.archive_alone(shard, from, rows, meters).await,
            // Who stored it ended; the log is read again.
            Err(_) => Err(LogError::Io("a batch was given up".into()).into()),
        }
    }

    /// Stores what waits until the own batch is taken.
    async fn lead(&self, own: &mut oneshot::Receiver<Outcome>) {
        // Batches that end together are pushed one after the other.
        yield_now().await;
        yield_now().await;
        while own.is_empty() && !own.is_terminated() {
            let batches = self.group.take(self.config.batch_rows.max(1), self.config.batch_bytes);
            if batches.is_empty() {
                return;
            }
            self.store_together(batches).await;
        }
    }

    async fn store_together(&self, batches: Vec<Waiting>) {
        let began = Instant::now();
        let stored = self.try_together(&batches).await;
        let took = began.elapsed();
        match &stored {
            Ok(()) => {}
            // By itself the one that is to blame shows it.
            Err(IntakeError::Store(error)) if error.is_refusal() || error.is_conflict() || error.is_fenced() => {
                tracing::debug!(%error, shards = batches.len(), "batches are stored one by one");
            }
            Err(error) => tracing::warn!(%error, shards = batches.len(), "batches are stored one by one"),
        }
        for batch in batches {
            if stored.is_ok() {
                self.positions.announce(&batch.shard, batch.part().to().seq);
            }
            let Waiting { rows, done, .. } = batch;
            let outcome = if stored.is_ok() { Outcome::Stored(took) } else { Outcome::Alone(rows) };
            // Who waited may have been given up with its process.
            let _gone = done.send(outcome);
        }
    }

    async fn try_together(&self, batches: &[Waiting]) -> Result<(), IntakeError> {
        let mut client = self.pool.get().await?;
        for batch in batches {
            self.cover(&mut client, batch.from, &batch.rows).await?;
        }
        let parts: Vec<Part> = batches.iter().map(Waiting::part).collect();
        Ok(store(&mut client, &parts).await?)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use fabric::Record;
    use protocol::id::RoomId;

    use super::*;

    #[test]
    fn a_group_ends_at_its_bounds_and_none_waits_for_ever() {
        let group = Group::default();
        let row = |bytes: usize| {
            let payload = Bytes::from(vec![0; bytes]);
            let room = RoomId::parse("r-00000000000000000001").unwrap();
            Row::decode(Record { room, seq: 1, prev: 0, ts: 0, payload, traceparent: None, msg_id: None })
        };
        let push = |rows: usize, bytes: usize| {
            let (rows, (done, _)) = (vec![row(bytes); rows], oneshot::channel());
            group.push(Waiting {
                shard: Shard { home: protocol::id::Name::parse("local").unwrap(), number: 0 },
                from: Position::default(),
                rows,
                done,
            });
        };
        let take = || group.take(10, 100).iter().map(|batch| batch.rows.len()).collect::<Vec<_>>();
        assert_eq!(take(), [0; 0]);
        for rows in [4, 5, 2, 20] {
            push(rows, 1);
        }
        push(1, 90);
        push(1, 20);
        assert_eq!(take(), [4, 5], "ten rows");
        assert_eq!(take(), [2]);
        assert_eq!(take(), [20], "one that is too large goes alone");
        assert_eq!(take(), [1], "a hundred bytes");
        assert_eq!(take(), [1]);
    }
}
