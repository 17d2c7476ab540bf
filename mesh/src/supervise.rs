//! One supervised child: started until it answers, started again with backoff when it ends, ended in order.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use chassis::Check;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::folder::{FolderError, told};
use crate::nursery::Nursery;
use crate::probe::Probe;
use crate::stale::PidFile;

/// A server recovers its log before it answers, which takes a while after a crash under load.
const ANSWER: Duration = Duration::from_secs(120);
const FIRST_ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A child that lived this long had started well: the next pause is short again.
const SETTLED: Duration = Duration::from_secs(30);
const ORDERLY: Duration = Duration::from_secs(10);
const LOG_BYTES: u64 = 8 << 20;

/// Why a child does not run; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("{0} cannot be started: {1}; the mesh needs the programs of util-linux and its servers' files")]
    Spawn(&'static str, std::io::Error),
    #[error("{0} does not start because the disk is full; make room")]
    DiskFull(&'static str),
    #[error("{name} does not start: {reason}; more in {log}")]
    Start { name: &'static str, reason: String, log: PathBuf },
}

/// How one child is started, asked and ended.
pub struct Recipe {
    pub name: &'static str,
    pub command: Box<dyn Fn() -> Command + Send + Sync>,
    pub probe: Probe,
    /// The signal of an orderly end.
    pub orderly: Signal,
    pub log: PathBuf,
    pub pid_file: PidFile,
}

/// A running child and the task that watches it.
pub struct Supervised {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Supervised {
    /// Starts the child and waits until it answers.
    pub async fn start(recipe: Recipe, nursery: Nursery, check: Check) -> Result<Self, ChildError> {
        recipe.pid_file.end(recipe.orderly).await?;
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        let child = loop {
            match recipe.start(&nursery).await {
                Ok(child) => break child,
                // Sessions of a killed Postgres hold its memory for a moment.
                Err(ChildError::Start { .. }) if attempt < FIRST_ATTEMPTS => sleep(pause).await,
                Err(error) => return Err(error),
            }
            (attempt, pause) = (attempt + 1, pause * 2);
        };
        check.ok();
        let stop = CancellationToken::new();
        let task = tokio::spawn(watch(recipe, nursery, check, child, stop.clone()));
        Ok(Self { stop, task })
    }

    /// Ends the child in order and waits for it.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the watch over a child broke off");
        }
    }
}

impl Recipe {
    /// One attempt: from the start to the first answer.
    async fn start(&self, nursery: &Nursery) -> Result<Child, ChildError> {
        let begin = self.rotate_log()?;
        let log = File::options().create(true).append(true).open(&self.log).map_err(told(&self.log))?;
        let mut command = (self.command)();
        command.stdout(Stdio::null()).stderr(log);
        let mut child = nursery.spawn(command).await.map_err(|error| ChildError::Spawn(self.name, error))?;
        if let Some(pid) = child.id() {
            self.pid_file.write(pid)?;
        }
        tokio::select! {
            // It ended before it answered.
            status = child.wait() => Err(self.failure(begin, &describe(status))),
            answered = timeout(ANSWER, self.probe.answered()) => match answered {
                Ok(()) => Ok(child),
                Err(_) => Err(self.failure(begin, "it does not answer")),
            },
        }
    }

    /// The last cry of the server's log, read as a sentence.
    fn failure(&self, begin: u64, otherwise: &str) -> ChildError {
        let said = read_from(&self.log, begin).unwrap_or_default();
        if said.contains("No space left on device") || said.contains("no space left on device") {
            return ChildError::DiskFull(self.name);
        }
        let cry = said
            .lines()
            .rev()
            .find(|line| ["FATAL", "[FTL]", "setpriv:", "nats-server:", "postgres:"].iter().any(|word| line.contains(word)));
        let reason = cry.unwrap_or(otherwise).trim().to_owned();
        ChildError::Start { name: self.name, reason, log: self.log.clone() }
    }

    /// Keeps one older log; gives the length of the present one.
    fn rotate_log(&self) -> Result<u64, FolderError> {
        let length = fs::metadata(&self.log).map_or(0, |found| found.len());
        if length < LOG_BYTES {
            return Ok(length);
        }
        fs::rename(&self.log, self.log.with_extension("log.old")).map_err(told(&self.log))?;
        Ok(0)
    }
}

async fn watch(recipe: Recipe, nursery: Nursery, check: Check, child: Child, stop: CancellationToken) {
    let mut child = Some(child);
    let mut pause = FIRST_PAUSE;
    while !stop.is_cancelled() {
        let since = Instant::now();
        let reason = match child.take() {
            Some(mut running) => tokio::select! {
                status = running.wait() => format!("{} ended with {}", recipe.name, describe(status)),
                () = stop.cancelled() => return end(&recipe, running).await,
            },
            None => tokio::select! {
                outcome = recipe.start(&nursery) => match outcome {
                    Ok(started) => {
                        tracing::info!(child = recipe.name, "child runs again");
                        check.ok();
                        child = Some(started);
                        continue;
                    }
                    Err(error) => error.to_string(),
                },
                // The half-started child is killed with the attempt.
                () = stop.cancelled() => return,
            },
        };
        pause = if since.elapsed() > SETTLED { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        // Jitter: two children of one sick machine should not start in step.
        let wait = pause.mul_f64(rand::random_range(0.5..1.0));
        tracing::error!(child = recipe.name, reason, again_in_ms = wait.as_millis() as u64, "child is down, starting it again");
        check.failing(reason);
        tokio::select! {
            () = sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn end(recipe: &Recipe, mut child: Child) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid
        && let Err(error) = kill(Pid::from_raw(pid), recipe.orderly)
    {
        tracing::warn!(child = recipe.name, %error, "child takes no signal");
    }
    if timeout(ORDERLY, child.wait()).await.is_err() {
        tracing::warn!(child = recipe.name, waited_s = ORDERLY.as_secs(), "child does not end, killing it");
        if let Err(error) = child.kill().await {
            tracing::error!(child = recipe.name, %error, "child cannot be killed");
        }
    }
}

fn describe(status: std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}

fn read_from(path: &Path, begin: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(begin))?;
    let mut bytes = Vec::new();
    file.take(64 << 10).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
