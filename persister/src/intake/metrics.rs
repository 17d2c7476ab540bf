//! What is counted about the archive's writer.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};
use protocol::subject::Shard;

/// Alarms: what somebody should look at, by kind.
#[derive(Clone)]
pub struct Alarms(Counter<u64>);

impl Alarms {
    pub fn new() -> Self {
        let meter = global::meter("persister");
        let counter = meter.u64_counter("archive_alarms");
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
            batch: meter
                .f64_histogram("archive_batch_seconds")
                .with_description("transaction that stored a batch, perhaps with those of other shards")
                .build(),
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

/// Shards that wait for somebody to act: the process is not ready while there are any.
pub struct Stopped {
    reasons: Mutex<BTreeMap<Shard, String>>,
    check: chassis::Check,
}

impl Stopped {
    pub fn new(check: chassis::Check) -> Self {
        Self { reasons: Mutex::default(), check }
    }

    /// `None`: it goes on.
    pub fn set(&self, shard: &Shard, reason: Option<String>) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        match reason {
            Some(reason) => drop(reasons.insert(shard.clone(), reason)),
            None => drop(reasons.remove(shard)),
        }
        match reasons.iter().next() {
            Some((shard, reason)) => self.check.failing(format!("shard {shard}: {reason}")),
            None => self.check.ok(),
        }
    }
}
