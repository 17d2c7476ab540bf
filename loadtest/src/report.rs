//! What is printed: one line of JSON on stdout for machines, a sentence on stderr for people.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Latencies between a microsecond and a minute, to three digits.
pub struct Latencies(Histogram<u64>);

/// Milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    pub count: u64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Latencies {
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, 60_000_000, 3)?))
    }

    /// From when it was due, not from when its turn came: a server that stalls is charged for all who waited.
    pub fn record(&mut self, latency: Duration) {
        self.0.saturating_record(latency.as_micros().max(1) as u64);
    }

    pub fn spread(&self) -> Spread {
        let ms = |micros: u64| micros as f64 / 1_000.0;
        Spread {
            count: self.0.len(),
            p50_ms: ms(self.0.value_at_quantile(0.5)),
            p99_ms: ms(self.0.value_at_quantile(0.99)),
            max_ms: ms(self.0.max()),
        }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms", self.p50_ms, self.p99_ms, self.max_ms)
    }
}

/// Prints both.
pub fn tell(scenario: &str, figures: &impl Serialize, sentence: &str) -> anyhow::Result<()> {
    println!("{}", serde_json::json!({ "scenario": scenario, "figures": figures }));
    eprintln!("{scenario}: {sentence}");
    Ok(())
}
