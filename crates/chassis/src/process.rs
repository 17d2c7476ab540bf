//! One process from its configuration to its exit code.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{ProcessConfig, Sources};
use crate::health::{Outcome, Report};
use crate::lifecycle::GRACE;
use crate::memory;
use crate::metrics::Metrics;
use crate::{Health, Lifecycle, config, ops, telemetry};

/// The exit code of a refused configuration (`EX_USAGE`).
const BAD_CONFIG: u8 = 64;
/// What tasks get between the hard stop and the end of the process.
const AFTER_HARD: Duration = Duration::from_secs(3);

/// What a service gets from its process; cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub lifecycle: Lifecycle,
    pub health: Health,
    /// The bound address of the operations port.
    pub ops: SocketAddr,
}

impl Default for Context {
    /// For tests that run a service without a process.
    fn default() -> Self {
        Self { lifecycle: Lifecycle::default(), health: Health::default(), ops: (Ipv4Addr::LOCALHOST, 0).into() }
    }
}

impl Context {
    /// A context for one of several services in this process: its own soft stop, its own names of checks.
    pub fn stage(&self, name: &str) -> Context {
        Context { lifecycle: self.lifecycle.stage(), health: self.health.part(name), ops: self.ops }
    }

    /// The report of the checks; a draining process is not ready.
    pub fn readiness(&self) -> Report {
        let mut report = self.health.report();
        if self.lifecycle.soft().is_cancelled() {
            report.ready = false;
            report.checks.insert("lifecycle".to_owned(), Outcome { ok: false, reason: Some("draining".to_owned()) });
        }
        report
    }
}

/// A service that runs. Boxed where it is written: its code is then made once, there, and not again in each program that runs it,
/// which took minutes of a release build.
pub type Running = std::pin::Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// Runs a service: loads its configuration, starts logs, metrics and the operations port, and waits for the end.
///
/// Exit codes: 0 drained, 1 failed (one sentence on stderr), 64 bad configuration.
pub fn run<T, F>(service: &'static str, main: F) -> ExitCode
where
    T: Default + Serialize + DeserializeOwned,
    F: FnOnce(Context, T) -> Running,
{
    let (process, config) = match config::load::<T>(&Sources::of_process()) {
        Ok(loaded) => loaded,
        Err(error) => {
            eprintln!("{service}: {error}");
            return ExitCode::from(BAD_CONFIG);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{service}: the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(supervise(service, process, |context| main(context, config)));
    // Blocking work that hangs, such as a name lookup, must not hold up the exit.
    runtime.shutdown_timeout(Duration::from_millis(500));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{service}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn supervise<F, Fut>(service: &'static str, process: ProcessConfig, main: F) -> anyhow::Result<()>
where
    F: FnOnce(Context) -> Fut,
    Fut: Future<Output = anyhow::Result<()>>,
{
    let telemetry = telemetry::install(service, &process.log, &process.telemetry)?;
    let metrics = Metrics::install(service)?;
    let listener = ops::bind(process.ops.listen).await?;
    let context = Context { ops: listener.local_addr()?, ..Context::default() };
    tracing::info!(version = env!("CARGO_PKG_VERSION"), ops.address = %context.ops, "{service} starts");
    let server = tokio::spawn(ops::serve(listener, context.clone(), metrics));
    let signals = tokio::spawn(watch_signals(context.lifecycle.clone())?);
    let memory = tokio::spawn(memory::give_back());

    let lifecycle = &context.lifecycle;
    let whole = async {
        let outcome = main(context.clone()).await;
        // A service that ended by itself takes its tasks along.
        lifecycle.stop();
        lifecycle.drained().await;
        outcome
    };
    let outcome = tokio::select! {
        outcome = whole => outcome,
        () = expired(lifecycle) => Err(anyhow::anyhow!("not everything had ended when the time for it was over")),
    };
    lifecycle.abort();
    signals.abort();
    memory.abort();
    if tokio::time::timeout(AFTER_HARD, server).await.is_err() {
        tracing::debug!("operations port was dropped with a request open");
    }
    tracing::info!("{service} ended");
    telemetry.flush().await;
    outcome
}

/// Resolves when the hard stop has come and its last seconds are over.
async fn expired(lifecycle: &Lifecycle) {
    lifecycle.soft().cancelled().await;
    tokio::select! {
        () = lifecycle.hard().cancelled() => {}
        () = tokio::time::sleep(GRACE) => {
            tracing::warn!(grace_s = GRACE.as_secs(), "still draining, ending hard");
            lifecycle.abort();
        }
    }
    tokio::time::sleep(AFTER_HARD).await;
}

fn watch_signals(lifecycle: Lifecycle) -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be watched")?;
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be watched")?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if lifecycle.soft().is_cancelled() {
                tracing::warn!("second signal, ending hard");
                lifecycle.abort();
                return;
            }
            tracing::info!("signal received, draining; once more to end at once");
            lifecycle.stop();
        }
    })
}
