//! Sockets that come and go: how far behind others see it, and whether the counts are right in the end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use chatmesh_client::protocol::frame::ServerFrame;
use chatmesh_client::protocol::id::{RoomId, UserId};
use chatmesh_client::{Login, Socket};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, sleep_until, timeout};

use super::process::{cpu_seconds, total};
use super::receiver;
use crate::report::{Latencies, Report, Spread};
use crate::target::Target;

/// A broken socket's user stays for so long.
const GRACE: Duration = Duration::from_secs(10);
/// Within this the counts must be right.
const SETTLED: Duration = Duration::from_secs(30);
/// The client must say something every 30 s, however much it hears.
const PING: Duration = Duration::from_secs(25);

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long, default_value_t = 15_000)]
    pub sockets: usize,
    #[arg(long, default_value_t = 500)]
    pub rooms: usize,
    /// Sockets that come, and later go, in a second.
    #[arg(long, default_value_t = 500)]
    pub rate: u64,
    /// A process of the presence service; may be given several times. Its CPU time is measured.
    #[arg(long)]
    pub pid: Vec<u32>,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    sockets: usize,
    joins: Spread,
    leaves: Spread,
    /// Cores that the presence service used while sockets came and went.
    presence_cores: f64,
    /// Rooms whose count was not right.
    wrong: usize,
    seconds: f64,
}

/// When each user came, and went for good.
#[derive(Default)]
struct Book {
    came: HashMap<UserId, Instant>,
    over: HashMap<UserId, Instant>,
}

#[derive(Default)]
struct Shared {
    book: Mutex<Book>,
    seen: Mutex<(Latencies, Latencies)>,
    counts: Mutex<HashMap<RoomId, u64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let target = &options.target;
    target.limits().await?;
    let rooms = target.rooms(&target.guests("owner", 1).await?, "churn", options.rooms).await?;
    let users = target.guests("churn", options.sockets).await?;
    let shared = Arc::new(Shared::default());
    let mut watchers = JoinSet::new();
    for (number, room) in rooms.iter().enumerate() {
        let watcher = target.guest("watcher").await?;
        let socket = open(target, &watcher, number, room).await?;
        watchers.spawn(watch_room(socket, watcher.user.id.clone(), room.clone(), shared.clone()));
    }
    ensure!(settle(&shared, &rooms, |_| 1).await == 0, "the server tells nobody who is there; does a presence service run?");
    let expected = |number: usize| 1 + (options.sockets / options.rooms + usize::from(number < options.sockets % options.rooms));
    let (begun, cpu) = (Instant::now(), total(&options.pid, cpu_seconds)?);
    let (leave, leaving) = watch::channel(false);
    let pause = Duration::from_micros(1_000_000 / options.rate.max(1));
    let mut people = JoinSet::new();
    let mut due = Instant::now();
    for (number, user) in users.into_iter().enumerate() {
        due += pause;
        sleep_until(due).await;
        let (options, room, shared) = (options.clone(), rooms[number % rooms.len()].clone(), shared.clone());
        people.spawn(come_and_go(options, number, user, room, shared, leaving.clone(), pause * number as u32));
    }
    let ramp = begun.elapsed();
    let mut wrong = settle(&shared, &rooms, expected).await;
    let leaving_begun = Instant::now();
    leave.send_replace(true);
    while let Some(gone) = people.join_next().await {
        gone??;
    }
    wrong += settle(&shared, &rooms, |_| 1).await;
    let busy = ramp + leaving_begun.elapsed();
    let presence_cores = (total(&options.pid, cpu_seconds)? - cpu) / busy.as_secs_f64();
    watchers.shutdown().await;
    let (joins, leaves) = lock(&shared.seen).clone();
    let latencies = vec![("joins seen", joins.clone()), ("leaves seen", leaves.clone())];
    let (joins, leaves) = (joins.spread(), leaves.spread());
    let figures =
        Figures { sockets: options.sockets, joins, leaves, presence_cores, wrong, seconds: begun.elapsed().as_secs_f64() };
    let sentence = format!(
        "{} sockets in {} rooms at {} a second: seen {joins} after they came, {leaves} after their time was over; {presence_cores:.2} \
         cores of presence; {wrong} counts wrong",
        options.sockets, options.rooms, options.rate
    );
    let mut report = Report::new("churn", &figures, sentence)?;
    let all = options.sockets as u64;
    report.must(wrong == 0, format!("{wrong} counts were wrong"));
    report
        .must(joins.count == all && leaves.count == all, format!("{} joins and {} leaves were told", joins.count, leaves.count));
    report.latencies = latencies;
    Ok(report)
}

