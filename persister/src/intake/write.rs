//! One shard's writer: reads on from the position, stores batch by batch, and begins anew after every failure.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Object;
use fabric::{LogError, LogReader};
use protocol::subject::Shard;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::batch::{Batch, Bounds, LEAST_LINGER, Rows};
use super::metrics::Meters;
use super::{Intake, IntakeError};
use crate::position::Position;
use crate::store::{Content, Part, Row, store};

/// How often the log's end is compared with the position.
const LOOK: Duration = Duration::from_secs(1);
const BACKOFF_LEAST: Duration = Duration::from_millis(100);
const BACKOFF_MOST: Duration = Duration::from_secs(5);

/// Writes the shard until the stop; a batch that is being stored is finished.
pub async fn run(intake: Arc<Intake>, shard: Shard, stop: CancellationToken) {
    let meters = Meters::new(&shard);
    let mut backoff = BACKOFF_LEAST;
    while !stop.is_cancelled() {
        let began = Instant::now();
        let Err(error) = intake.follow(&shard, &meters, &stop).await else { return };
        meters.stopped(error.stops());
        intake.stopped.set(&shard, error.stops().then(|| error.to_string()));
        if error.stops() {
            tracing::error!(%shard, %error, "the shard is not archived until somebody acts");
            intake.alarms.add(1, "stopped");
        } else {
            tracing::warn!(%shard, %error, "the shard is read again");
        }
        backoff = if began.elapsed() > BACKOFF_MOST { BACKOFF_LEAST } else { (backoff * 2).min(BACKOFF_MOST) };
        let pause = backoff.mul_f64(rand::random_range(0.5..1.0));
        // Elapsed or stopped: the loop looks.
        stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
}

impl Intake {
    /// Reads and stores until the stop or a failure.
    async fn follow(&self, shard: &Shard, meters: &Meters, stop: &CancellationToken) -> Result<(), IntakeError> {
        let mut at = self.align(shard).await?;
        meters.stopped(false);
        self.stopped.set(shard, None);
        self.positions.announce(shard, at.seq);
        let mut rows = Rows::of(LogReader::open(&self.fabric, shard.clone(), at.seq + 1).await?, &self.pace);
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let first = tokio::select! {
                // What waits is read again by the next writer.
                () = stop.cancelled() => return Ok(()),
                // The log's end: a lost tail would be silence otherwise.
                _ = looks.tick() => {
                    let head = self.fabric.head(shard).await?;
                    meters.lag(head.last_seq.saturating_sub(at.seq));
                    if head.last_seq < at.seq {
                        return Err(LogError::Behind { last_seq: head.last_seq }.into());
                    }
                    continue;
                }
                // Rows.
                first = rows.first() => first,
            };
            let Some(first) = first else { return Err(LogError::Io("the reader ended".into()).into()) };
            let wanted = self.positions.wanted_above(shard, at.seq);
            let until = self.pace.until(Instant::now());
            let Batch { rows: batch, end } = rows.gather(first, self.bounds(until), wanted).await;
            if !batch.is_empty() {
                at = self.archive(shard, at, batch, meters).await?;
            }
            if let Some(end) = end {
                return Err(end.into());
            }
        }
    }

    /// Reads and stores up to `last`, and tells how many rows that were.
    pub(crate) async fn archive_until(
        &self,
        shard: &Shard,
        mut at: Position,
        reader: LogReader,
        last: u64,
        stop: &CancellationToken,
    ) -> Result<u64, IntakeError> {
        let meters = Meters::new(shard);
        let mut rows = Rows::of(reader, &self.pace);
        let mut count = 0;
        while at.seq < last {
            let Some(Some(first)) = stop.run_until_cancelled(rows.first()).await else { return Ok(count) };
            let Batch { rows: batch, end } = rows.gather(first, self.bounds(Instant::now() + LEAST_LINGER), pending()).await;
            count += batch.len() as u64;
            if !batch.is_empty() {
                at = self.archive(shard, at, batch, &meters).await?;
            }
            if let Some(end) = end {
                return Err(end.into());
            }
        }
        Ok(count)
    }

    fn bounds(&self, until: Instant) -> Bounds {
        let config = &self.config;
        Bounds { rows: config.batch_rows.max(1), bytes: config.batch_bytes, until }
    }

    /// Stores a batch by itself. Rows that Postgres refuses are found by halving, and kept as poison.
    pub(super) async fn archive_alone(
        &self,
        shard: &Shard,
        mut at: Position,
        mut rows: Vec<Row>,
        meters: &Meters,
    ) -> Result<Position, IntakeError> {
        // Closed only with the process.
        let _permit = self.storing.acquire().await;
        let mut client = self.pool.get().await?;
        self.cover(&mut client, at, &rows).await?;
        let (mut done, mut take) = (0, rows.len());
        while done < rows.len() {
            let began = Instant::now();
            let part = &mut rows[done..(done + take)];
            let stored = Part { shard, from: at, rows: part };
            let to = stored.to();
            match store(&mut client, &[stored]).await {
                Ok(()) => {
                    let poison = part.iter().filter(|row| row.envelope().is_none()).count();
                    meters.stored(take as u64, poison as u64, began.elapsed());
                    self.positions.announce(shard, to.seq);
                    at = to;
                    done += take;
                    take = (take * 2).min(rows.len() - done);
                }
                Err(error) if error.is_refusal() && take > 1 => take /= 2,
                Err(error) if error.is_refusal() && part[0].envelope().is_some() => {
                    tracing::warn!(%shard, seq = part[0].seq, %error, "event is kept as poison");
                    part[0].content = Content::Poison(error.to_string());
                }
                Err(error) if error.is_conflict() => return Err(IntakeError::Conflict { position: at.seq }),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(at)
    }

    pub(super) async fn cover(&self, client: &mut Object, at: Position, rows: &[Row]) -> Result<(), IntakeError> {
        let times = rows.iter().map(|row| row.at.max(at.ts));
        let Some((first, last)) = times.clone().min().zip(times.max()) else { return Ok(()) };
        Ok(self.partitions.cover(client, first, last, crate::archive::now_ms()).await?)
    }
}

/// Traces of one batch that are continued; the others are like them.
const TRACES: usize = 32;

/// The last step of each message's trace.
pub(super) fn spans(shard: &Shard, rows: &[Row]) -> Vec<tracing::Span> {
    let traced = rows.iter().filter_map(|row| Some((row, row.traceparent.as_deref()?)));
    let begun = traced.take(TRACES).map(|(row, parent)| {
        let span = tracing::info_span!("persister.store", %shard, room.id = %row.room, seq = row.seq, batch.rows = rows.len());
        chassis::telemetry::set_parent(&span, parent);
        span
    });
    begun.collect()
}
