//! All sockets of a gateway that dies resume at another at once: how long until each has all that it missed, and what it costs.

mod member;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::protocol::room::Room;
use chatmesh_client::{Client, ClientOptions, Login, NewChange};
use clap::Args;
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::operations::Counters;
use crate::report::{Latencies, Report, Spread};
use crate::target::{AT_ONCE, Target};
use member::{Member, Tally};

/// Each owns every so manieth room.
const AUTHORS: usize = 32;
const LATE: Duration = Duration::from_secs(60);
/// Presence is told of a dead gateway's users within 15 s.
const PRESENCE: Duration = Duration::from_secs(18);

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long, default_value_t = 10_000)]
    pub sockets: usize,
    /// Sockets of one user; the server closes the oldest above 32.
    #[arg(long, default_value_t = 30)]
    pub sockets_per_user: usize,
    #[arg(long, default_value_t = 100)]
    pub rooms: usize,
    /// Messages of each room while all are away.
    #[arg(long, default_value_t = 50)]
    pub missed: u64,
    /// Characters of each message.
    #[arg(long, default_value_t = 128)]
    pub bytes: usize,
    /// The gateway to which all come back.
    #[arg(long)]
    pub to: String,
    /// The process of the gateway at `--url`, which is killed. Without one, the sockets are dropped instead.
    #[arg(long)]
    pub kill: Option<i32>,
    /// Operations ports of the other gateway and the services, whose counters are read before and after.
    #[arg(long)]
    pub ops: Vec<String>,
    /// Seconds in which everybody must have everything.
    #[arg(long, default_value_t = 5.0)]
    pub within: f64,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    sockets: usize,
    rooms: usize,
    missed: u64,
    /// From the moment at which all start to come back; a client's jitter is in it.
    gap_free: Spread,
    /// Connections that were refused or broke, and were tried again.
    tries_again: u64,
    /// Why, and how often.
    reasons: BTreeMap<String, u64>,
    lost: u64,
    doubled: u64,
    /// What watchers were told of people who came or went.
    presence_told: u64,
    users: usize,
    /// Requests to the archive and to the directory, all services together.
    archive_requests: f64,
    directory_requests: f64,
    /// Messages that gateways sent on the fabric, but for those that are stored.
    fabric_messages: f64,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let target = &options.target;
    let other = Target { url: options.to.clone(), ..target.clone() };
    ensure!(options.rooms > 0 && options.sockets >= options.rooms, "each room needs a socket");
    target.without_rate_limit().await?;
    // One author has one message on its way to the log.
    let authors = other.guests("author", AUTHORS).await?;
    let (rooms, users) = people(&options, &other, &authors).await?;
    let quiet = || ClientOptions { recent: false, ..ClientOptions::default() };
    let authors: Vec<Client> = authors.into_iter().map(|author| Client::start(other.api(), author, quiet()).0).collect();
    let tally = Arc::new(Tally::default());
    let mut watchers = JoinSet::new();
    for (number, (room, _)) in rooms.iter().enumerate() {
        let watcher = other.guest("watcher").await?;
        watchers.spawn(member::watch_room(other.clone(), watcher, number, room.clone(), tally.clone()));
    }
    let ((cut, gone), (start, started)) = (watch::channel(false), watch::channel(None));
    let mut members = JoinSet::new();
    let mut open = stream::iter(0..options.sockets)
        .map(|number| {
            let user = number / options.sockets_per_user;
            let (room, head) = rooms[user % rooms.len()].clone();
            let member = Member { login: users[user].clone(), number, room, head, missed: options.missed };
            async move { anyhow::Ok((member.attached(&target.url).await?, member)) }
        })
        .buffer_unordered(AT_ONCE);
    while let Some((socket, member)) = open.try_next().await? {
        members.spawn(member.come_back(socket, options.to.clone(), gone.clone(), started.clone(), tally.clone()));
    }
    // What presence tells of the arrival is over.
    sleep(PRESENCE / 3).await;
    let (told, before) = (tally.presence.load(Ordering::Relaxed), Counters::read(&options.ops).await?);
    if let Some(pid) = options.kill {
        kill(Pid::from_raw(pid), Signal::SIGKILL).with_context(|| format!("process {pid} cannot be killed"))?;
    }
    cut.send_replace(true);
    miss(&authors, &rooms, &options).await?;
    let begun = Instant::now();
    start.send_replace(Some(begun));
    let mut latencies = Latencies::default();
    let mut back = 0;
    let all = async {
        while let Some(member) = members.join_next().await {
            latencies.record(member??);
            back += 1;
        }
        anyhow::Ok(())
    };
    let late = timeout(LATE, all).await;
    if let Ok(outcome) = late {
        outcome?;
    }
    let after = Counters::read(&options.ops).await?;
    let since = begun.elapsed();
    sleep(PRESENCE.saturating_sub(since)).await;
    // One who heard nothing any more would count as one who was told nothing.
    if let Some(ended) = watchers.try_join_next() {
        ended??;
    }
    watchers.shutdown().await;
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    let gap_free = latencies.spread();
    let more = |parts: &[&str]| after.sum(parts) - before.sum(parts);
    let figures = Figures {
        sockets: options.sockets,
        rooms: options.rooms,
        missed: options.missed,
        gap_free,
        tries_again: count(&tally.again),
        reasons: tally.reasons.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        lost: (options.sockets - back) as u64 + count(&tally.lost),
        doubled: count(&tally.doubled),
        presence_told: count(&tally.presence) - told,
        users: users.len(),
        archive_requests: more(&["chatmesh_service_requests_total", "\"archive."]),
        directory_requests: more(&["chatmesh_service_requests_total", "\"directory."]),
        fabric_messages: more(&["chatmesh_gateway_fabric_messages_total", "\"out\""]),
    };
    let why: String = figures.reasons.iter().map(|(reason, count)| format!(" ({count}: {reason})")).collect();
    let sentence = format!(
        "{} sockets came back to {} rooms with {} missed messages each: all there {gap_free}; {} tries again{why}, {} lost, {} doubled; \
         {} presence changes told of {} users; {} requests to the archive, {} to the directory, {} messages of gateways",
        figures.sockets,
        figures.rooms,
        figures.missed,
        figures.tries_again,
        figures.lost,
        figures.doubled,
        figures.presence_told,
        figures.users,
        figures.archive_requests,
        figures.directory_requests,
        figures.fabric_messages
    );
    let mut report = Report::new("storm", &figures, sentence)?;
    (report.lost, report.doubled) = (figures.lost, figures.doubled);
    report.must(gap_free.max_ms <= options.within * 1_000.0, format!("not everybody had everything within {} s", options.within));
    report.latencies.push(("gap-free", latencies));
    Ok(report)
}

