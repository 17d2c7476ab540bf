//! What is counted about the archive's writer.

use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};
use protocol::subject::Shard;

/// Alarms: what somebody should look at, by kind.
#[derive(Clone)]
pub struct Alarms(Counter<u64>);

impl Alarms {
    pub fn new() -> Self {
        let counter = global::meter("persister").u64_counter("archive_alarms");
        Self(counter.with_description("breaks, gaps and conflicts between log and archive").build())
    }

    pub fn add(&self, count: u64, kind: &'static str) {
        self.0.add(count, &[KeyValue::new("kind", kind)]);
    }
}

impl Default for Alarms {
    fn default() -> Self {
        Self::new()
    }
}

/// Instruments of one shard's writer.
pub struct Meters {
    shard: [KeyValue; 1],
    rows: Counter<u64>,
    poison: Counter<u64>,
    batch: Histogram<f64>,
    lag: Gauge<u64>,
    stopped: Gauge<u64>,
}

impl Meters {
    pub fn new(shard: &Shard) -> Self {
        let meter = global::meter("persister");
        Self {
            shard: [KeyValue::new("shard", shard.to_string())],
            rows: meter.u64_counter("archive_rows").with_description("events archived").build(),
            poison: meter.u64_counter("archive_poison").with_description("events kept with their error").build(),
            batch: meter.f64_histogram("archive_batch_seconds").with_description("transaction of one batch").build(),
            lag: meter.u64_gauge("archive_lag_events").with_description("events in the log above the position").build(),
            stopped: meter.u64_gauge("archive_stopped").with_description("1: the shard waits for somebody to act").build(),
        }
    }

    /// A batch is in the archive.
    pub fn stored(&self, rows: u64, poison: u64, took: std::time::Duration) {
        self.rows.add(rows, &self.shard);
        if poison > 0 {
            self.poison.add(poison, &self.shard);
        }
        self.batch.record(took.as_secs_f64(), &self.shard);
    }

    pub fn lag(&self, events: u64) {
        self.lag.record(events, &self.shard);
    }

    pub fn stopped(&self, stopped: bool) {
        self.stopped.record(stopped.into(), &self.shard);
    }
}
