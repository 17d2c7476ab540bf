//! The archive's settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Section `archive`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArchiveConfig {
    /// Most rows of one transaction.
    pub batch_rows: usize,
    /// Most payload bytes of one transaction.
    pub batch_bytes: usize,
    /// How long a batch may wait for more while the log is busy, in milliseconds, 5 to 1,000; who waits for a row at the persister that
    /// writes it does not wait for this.
    pub batch_ms: u64,
    /// How long the log keeps what is archived, in seconds; never below 15 minutes.
    pub log_keep_s: u64,
}

impl Default for ArchiveConfig {
    fn default() -> Self {
        Self { batch_rows: 5_000, batch_bytes: 4 << 20, batch_ms: 25, log_keep_s: 72 * 3_600 }
    }
}

/// What a resuming client may still want from the log.
const LEAST_KEEP: Duration = Duration::from_secs(15 * 60);
/// Unread counts are read from the archive: they must not be much older than the room.
const MOST_LINGER: Duration = Duration::from_secs(1);

impl ArchiveConfig {
    /// How long the log keeps what is archived.
    pub fn log_keep(&self) -> Duration {
        Duration::from_secs(self.log_keep_s).max(LEAST_KEEP)
    }

    /// How long a batch waits for more, at most.
    pub fn linger(&self) -> Duration {
        Duration::from_millis(self.batch_ms).min(MOST_LINGER)
    }
}