/// Rooms whose count is not as expected when it had time to settle.
async fn settle(shared: &Shared, rooms: &[RoomId], expected: impl Fn(usize) -> usize) -> usize {
    let until = Instant::now() + SETTLED;
    loop {
        let wrong = {
            let counts = lock(&shared.counts);
            rooms.iter().enumerate().filter(|(number, room)| counts.get(*room) != Some(&(expected(*number) as u64))).count()
        };
        if wrong == 0 || Instant::now() > until {
            return wrong;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn open(target: &Target, user: &Login, number: usize, room: &RoomId) -> anyhow::Result<Socket> {
    let (mut socket, _) = receiver::open(&target.url, user, number, false).await?;
    socket.send(&json!({ "t": "attach", "ref": 1, "room": room })).await?;
    let attached = async {
        loop {
            match socket.next().await? {
                ServerFrame::Resumed { .. } => return Ok(()),
                ServerFrame::Error(error) => bail!("{}", error.message),
                _ => {}
            }
        }
    };
    timeout(Duration::from_secs(30), attached).await.context("not attached within 30 s")??;
    Ok(socket)
}

fn pings() -> Interval {
    let mut pings = tokio::time::interval(PING);
    pings.reset();
    pings
}

/// Comes at once, and goes `after` the word.
async fn come_and_go(
    options: Options,
    number: usize,
    user: Login,
    room: RoomId,
    shared: Arc<Shared>,
    mut leaving: watch::Receiver<bool>,
    after: Duration,
) -> anyhow::Result<()> {
    let mut socket = open(&options.target, &user, number, &room).await?;
    lock(&shared.book).came.insert(user.user.id.clone(), Instant::now());
    let mut ping = pings();
    loop {
        tokio::select! {
            frame = socket.next() => drop(frame?),
            _ = ping.tick() => socket.send(&json!({ "t": "ping" })).await?,
            word = async { leaving.wait_for(|leave| *leave).await.map(drop) } => {
                word?;
                break;
            }
        }
    }
    // Dropped unread until then: the kernel's buffers hold what little comes.
    tokio::time::sleep(after).await;
    lock(&shared.book).over.insert(user.user.id.clone(), Instant::now() + GRACE);
    drop(socket);
    Ok(())
}

/// Notes when others are seen to come and go, and the count.
async fn watch_room(mut socket: Socket, own: UserId, room: RoomId, shared: Arc<Shared>) -> anyhow::Result<()> {
    let mut ping = pings();
    loop {
        let frame = tokio::select! {
            frame = socket.next() => frame?,
            _ = ping.tick() => {
                socket.send(&json!({ "t": "ping" })).await?;
                continue;
            }
        };
        let ServerFrame::Presence { people, .. } = frame else { continue };
        let now = Instant::now();
        lock(&shared.counts).insert(room.clone(), people.count);
        let book = lock(&shared.book);
        let mut seen = lock(&shared.seen);
        for join in people.joins.iter().filter(|join| !people.full && join.id != own) {
            // Who was seen before he himself knew that he is there was seen in no time.
            seen.0.record(book.came.get(&join.id).map_or(Duration::ZERO, |came| now.duration_since(*came)));
        }
        for user in &people.leaves {
            seen.1.record(book.over.get(user).map_or(Duration::ZERO, |over| now.duration_since(*over)));
        }
    }
}
