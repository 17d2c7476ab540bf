//! The archive's way through a shard's log: everything from a number on, in order, once; never over a gap.

use protocol::subject::Shard;

use crate::Fabric;
use crate::error::FabricError;
use crate::follow::{Follow, Followed};
use crate::record::Record;

/// Why the log cannot be read on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// What was to be read next is not there any more.
    #[error("the log begins at {first_seq}, above what was to be read next")]
    Gap { first_seq: u64 },
    /// The log lost its tail, or was made anew with lower numbers.
    #[error("the log ends at {last_seq}, below what was read")]
    Behind { last_seq: u64 },
    #[error("the log does not exist")]
    Gone,
    /// NATS does not answer; open it again.
    #[error("{0}")]
    Io(String),
}

/// Reads one shard's log.
#[derive(Debug)]
pub struct LogReader {
    follow: Follow,
    /// Came, and is not yet delivered: what was read before it, and it.
    held: Option<(u64, Followed)>,
}

impl LogReader {
    /// Everything from `from_seq` (at least 1) on.
    pub async fn open(fabric: &Fabric, shard: Shard, from_seq: u64) -> Result<LogReader, LogError> {
        let mut reader = LogReader { follow: Follow::after(fabric, shard.stream(), from_seq.max(1) - 1), held: None };
        reader.start().await?;
        Ok(reader)
    }

    /// Waits for the next event. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Record, LogError> {
        loop {
            if let Some((before, (place, _))) = &self.held
                && place.seq != before + 1
            {
                self.look(*before).await?;
                tracing::warn!(
                    stream = self.follow.stream(),
                    from.seq = before + 1,
                    to.seq = place.seq,
                    "events were deleted from the log"
                );
            }
            if let Some(record) = self.held.take().and_then(|(_, followed)| record(&followed)) {
                return Ok(record);
            }
            if self.follow.is_idle() {
                self.start().await?;
            }
            let before = self.follow.last;
            self.held = self.follow.next().await.map(|followed| (before, followed));
        }
    }

    /// Waits for one event, and takes up to `max` that are there already. Nothing is lost when the future is dropped.
    pub async fn next_batch(&mut self, max: usize) -> Result<Vec<Record>, LogError> {
        let mut records = vec![self.next().await?];
        while records.len() < max {
            let before = self.follow.last;
            let Some(followed) = self.follow.ready() else { break };
            if followed.0.seq != before + 1 {
                // The next call looks at it.
                self.held = Some((before, followed));
                break;
            }
            records.extend(record(&followed));
        }
        Ok(records)
    }

    async fn start(&mut self) -> Result<(), LogError> {
        self.look(self.follow.last).await?;
        self.follow.start().await.map_err(failed)
    }

    /// Whether what comes next is in the log.
    async fn look(&self, last: u64) -> Result<(), LogError> {
        let info = self.follow.info().await.map_err(failed)?;
        if info.first_seq > last + 1 {
            return Err(LogError::Gap { first_seq: info.first_seq });
        }
        if info.last_seq < last {
            return Err(LogError::Behind { last_seq: info.last_seq });
        }
        Ok(())
    }
}

fn record((place, message): &Followed) -> Option<Record> {
    Record::new(*place, &message.subject, message.headers.as_ref(), &message.payload)
}

fn failed(error: FabricError) -> LogError {
    match error {
        FabricError::StreamMissing { .. } => LogError::Gone,
        FabricError::Unavailable(_)
        | FabricError::Login
        | FabricError::StreamDiffers { .. }
        | FabricError::NoRoom { .. }
        | FabricError::Refused { .. } => LogError::Io(error.to_string()),
    }
}
