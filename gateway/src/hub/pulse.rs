//! How busy a shard is: above some rate its events wait a moment for each other, so that a socket gets several in one frame.

use std::time::Duration;

use tokio::time::Instant;

/// Between the beginnings of a hot shard's deliveries: what gathering adds to one at most. What a delivery itself takes counts, so that
/// a busy gateway does not wait on top of its work.
pub const GATHER: Duration = Duration::from_millis(8);
/// Rates are looked at so often.
const WINDOW: Duration = Duration::from_millis(100);
/// Events in a window, below which waiting would hardly bring two together.
const EVENTS: u64 = 25;
/// Deliveries in a window, below which there is nothing to be saved.
const DELIVERIES: u64 = 4_000;

/// The rate of the last whole window.
pub struct Pulse {
    since: Instant,
    heard: u64,
    delivered: u64,
    hot: bool,
}

impl Pulse {
    pub fn new(now: Instant) -> Self {
        Self { since: now, heard: 0, delivered: 0, hot: false }
    }

    /// Whether what comes now is worth waiting for more.
    pub fn is_hot(&self, now: Instant) -> bool {
        self.hot && now.duration_since(self.since) < 2 * WINDOW
    }

    /// Counts what was heard, and to how many sockets it went.
    pub fn beat(&mut self, now: Instant, heard: u64, delivered: u64) {
        let window = now.duration_since(self.since);
        if window >= WINDOW {
            let whole = |count: u64, least: u64| count as f64 / window.as_secs_f64() >= least as f64 / WINDOW.as_secs_f64();
            self.hot = whole(self.heard, EVENTS) && whole(self.delivered, DELIVERIES);
            (self.since, self.heard, self.delivered) = (now, 0, 0);
        }
        self.heard += heard;
        self.delivered += delivered;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_events_to_many_sockets_are_hot_and_only_while_it_lasts() {
        let run = |pause_ms: u64, sockets: u64| {
            let mut now = Instant::now();
            let mut pulse = Pulse::new(now);
            for _ in 0..100 {
                now += Duration::from_millis(pause_ms);
                pulse.beat(now, 1, sockets);
            }
            (pulse.is_hot(now), pulse.is_hot(now + Duration::from_secs(1)))
        };
        assert!(!run(50, 1_000).0, "20 a second to 1,000");
        assert!(!run(2, 2).0, "500 a second to two");
        assert_eq!(run(2, 1_000), (true, false), "500 a second to 1,000: hot, but the first after a pause is not held back");
    }
}
