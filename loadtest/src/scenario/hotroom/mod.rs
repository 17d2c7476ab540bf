//! One room with more viewers than one process or one gateway holds.

pub mod viewers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Client, ClientOptions, NewChange};
use clap::Args;
use futures_util::future::try_join_all;
use serde::Serialize;
use tokio::time::{Instant, sleep, sleep_until};

use super::process::{cpu_seconds, total};
use super::worker::{self, Worker};
use crate::report::{Latencies, Live, Report, Spread};
use crate::target::Target;
use viewers::Heard;

const RAMP: Duration = Duration::from_secs(600);
const ANSWER: Duration = Duration::from_secs(30);
/// From the last message until everybody has all.
const LATE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(200);

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long, default_value_t = 15_000)]
    pub viewers: usize,
    /// Who writes; each has one message on its way to the log.
    #[arg(long, default_value_t = 8)]
    pub authors: usize,
    /// Messages a second, over all authors.
    #[arg(long, default_value_t = 1.0)]
    pub rate: f64,
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// Every so manieth viewer reads and times what it hears, the others count.
    #[arg(long, default_value_t = 100)]
    pub reader_every: usize,
    /// Further gateways; viewers are dealt out evenly.
    #[arg(long)]
    pub also: Vec<String>,
    /// Processes of the gateways, whose CPU time is measured.
    #[arg(long)]
    pub pid: Vec<u32>,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    viewers: usize,
    messages: u64,
    deliveries: u64,
    expected: u64,
    broken: u64,
    connect_seconds: f64,
    seconds: f64,
    deliveries_per_second: f64,
    gateway_cpu_seconds: f64,
    /// From when a message was due until a reader had it.
    delivered: Spread,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let target = &options.target;
    target.without_rate_limit().await?;
    ensure!(options.viewers > 0 && options.authors > 0 && options.reader_every > 0, "there must be viewers, authors and readers");
    let owner = target.guest("loadtest").await?;
    let room = target.room(&owner, "hot").await?;
    // Authors first: that they joined is an event too.
    let mut authors = Vec::new();
    for _ in 0..options.authors {
        let login = target.guest("author").await?;
        target.join(&login, &room).await?;
        let quiet = ClientOptions { recent: false, ..ClientOptions::default() };
        authors.push(Client::start(target.api(), login, quiet).0);
    }
    let begun = Instant::now();
    let mut workers = open(&options, &room).await?;
    let connect_seconds = begun.elapsed().as_secs_f64();
    let delivered = Arc::new(AtomicU64::new(0));
    let live = Live::start("hot room", vec![("delivered", delivered.clone())]);
    let messages = (options.rate * options.seconds as f64) as u64;
    let expected = messages * options.viewers as u64;
    let (cpu, begun) = (total(&options.pid, cpu_seconds)?, Instant::now());
    let sending = send(&options, &room, &authors, messages);
    let heard = collect(&mut workers, &delivered, expected, Duration::from_secs(options.seconds) + LATE);
    tokio::try_join!(sending, heard)?;
    let seconds = begun.elapsed().as_secs_f64();
    let gateway_cpu_seconds = total(&options.pid, cpu_seconds)? - cpu;
    let seconds_of_run = live.end();
    // What comes too much comes soon.
    sleep(Duration::from_millis(500)).await;
    let mut latencies = Latencies::default();
    let (mut deliveries, mut broken, mut gaps, mut doubled) = (0, 0, 0, 0);
    for worker in workers {
        let heard: Heard = serde_json::from_str(&worker.end(ANSWER, "heard").await?)?;
        latencies.add_values(&heard.latencies);
        (deliveries, broken) = (deliveries + heard.events, broken + heard.broken);
        (gaps, doubled) = (gaps + heard.gaps, doubled + heard.doubled);
    }
    let spread = latencies.spread();
    let figures = Figures {
        viewers: options.viewers,
        messages,
        deliveries,
        expected,
        broken,
        connect_seconds,
        seconds,
        deliveries_per_second: deliveries as f64 / seconds,
        gateway_cpu_seconds,
        delivered: spread,
    };
    let sentence = format!(
        "{} viewers of one room, {messages} messages: {deliveries} of {expected} deliveries in {seconds:.1} s, mean {:.1} ms, {spread}",
        options.viewers, spread.mean_ms
    );
    let mut report = Report::new("hotroom", &figures, sentence)?;
    report.lost = gaps.max(expected.saturating_sub(deliveries));
    report.doubled = doubled.max(deliveries.saturating_sub(expected));
    report.must(broken == 0, format!("{broken} connections broke"));
    report.latencies.push(("due to delivered", latencies));
    report.seconds = seconds_of_run;
    Ok(report)
}

/// Processes with viewers, each at one of the gateways.
async fn open(options: &Options, room: &RoomId) -> anyhow::Result<Vec<Worker>> {
    let urls: Vec<&String> = std::iter::once(&options.target.url).chain(&options.also).collect();
    let (mut workers, mut first) = (Vec::new(), 0);
    for (number, url) in urls.iter().enumerate() {
        let here = options.viewers / urls.len() + usize::from(number < options.viewers % urls.len());
        for begin in (0..here).step_by(worker::SOCKETS) {
            let sockets = worker::SOCKETS.min(here - begin);
            let arguments = [
                ("--first", first.to_string()),
                ("--sockets", sockets.to_string()),
                ("--room", room.to_string()),
                ("--reader-every", options.reader_every.to_string()),
                ("--url", (*url).clone()),
                ("--patience", options.target.patience.to_string()),
            ];
            workers.push(Worker::start("view-room", &arguments)?);
            first += sockets;
        }
    }
    try_join_all(workers.iter_mut().map(|worker| worker.hear(RAMP, "connected"))).await?;
    Ok(workers)
}

/// Sends at the rate, whatever the server does, and returns once all is stored.
async fn send(options: &Options, room: &RoomId, authors: &[Client], messages: u64) -> anyhow::Result<()> {
    let (begun, begun_us) = (Instant::now(), now_us());
    let mut tickets = Vec::new();
    for number in 0..messages {
        let after = Duration::from_secs_f64(number as f64 / options.rate);
        sleep_until(begun + after).await;
        let due = begun_us + after.as_micros() as u64;
        let author = &authors[number as usize % authors.len()];
        tickets.push(author.submit(NewChange::message(room, due.to_string())).await?);
    }
    for ticket in tickets {
        ticket.stored().await?;
    }
    Ok(())
}

/// Looks at what was heard until it is all, or the time is over.
async fn collect(workers: &mut [Worker], delivered: &AtomicU64, expected: u64, within: Duration) -> anyhow::Result<()> {
    let until = Instant::now() + within;
    loop {
        let mut events = 0;
        for worker in &mut *workers {
            let heard: Heard = serde_json::from_str(&worker.ask(ANSWER, "heard").await?)?;
            events += heard.events;
        }
        delivered.store(events, Ordering::Relaxed);
        if events >= expected || Instant::now() > until {
            return Ok(());
        }
        sleep(LOOK).await;
    }
}

/// Microseconds since 1970 UTC: all processes of a run are on one machine.
fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}
