//! From the log into batches: decoding goes on while the batch before is being stored.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fabric::{LogError, LogReader};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::store::Row;

/// Rows that wait between reader and store; full: the log is read no further.
const AHEAD: usize = 4_096;
/// Records taken from the reader at a time.
const TAKE: usize = 256;
/// The shortest time in which batches are gathered: what was sent at once comes at once.
pub const LEAST_LINGER: Duration = Duration::from_millis(5);
/// Rows that are worth a transaction: beside so many, its statements cost Postgres little.
const WORTH: f64 = 512.0;

/// Rows in the order of the log.
#[derive(Debug, Default)]
pub struct Batch {
    pub rows: Vec<Row>,
    /// Why no more come.
    pub end: Option<LogError>,
}

/// Bounds of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub rows: usize,
    pub bytes: usize,
    /// How long to wait for more.
    pub until: Instant,
}

/// When batches end, those of all shards together: how long it is worth to wait follows from how many rows come in all.
pub struct Pace {
    arrived: Arc<AtomicU64>,
    most: Duration,
    window: Mutex<Window>,
}

/// From a batch's beginning to the end that it shares with those that begin meanwhile.
struct Window {
    since: Instant,
    /// Rows that had come by then.
    arrived: u64,
    until: Instant,
}

impl Pace {
    pub fn new(now: Instant, most: Duration) -> Self {
        let window = Window { since: now, arrived: 0, until: now };
        Self { arrived: Arc::default(), most, window: Mutex::new(window) }
    }

    /// When a batch that begins now ends.
    pub fn until(&self, now: Instant) -> Instant {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.until <= now {
            let arrived = self.arrived.load(Ordering::Relaxed);
            let seconds = now.duration_since(window.since).as_secs_f64().max(0.001);
            let per_second = (arrived - window.arrived) as f64 / seconds;
            *window = Window { since: now, arrived, until: now + linger(per_second, self.most) };
        }
        window.until
    }
}

/// Until a batch is worth its transaction; next to nothing where hardly anything would come within `most`.
fn linger(per_second: f64, most: Duration) -> Duration {
    if per_second * most.as_secs_f64() < 2.0 {
        return LEAST_LINGER;
    }
    Duration::from_secs_f64(WORTH / per_second).min(most).max(LEAST_LINGER)
}

/// Decoded rows of one shard, ahead of the store.
pub struct Rows {
    rows: mpsc::Receiver<Result<Row, LogError>>,
    reading: tokio::task::JoinHandle<()>,
}

impl Rows {
    pub fn of(reader: LogReader, pace: &Pace) -> Self {
        let (sender, rows) = mpsc::channel(AHEAD);
        Self { rows, reading: tokio::spawn(read(reader, sender, pace.arrived.clone())) }
    }

    /// Waits for a row. Nothing is lost when the future is dropped.
    pub async fn first(&mut self) -> Option<Result<Row, LogError>> {
        self.rows.recv().await
    }

    /// Takes what follows the first row within the bounds; waits no longer than need be once `wanted` resolves. Not to be dropped: what it
    /// took would be lost.
    pub async fn gather(&mut self, first: Result<Row, LogError>, bounds: Bounds, wanted: impl Future<Output = ()>) -> Batch {
        let mut batch = Batch::default();
        let mut bytes = batch.take(first);
        let soonest = Instant::now() + LEAST_LINGER;
        let mut end = pin!(sleep_until(bounds.until));
        let (mut wanted, mut is_wanted) = (pin!(wanted), bounds.until <= soonest);
        while batch.end.is_none() && batch.rows.len() < bounds.rows && bytes < bounds.bytes {
            tokio::select! {
                biased;
                next = self.rows.recv() => match next {
                    Some(next) => bytes += batch.take(next),
                    None => break,
                },
                () = &mut end => break,
                () = &mut wanted, if !is_wanted => {
                    is_wanted = true;
                    end.as_mut().reset(soonest);
                }
            }
        }
        batch
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl Batch {
    /// Payload bytes of what came.
    fn take(&mut self, row: Result<Row, LogError>) -> usize {
        match row {
            Ok(row) => {
                let bytes = row.payload.len();
                self.rows.push(row);
                bytes
            }
            Err(error) => {
                self.end = Some(error);
                0
            }
        }
    }
}

async fn read(mut reader: LogReader, sender: mpsc::Sender<Result<Row, LogError>>, arrived: Arc<AtomicU64>) {
    loop {
        let (records, end) = match reader.next_batch(TAKE).await {
            Ok(records) => (records, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let ended = end.is_some();
        arrived.fetch_add(records.len() as u64, Ordering::Relaxed);
        for row in records.into_iter().map(Row::decode).map(Ok).chain(end.map(Err)) {
            // The writer is gone.
            if sender.send(row).await.is_err() {
                return;
            }
        }
        if ended {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_log_waits_for_a_batch_that_is_worth_it_and_a_quiet_one_does_not() {
        let begin = Instant::now();
        let lingers = |rows: u64, after_ms: u64| {
            let pace = Pace::new(begin, Duration::from_millis(100));
            pace.arrived.fetch_add(rows, Ordering::Relaxed);
            let now = begin + Duration::from_millis(after_ms);
            (pace.until(now) - now).as_millis()
        };
        assert_eq!(lingers(0, 0), 5, "nothing is known yet");
        assert_eq!(lingers(1, 60_000), 5, "one a minute");
        assert_eq!(lingers(1, 60), 5, "hardly another one would come");
        assert_eq!(lingers(4, 40), 100, "100 a second");
        assert_eq!(lingers(400, 40), 51, "10,000 a second: 512 rows");
        assert_eq!(lingers(2_000, 10), 5, "200,000 a second");
        assert_eq!(lingers(5_000, 0), 5, "no division by nothing");
    }

    #[test]
    fn batches_that_begin_one_after_the_other_end_together() {
        let begin = Instant::now();
        let pace = Pace::new(begin, Duration::from_millis(100));
        pace.arrived.fetch_add(40, Ordering::Relaxed);
        let at = |ms: u64| pace.until(begin + Duration::from_millis(ms)).duration_since(begin).as_millis();
        assert_eq!((at(40), at(60), at(139)), (140, 140, 140));
        assert_eq!(at(140), 145, "none came meanwhile");
    }
}