/// Rooms with what they hold, and who is in them.
async fn people(options: &Options, target: &Target, owners: &[Login]) -> anyhow::Result<(Vec<(RoomId, u64)>, Vec<Login>)> {
    let rooms = target.rooms(owners, "storm", options.rooms).await?;
    let users = target.members("storm", options.sockets.div_ceil(options.sockets_per_user), &rooms, 1).await?;
    // Joining is an event too: everybody has it.
    sleep(Duration::from_secs(1)).await;
    let api = &target.api();
    let heads = stream::iter(&rooms)
        .map(|room| async move {
            let path = format!("/rooms/{room}");
            let known: Room =
                serde_json::from_value(api.insist(Method::GET, &path, Some(&owners[0].access_token), None, LATE).await?)?;
            anyhow::Ok((room.clone(), known.head))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok((heads, users))
}

/// What is said while everybody is away; returns once it is stored.
async fn miss(authors: &[Client], rooms: &[(RoomId, u64)], options: &Options) -> anyhow::Result<()> {
    let text = "x".repeat(options.bytes);
    let each = rooms.iter().zip(authors.iter().cycle()).map(async |((room, _), author)| {
        for _ in 0..options.missed {
            author.submit(NewChange::message(room, text.as_str())).await?.stored().await?;
        }
        anyhow::Ok(())
    });
    timeout(LATE, try_join_all(each)).await.context("what was said meanwhile was not stored in time")??;
    Ok(())
}
