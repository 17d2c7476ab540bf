//! Deliveries for each CPU-second of the gateway, beside a bare loop that sends the same bytes to as many sockets, one frame a call.

pub mod bare;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chatmesh_client::protocol::frame::ServerFrame;
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Client, ClientOptions, Login, NewChange, Socket};
use clap::Args;
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::process::{cpu_seconds, total};
use super::receiver::{self, Counted};
use crate::report::{Latencies, Live, Report, Spread};
use crate::target::{AT_ONCE, Target};

const SOCKETS_PER_USER: usize = 30;
/// Authors of each room: each has one message on its way to the log.
const AUTHORS: usize = 8;
/// From the last message until everybody has all.
const LATE: Duration = Duration::from_secs(60);

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long, default_value_t = 1)]
    pub rooms: usize,
    /// Sockets in all; dealt out to the rooms evenly.
    #[arg(long, default_value_t = 1_000)]
    pub sockets: usize,
    /// Messages a second, over all rooms.
    #[arg(long, default_value_t = 400)]
    pub rate: u64,
    /// Characters of each message.
    #[arg(long, default_value_t = 128)]
    pub bytes: usize,
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// The gateway's process; its CPU time is what counts.
    #[arg(long, required = true)]
    pub pid: Vec<u32>,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    deliveries: u64,
    expected: u64,
    frames: u64,
    broken: u64,
    seconds: f64,
    deliveries_per_second: f64,
    cpu_seconds: f64,
    per_cpu_second: f64,
    bytes_per_delivery: f64,
    latency: Spread,
    bare: bare::Figures,
    ratio: f64,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let target = &options.target;
    target.without_rate_limit().await?;
    ensure!(options.rooms > 0 && options.sockets >= options.rooms, "each room needs a socket");
    let owner = target.guest("loadtest").await?;
    let mut rooms = Vec::new();
    for number in 0..options.rooms {
        rooms.push(target.room(&owner, &format!("fanout {number}")).await?);
    }
    // Authors first: that they joined is an event too.
    let authors = authors(target, &rooms).await?;
    let counted = Arc::new(Counted::default());
    let users = target.guests("listener", options.sockets.div_ceil(SOCKETS_PER_USER)).await?;
    // The server may serve those who came first first: one before the others, one among them, one behind them.
    let mut samples = Vec::new();
    for half in [0..options.sockets / 2, options.sockets / 2..options.sockets] {
        samples.push(receiver::open(&target.url, &owner, 0, true).await?.0);
        receive(&options, &rooms, &users, half, &counted).await?;
    }
    samples.push(receiver::open(&target.url, &owner, 0, true).await?.0);

    let messages = options.rate * options.seconds;
    let expected: u64 = (0..messages as usize).map(|number| listeners(&options, number % rooms.len())).sum();
    let live = Live::start("fan-out", vec![("delivered", counted.events.clone())]);
    let (cpu, begin) = (total(&options.pid, cpu_seconds)?, Instant::now());
    let sample = |socket| sampled(socket, messages, begin, options.rate, &live);
    let (sent, latency) = tokio::join!(send(&options, &rooms, &authors, begin), try_join_all(samples.iter_mut().map(sample)));
    sent?;
    let mut latencies = Latencies::default();
    latency?.iter().for_each(|of_one| latencies.add_values(&of_one.values()));
    let latency = latencies.spread();
    let arrived = async {
        while counted.events.load(Ordering::Relaxed) < expected && counted.broken.load(Ordering::Relaxed) == 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    // What is missing then is counted as missing.
    let _late = timeout(LATE, arrived).await;
    let (seconds, cpu_seconds) = (begin.elapsed().as_secs_f64(), total(&options.pid, cpu_seconds)? - cpu);
    let seconds_of_run = live.end();
    // What comes too much comes soon.
    sleep(Duration::from_millis(500)).await;
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    let (deliveries, frames, broken) = (count(&counted.events), count(&counted.frames), count(&counted.broken));
    ensure!(deliveries > 0 && cpu_seconds > 0.0, "nothing was delivered, or --pid is not the gateway");
    let bytes_per_delivery = count(&counted.bytes) as f64 / deliveries as f64;
    drop(authors);

    let rooms = options.rooms as u64;
    let bare =
        bare::beside(options.sockets, messages / rooms, bytes_per_delivery as usize, (options.rate / rooms).max(1)).await?;
    let per_cpu_second = deliveries as f64 / cpu_seconds;
    let ratio = per_cpu_second / bare.per_cpu_second;
    let deliveries_per_second = deliveries as f64 / seconds;
    let sentence = format!(
        "{deliveries} of {expected} deliveries in {seconds:.1} s and {cpu_seconds:.2} CPU-seconds: {per_cpu_second:.0} each, a bare loop \
         {:.0}, ratio {ratio:.2}; published to delivered {latency}",
        bare.per_cpu_second
    );
    let figures = Figures {
        deliveries,
        expected,
        frames,
        broken,
        seconds,
        deliveries_per_second,
        cpu_seconds,
        per_cpu_second,
        bytes_per_delivery,
        latency,
        bare,
        ratio,
    };
    let mut report = Report::new("fanout", &figures, sentence)?;
    (report.lost, report.doubled) = (expected.saturating_sub(deliveries), deliveries.saturating_sub(expected));
    report.must(broken == 0, format!("{broken} connections broke"));
    report.latencies.push(("published to delivered", latencies));
    report.seconds = seconds_of_run;
    Ok(report)
}

