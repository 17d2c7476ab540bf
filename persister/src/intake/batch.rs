//! From the log into batches: decoding goes on while the batch before is being stored.

use std::pin::pin;
use std::time::Duration;

use fabric::{LogError, LogReader};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::store::Row;

/// Rows that wait between reader and store; full: the log is read no further.
const AHEAD: usize = 4_096;
/// Records taken from the reader at a time.
const TAKE: usize = 256;
/// A batch waits at least so long: what was sent at once comes at once.
pub const LEAST_LINGER: Duration = Duration::from_millis(5);
/// Rows that are worth a transaction of their own: its eight statements cost Postgres about as much as so many rows do.
const WORTH: f64 = 64.0;

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
    pub linger: Duration,
}

/// How many rows come, and how long it is worth to wait for them.
pub struct Pace {
    since: Instant,
    per_second: f64,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        Self { since: now, per_second: 0.0 }
    }

    /// A batch begins; the one before it brought so many rows.
    pub fn beat(&mut self, now: Instant, rows: usize) {
        let seconds = now.duration_since(self.since).as_secs_f64().max(0.001);
        (self.since, self.per_second) = (now, rows as f64 / seconds);
    }

    /// Until a batch is worth its transaction; next to nothing where hardly anything would come within `most`.
    pub fn linger(&self, most: Duration) -> Duration {
        if self.per_second * most.as_secs_f64() < 2.0 {
            return LEAST_LINGER;
        }
        Duration::from_secs_f64(WORTH / self.per_second).min(most).max(LEAST_LINGER)
    }
}

/// Decoded rows of one shard, ahead of the store.
pub struct Rows {
    rows: mpsc::Receiver<Result<Row, LogError>>,
    reading: tokio::task::JoinHandle<()>,
}

impl Rows {
    pub fn of(reader: LogReader) -> Self {
        let (sender, rows) = mpsc::channel(AHEAD);
        Self { rows, reading: tokio::spawn(read(reader, sender)) }
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
        let began = Instant::now();
        let mut end = pin!(sleep_until(began + bounds.linger));
        let (mut wanted, mut is_wanted) = (pin!(wanted), bounds.linger <= LEAST_LINGER);
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
                    end.as_mut().reset(began + LEAST_LINGER);
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

async fn read(mut reader: LogReader, sender: mpsc::Sender<Result<Row, LogError>>) {
    loop {
        let (records, end) = match reader.next_batch(TAKE).await {
            Ok(records) => (records, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let ended = end.is_some();
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
    fn a_busy_shard_waits_for_a_batch_that_is_worth_it_and_a_quiet_one_does_not() {
        const MOST: Duration = Duration::from_millis(100);
        let begin = Instant::now();
        let linger = |rows: usize, after_ms: u64| {
            let mut pace = Pace::new(begin);
            pace.beat(begin + Duration::from_millis(after_ms), rows);
            pace.linger(MOST).as_millis()
        };
        assert_eq!(Pace::new(begin).linger(MOST), LEAST_LINGER, "nothing is known yet");
        assert_eq!(linger(1, 60_000), 5, "one a minute");
        assert_eq!(linger(1, 60), 5, "hardly another one would come");
        assert_eq!(linger(4, 40), 100, "100 a second");
        assert_eq!(linger(40, 40), 64, "1,000 a second: 64 rows");
        assert_eq!(linger(200, 10), 5, "20,000 a second");
        assert_eq!(linger(5_000, 0), 5, "no division by nothing");
    }
}
