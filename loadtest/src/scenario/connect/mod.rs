//! What a joined, authenticated, idle socket costs in resident memory.

pub mod hold;

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};

use super::process::{resident_kib, total};
use crate::report::tell;
use crate::target::Target;

/// Sockets of one process: open files are limited to 20,000 in many containers.
const PER_PROCESS: usize = 15_000;
/// Samples of memory; the median counts.
const SAMPLES: usize = 5;
/// From the start of a process until all its sockets are joined.
const RAMP: Duration = Duration::from_secs(600);

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long, default_value_t = 15_000)]
    pub sockets: usize,
    /// Sockets of one user; the server closes the oldest above 32.
    #[arg(long, default_value_t = 30)]
    pub sockets_per_user: usize,
    #[arg(long, default_value_t = 500)]
    pub rooms: usize,
    /// Sockets opened a second at most.
    #[arg(long, default_value_t = 1_000)]
    pub ramp: u64,
    /// A process of the server's; may be given several times. Their resident memory is measured before and after.
    #[arg(long, required = true)]
    pub pid: Vec<u32>,
    /// Seconds of rest before memory is looked at.
    #[arg(long, default_value_t = 10)]
    pub settle: u64,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    sockets: usize,
    alive: usize,
    before_kib: u64,
    after_kib: u64,
    bytes_per_socket: f64,
    connect_seconds: f64,
}

/// One process that holds sockets.
struct Holder {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

pub async fn run(options: Options) -> anyhow::Result<bool> {
    options.target.limits().await?;
    let before_kib = median(&options.pid).await?;
    let begun = tokio::time::Instant::now();
    let mut holders = Vec::new();
    for first in (0..options.sockets).step_by(PER_PROCESS) {
        holders.push(start(&options, first, PER_PROCESS.min(options.sockets - first))?);
    }
    for holder in &mut holders {
        holder.number(RAMP, "connected").await?;
    }
    let connect_seconds = begun.elapsed().as_secs_f64();
    sleep(Duration::from_secs(options.settle)).await;
    let after_kib = median(&options.pid).await?;
    let mut alive = 0;
    for mut holder in holders {
        // The end of its input is the end of its work.
        drop(holder.child.stdin.take());
        alive += holder.number(Duration::from_secs(60), "alive").await?;
        holder.child.wait().await?;
    }
    let sockets = options.sockets;
    let bytes_per_socket = (after_kib as f64 - before_kib as f64) * 1_024.0 / sockets as f64;
    let figures = Figures { sockets, alive, before_kib, after_kib, bytes_per_socket, connect_seconds };
    let sentence = format!(
        "{sockets} sockets in {connect_seconds:.1} s, {alive} alive at the end: {before_kib} KiB before, {after_kib} KiB after, \
         {bytes_per_socket:.0} B each"
    );
    tell("connect", &figures, &sentence)?;
    Ok(alive == sockets)
}

async fn median(pids: &[u32]) -> anyhow::Result<u64> {
    let mut samples = Vec::new();
    for _ in 0..SAMPLES {
        samples.push(total(pids, resident_kib)?);
        sleep(Duration::from_millis(500)).await;
    }
    samples.sort_unstable();
    Ok(samples[SAMPLES / 2])
}

fn start(options: &Options, first: usize, sockets: usize) -> anyhow::Result<Holder> {
    let mut command = Command::new(std::env::current_exe()?);
    let number = |name: &str, value: usize| [name.to_owned(), value.to_string()];
    command
        .arg("hold-sockets")
        .args(number("--first", first))
        .args(number("--sockets", sockets))
        .args(number("--sockets-per-user", options.sockets_per_user))
        .args(number("--rooms", options.rooms))
        .args(number("--ramp", options.ramp as usize))
        .args(["--url", &options.target.url])
        .args(number("--patience", options.target.patience as usize));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let lines = BufReader::new(child.stdout.take().context("a piped output")?).lines();
    Ok(Holder { child, lines })
}

impl Holder {
    /// Waits for a line such as `connected 15000`.
    async fn number(&mut self, within: Duration, word: &str) -> anyhow::Result<usize> {
        let line = timeout(within, self.lines.next_line()).await.with_context(|| format!("not {word} within {within:?}"))??;
        match line.as_deref().and_then(|line| line.strip_prefix(word)) {
            Some(number) => Ok(number.trim().parse()?),
            None => bail!("a process that holds sockets ended"),
        }
    }
}
