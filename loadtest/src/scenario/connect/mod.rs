//! What a joined, authenticated, idle socket costs: CPU time until it is joined, resident memory, and CPU time while it rests, beside a bare loop
//! that moves the same bytes.

pub mod bare;
pub mod hold;

use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use tokio::time::sleep;

use super::process::{cpu_seconds, resident_kib, total};
use super::worker::{self, Worker};
use crate::report::Report;
use crate::target::Target;

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
    /// Rooms that each user joins; his sockets attach them.
    #[arg(long, default_value_t = 1)]
    pub memberships: usize,
    /// Sockets opened a second at most.
    #[arg(long, default_value_t = 1_000)]
    pub ramp: u64,
    /// A process of the server's; may be given several times. Their resident memory is measured before and after.
    #[arg(long, required = true)]
    pub pid: Vec<u32>,
    /// Seconds of rest before memory is looked at.
    #[arg(long, default_value_t = 10)]
    pub settle: u64,
    /// Seconds of rest over which CPU time is counted, with the sockets' pings.
    #[arg(long, default_value_t = 30)]
    pub idle: u64,
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
    /// Microseconds of the processes' CPU time for each socket, from the TCP connection to `welcome` and the room attached.
    connect_cpu_us: f64,
    /// Of one core.
    idle_cpu_share: f64,
    bare: bare::Figures,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    ensure!((1..=options.rooms).contains(&options.memberships), "--memberships is between 1 and --rooms");
    options.target.limits().await?;
    let before_kib = median(&options.pid).await?;
    let mut holders = Vec::new();
    for first in (0..options.sockets).step_by(worker::SOCKETS) {
        holders.push(start(&options, first, worker::SOCKETS.min(options.sockets - first))?);
    }
    for holder in &mut holders {
        holder.hear(RAMP, "ready").await?;
    }
    let (begun, cpu) = (tokio::time::Instant::now(), total(&options.pid, cpu_seconds)?);
    for holder in &mut holders {
        holder.hear(RAMP, "connected").await?;
    }
    let (connect_seconds, connect_cpu) = (begun.elapsed().as_secs_f64(), total(&options.pid, cpu_seconds)? - cpu);
    sleep(Duration::from_secs(options.settle)).await;
    let after_kib = median(&options.pid).await?;
    let cpu = total(&options.pid, cpu_seconds)?;
    sleep(Duration::from_secs(options.idle)).await;
    let idle_cpu_share = (total(&options.pid, cpu_seconds)? - cpu) / options.idle.max(1) as f64;
    let mut alive = 0;
    for holder in holders {
        alive += holder.end(Duration::from_secs(60), "alive").await?.parse::<usize>()?;
    }
    let sockets = options.sockets;
    let bytes_per_socket = (after_kib as f64 - before_kib as f64) * 1_024.0 / sockets as f64;
    let connect_cpu_us = connect_cpu * 1e6 / sockets as f64;
    // The machine of now: after the gateway's sockets are gone.
    let bare = bare::beside(sockets, options.ramp, options.settle, options.idle).await?;
    let figures = Figures {
        sockets,
        alive,
        before_kib,
        after_kib,
        bytes_per_socket,
        connect_seconds,
        connect_cpu_us,
        idle_cpu_share,
        bare,
    };
    let sentence = format!(
        "{sockets} sockets in {connect_seconds:.1} s, {alive} alive at the end: {before_kib} KiB before, {after_kib} KiB after, \
         {bytes_per_socket:.0} B each; {connect_cpu_us:.0} µs of CPU time to connect each, {:.1} % of a core at rest; a bare loop of \
         the same bytes {:.0} µs and {:.1} %",
        idle_cpu_share * 100.0,
        bare.connect_cpu_us,
        bare.idle_cpu_share * 100.0
    );
    let mut report = Report::new("connect", &figures, sentence)?;
    report.must(alive == sockets, format!("{} sockets did not live to the end", sockets - alive));
    Ok(report)
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

fn start(options: &Options, first: usize, sockets: usize) -> anyhow::Result<Worker> {
    let arguments = [
        ("--first", first.to_string()),
        ("--sockets", sockets.to_string()),
        ("--sockets-per-user", options.sockets_per_user.to_string()),
        ("--rooms", options.rooms.to_string()),
        ("--memberships", options.memberships.to_string()),
        ("--ramp", options.ramp.to_string()),
        ("--url", options.target.url.clone()),
        ("--patience", options.target.patience.to_string()),
    ];
    Worker::start("hold-sockets", &arguments)
}
