//! How often a connection is looked at.

use std::time::Duration;

use tokio::time::Instant;

/// Records of one [`WINDOW`] from which on the connection is busy.
const BUSY: usize = 20;
const WINDOW: Duration = Duration::from_millis(20);

/// How busy the connection is.
pub(crate) struct Pace {
    since: Instant,
    records: usize,
    busy: bool,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        Self { since: now, records: 0, busy: false }
    }

    /// Whether it is worth to let some more come before each look; counts what this one brought.
    pub fn is_busy(&mut self, records: usize, now: Instant) -> bool {
        self.records += records;
        let window = now.duration_since(self.since);
        if window >= WINDOW {
            let least = BUSY as f64 * window.as_secs_f64() / WINDOW.as_secs_f64();
            (self.busy, self.since, self.records) = (self.records as f64 >= least, now, 0);
        }
        self.busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_busy_while_many_come_and_only_so_long() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        let mut look = |after_ms: u64, records: usize| {
            now += Duration::from_millis(after_ms);
            pace.is_busy(records, now)
        };
        assert!(!(0..50).any(|_| look(5, 1)), "200 a second");
        assert!((0..50).map(|_| look(2, 8)).skip(20).all(|busy| busy), "4,000 a second");
        assert!(look(5, 0), "a window has not passed yet");
        look(20, 0);
        assert!(!look(20, 0), "nothing came for a whole window");
        assert!(!look(1_000, 30), "a few after a long silence");
    }
}
