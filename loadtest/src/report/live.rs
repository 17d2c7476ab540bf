//! Figures while a run goes on: a line on the terminal, and what each second brought.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::task::JoinHandle;

use super::Latencies;

/// One second of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Second {
    /// How much more of each counter.
    pub counts: Vec<(&'static str, u64)>,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Counters of a run that is watched.
pub struct Live {
    shared: Arc<Shared>,
    watching: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// Those of the second that runs.
    latencies: Mutex<Latencies>,
    seconds: Mutex<Vec<Second>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Live {
    /// Begins to watch counters; what is shown needs a terminal.
    pub fn start(what: &'static str, counters: Vec<(&'static str, Arc<AtomicU64>)>) -> Self {
        let shared = Arc::new(Shared::default());
        let watching = tokio::spawn(watch(what, counters, shared.clone()));
        Self { shared, watching }
    }

    /// One latency of the run.
    pub fn record(&self, latency: Duration) {
        lock(&self.shared.latencies).record(latency);
    }

    /// The seconds of the run, but for the last if it was not whole.
    pub fn end(self) -> Vec<Second> {
        self.watching.abort();
        std::mem::take(&mut *lock(&self.shared.seconds))
    }
}

async fn watch(what: &'static str, counters: Vec<(&'static str, Arc<AtomicU64>)>, shared: Arc<Shared>) {
    let line = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        line.set_style(style);
    }
    let read = || counters.iter().map(|(_, counter)| counter.load(Ordering::Relaxed)).collect::<Vec<_>>();
    let mut before = read();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.tick().await;
    loop {
        tick.tick().await;
        let now = read();
        let more =
            counters.iter().zip(now.iter().zip(&before)).map(|((name, _), (now, before))| (*name, now.saturating_sub(*before)));
        let counts: Vec<_> = more.collect();
        let second = {
            let mut latencies = lock(&shared.latencies);
            let (p50_ms, p99_ms) = (latencies.quantile_ms(0.5), latencies.quantile_ms(0.99));
            latencies.clear();
            Second { counts, p50_ms, p99_ms }
        };
        let told: Vec<String> = second.counts.iter().map(|(name, more)| format!("{name} {}/s", HumanCount(*more))).collect();
        line.set_message(format!("{what}: {}, p99 {:.1} ms", told.join(", "), second.p99_ms));
        lock(&shared.seconds).push(second);
        before = now;
    }
}