/// Sockets of a room.
fn listeners(options: &Options, room: usize) -> u64 {
    (options.sockets / options.rooms + usize::from(room < options.sockets % options.rooms)) as u64
}

/// Opens the sockets, which count from then on.
async fn receive(
    options: &Options,
    rooms: &[RoomId],
    users: &[Login],
    numbers: Range<usize>,
    counted: &Arc<Counted>,
) -> anyhow::Result<()> {
    let target = &options.target;
    let open = stream::iter(numbers).map(|number| {
        let counted = counted.clone();
        async move {
            let (user, room) = (&users[number / SOCKETS_PER_USER], &rooms[number % rooms.len()]);
            let socket = receiver::attached(&target.url, user, number, room.as_str()).await?;
            tokio::spawn(receiver::count(socket, counted));
            anyhow::Ok(())
        }
    });
    open.buffer_unordered(AT_ONCE).try_collect::<()>().await
}

async fn authors(target: &Target, rooms: &[RoomId]) -> anyhow::Result<Vec<Client>> {
    let mut authors = Vec::new();
    for room in rooms {
        for _ in 0..AUTHORS {
            let login = target.guest("author").await?;
            target.join(&login, room).await?;
            let options = ClientOptions { recent: false, ..ClientOptions::default() };
            authors.push(Client::start(target.api(), login, options).0);
        }
    }
    Ok(authors)
}

/// Sends at the rate, whatever the server does, and returns once all is stored.
async fn send(options: &Options, rooms: &[RoomId], authors: &[Client], begin: Instant) -> anyhow::Result<()> {
    let mut tickets = Vec::new();
    for number in 0..options.rate * options.seconds {
        sleep_until(due(begin, number, options.rate)).await;
        let room = number as usize % rooms.len();
        let author = &authors[room * AUTHORS + number as usize / rooms.len() % AUTHORS];
        let text = format!("{number:0width$}", width = options.bytes);
        tickets.push(author.submit(NewChange::message(&rooms[room], text)).await?);
    }
    for ticket in tickets {
        timeout(LATE, ticket.stored()).await.context("a message was not stored in time")??;
    }
    Ok(())
}

fn due(begin: Instant, number: u64, rate: u64) -> Instant {
    begin + Duration::from_secs_f64(number as f64 / rate as f64)
}

/// One socket that decodes all it hears: how long each message took from when it was due.
async fn sampled(socket: &mut Socket, messages: u64, begin: Instant, rate: u64, live: &Live) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    let mut heard = 0;
    while heard < messages {
        let frame = timeout(LATE, socket.next()).await.context("a message did not come in time")??;
        let ServerFrame::Event(event) = frame else { continue };
        let text = event.body.and_then(|body| body.text).unwrap_or_default();
        if let Ok(number) = text.parse() {
            let latency = due(begin, number, rate).elapsed();
            latencies.record(latency);
            live.record(latency);
            heard += 1;
        }
    }
    Ok(latencies)
}
