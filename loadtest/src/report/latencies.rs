//! How long things took.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest latency that is told from others, in microseconds.
const LONGEST: u64 = 600_000_000;

/// Latencies between a microsecond and ten minutes, to three digits.
#[derive(Clone)]
pub struct Latencies(Histogram<u64>);

/// Milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    pub count: u64,
    pub mean_ms: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Default for Latencies {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "the bounds are constants")]
        Self(Histogram::new_with_bounds(1, LONGEST, 3).expect("bounds in order"))
    }
}

impl Latencies {
    /// From when it was due, not from when its turn came: a server that stalls is charged for all who waited.
    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(latency.as_micros().max(1) as u64);
    }

    /// Microseconds and how often, for another process.
    pub fn values(&self) -> Vec<(u64, u64)> {
        self.0.iter_recorded().map(|value| (value.value_iterated_to(), value.count_at_value())).collect()
    }

    pub fn add_values(&mut self, values: &[(u64, u64)]) {
        values.iter().for_each(|(micros, count)| self.0.saturating_record_n(*micros, *count));
    }

    pub fn spread(&self) -> Spread {
        Spread {
            count: self.0.len(),
            mean_ms: self.0.mean() / 1_000.0,
            p50_ms: self.quantile_ms(0.5),
            p99_ms: self.quantile_ms(0.99),
            max_ms: self.0.max() as f64 / 1_000.0,
        }
    }

    pub fn quantile_ms(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1_000.0
    }

    pub fn clear(&mut self) {
        self.0.reset();
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms", self.p50_ms, self.p99_ms, self.max_ms)
    }
}
