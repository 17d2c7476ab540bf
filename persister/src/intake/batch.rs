//! From the log into batches: decoding goes on while the batch before is being stored.

use std::time::Duration;

use fabric::{LogError, LogReader};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::store::Row;

/// Rows that wait between reader and store; full: the log is read no further.
const AHEAD: usize = 4_096;
/// Records taken from the reader at a time.
const TAKE: usize = 256;

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
    pub linger: Duration,
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

    /// Takes what follows the first row within the bounds. Not to be dropped: what it took would be lost.
    pub async fn gather(&mut self, first: Result<Row, LogError>, bounds: Bounds) -> Batch {
        let mut batch = Batch::default();
        let mut bytes = batch.take(first);
        let deadline = Instant::now() + bounds.linger;
        while batch.end.is_none() && batch.rows.len() < bounds.rows && bytes < bounds.bytes {
            let Ok(Some(next)) = timeout_at(deadline, self.rows.recv()).await else { break };
            bytes += batch.take(next);
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
