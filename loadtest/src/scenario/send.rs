//! Acknowledged sends a second, end to end, with a fixed number in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Client, ClientOptions, NewChange};
use clap::Args;
use serde::Serialize;
use tokio::time::{Instant, sleep, timeout};

use crate::report::{Latencies, Live, Report, Spread};
use crate::target::Target;

const WARM_UP: Duration = Duration::from_secs(2);
const WITHIN: Duration = Duration::from_secs(60);

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Users, each with one socket.
    #[arg(long, default_value_t = 64)]
    pub users: usize,
    /// Rooms that they are dealt out to. One user has one message on its way from the gateway to the log.
    #[arg(long, default_value_t = 64)]
    pub rooms: usize,
    /// Messages in flight, over all users.
    #[arg(long, default_value_t = 256)]
    pub inflight: usize,
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Characters of each message.
    #[arg(long, default_value_t = 128)]
    pub bytes: usize,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    sends: u64,
    per_second: f64,
    in_flight: usize,
    /// In a closed loop: how long one waits among so many, not what a send takes.
    latency: Spread,
    rooms: Vec<RoomId>,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let target = &options.target;
    target.without_rate_limit().await?;
    ensure!(options.users > 0 && options.rooms > 0 && options.inflight >= options.users, "at least one in flight for each user");
    let rooms = target.rooms(&target.guests("loadtest", 1).await?, "send", options.rooms).await?;
    let users = target.members("sender", options.users, &rooms, 1).await?;
    let quiet = || ClientOptions { recent: false, ..ClientOptions::default() };
    let users = users.into_iter().map(|login| Client::start(target.api(), login, quiet()).0).zip(rooms.iter().cycle().cloned());
    let run = Arc::new(Run { stop: AtomicBool::new(false), stored: Arc::default() });
    let live = Live::start("sending", vec![("stored", run.stored.clone())]);
    let window = options.inflight / options.users;
    let sending: Vec<_> =
        users.map(|(client, room)| tokio::spawn(keep_sending(client, room, window, options.bytes, run.clone()))).collect();
    sleep(WARM_UP).await;
    let (before, begin) = (run.stored.load(Ordering::Relaxed), Instant::now());
    sleep(Duration::from_secs(options.seconds)).await;
    let (sends, seconds) = (run.stored.load(Ordering::Relaxed) - before, begin.elapsed().as_secs_f64());
    run.stop.store(true, Ordering::Relaxed);
    let mut latencies = Latencies::default();
    for task in sending {
        task.await??.into_iter().for_each(|latency| latencies.record(latency));
    }
    let (per_second, in_flight) = (sends as f64 / seconds, window * options.users);
    let figures = Figures { sends, per_second, in_flight, latency: latencies.spread(), rooms: rooms.clone() };
    let (users, latency) = (options.users, figures.latency);
    let sentence = format!("{per_second:.0} acknowledged sends a second of {users} users, {in_flight} in flight; {latency}");
    let mut report = Report::new("send", &figures, sentence)?;
    report.latencies.push(("to ok", latencies));
    report.seconds = live.end();
    Ok(report)
}

struct Run {
    stop: AtomicBool,
    stored: Arc<AtomicU64>,
}

/// Keeps so many in flight until it is told to stop.
async fn keep_sending(client: Client, room: RoomId, window: usize, bytes: usize, run: Arc<Run>) -> anyhow::Result<Vec<Duration>> {
    let text = "x".repeat(bytes);
    let mut latencies = Vec::new();
    let mut flying = std::collections::VecDeque::new();
    loop {
        let stop = run.stop.load(Ordering::Relaxed);
        while !stop && flying.len() < window {
            flying.push_back((client.submit(NewChange::message(&room, text.as_str())).await?, Instant::now()));
        }
        let Some((ticket, since)) = flying.pop_front() else { return Ok(latencies) };
        timeout(WITHIN, ticket.stored()).await.context("a message was not stored within a minute")??;
        latencies.push(since.elapsed());
        run.stored.fetch_add(1, Ordering::Relaxed);
    }
}
