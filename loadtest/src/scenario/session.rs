//! Users who arrive over some seconds, send a number of messages as fast as these are taken, and leave: the load shape by which
//! chat servers of one process are usually praised.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use chatmesh_client::protocol::frame::ServerFrame;
use chatmesh_client::protocol::id::{EventId, RoomId};
use chatmesh_client::{Login, Socket};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::receiver;
use crate::report::{Latencies, Live, Report, Spread};
use crate::target::Target;

/// For the answer to one message.
const WITHIN: Duration = Duration::from_secs(30);

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long, default_value_t = 1_050)]
    pub users: usize,
    /// Seconds over which they arrive.
    #[arg(long, default_value_t = 10.0)]
    pub ramp: f64,
    /// Messages of each.
    #[arg(long, default_value_t = 300)]
    pub messages: u64,
    /// Rooms that they are dealt out to; as many as users, if not named: each hears himself alone.
    #[arg(long)]
    pub rooms: Option<usize>,
    /// Messages that one user has under way.
    #[arg(long, default_value_t = 8)]
    pub window: usize,
    /// Characters of each message.
    #[arg(long, default_value_t = 64)]
    pub bytes: usize,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    users: usize,
    events: u64,
    seconds: f64,
    events_per_second: f64,
    /// From a message's sending to its acknowledgement, which says that it is stored.
    acknowledged: Spread,
    /// From arrival to departure.
    session: Spread,
}

/// What one user counted.
struct Visit {
    acknowledged: Vec<Duration>,
    took: Duration,
    lost: u64,
    doubled: u64,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let target = &options.target;
    target.without_rate_limit().await?;
    ensure!(options.users > 0 && options.window > 0, "there must be users, and each needs a message under way");
    let count = options.rooms.unwrap_or(options.users).max(1);
    let rooms = target.rooms(&target.guests("loadtest", 1).await?, "session", count).await?;
    let users = target.members("visitor", options.users, &rooms, 1).await?;
    let stored = Arc::new(AtomicU64::new(0));
    let live = Live::start("sessions", vec![("stored", stored.clone())]);
    let begun = Instant::now();
    let mut visits = JoinSet::new();
    for (number, user) in users.into_iter().enumerate() {
        let due = begun + Duration::from_secs_f64(options.ramp * number as f64 / options.users as f64);
        let (options, room, stored) = (options.clone(), rooms[number % rooms.len()].clone(), stored.clone());
        visits.spawn(async move {
            sleep_until(due).await;
            visit(&options, number, &user, &room, due, &stored).await
        });
    }
    let (mut acknowledged, mut sessions, mut lost, mut doubled) = (Latencies::default(), Latencies::default(), 0, 0);
    while let Some(visit) = visits.join_next().await {
        let visit = visit??;
        visit.acknowledged.into_iter().for_each(|latency| acknowledged.record(latency));
        sessions.record(visit.took);
        (lost, doubled) = (lost + visit.lost, doubled + visit.doubled);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let events = stored.load(Ordering::Relaxed);
    let events_per_second = events as f64 / seconds;
    let (spread, session) = (acknowledged.spread(), sessions.spread());
    let figures = Figures { users: options.users, events, seconds, events_per_second, acknowledged: spread, session };
    let sentence = format!(
        "{} users stored {events} messages in {seconds:.1} s, {events_per_second:.0} a second; to `ok` mean {:.2} ms, {spread}; mean \
         session {:.1} s",
        options.users,
        spread.mean_ms,
        session.mean_ms / 1_000.0
    );
    let mut report = Report::new("session", &figures, sentence)?;
    (report.lost, report.doubled, report.seconds) = (lost, doubled, live.end());
    report.latencies.push(("to ok", acknowledged));
    Ok(report)
}

/// Arrives, sends, and leaves when all is acknowledged and heard.
async fn visit(
    options: &Options,
    number: usize,
    user: &Login,
    room: &RoomId,
    due: Instant,
    stored: &AtomicU64,
) -> anyhow::Result<Visit> {
    let (mut socket, _) = receiver::open(&options.target.url, user, number, true).await?;
    let text = "x".repeat(options.bytes);
    let mut visit = Visit { acknowledged: Vec::new(), took: Duration::ZERO, lost: 0, doubled: 0 };
    // What is under way, and whether it was acknowledged and heard.
    let mut flying: HashMap<EventId, (Instant, bool, bool)> = HashMap::new();
    let (mut sent, mut last) = (0, None);
    while sent < options.messages || !flying.is_empty() {
        while sent < options.messages && flying.len() < options.window {
            sent += 1;
            flying.insert(send(&mut socket, room, &text, sent), (Instant::now(), false, false));
        }
        let frame = timeout(WITHIN, socket.next()).await.context("a message was not answered within 30 s")??;
        let id = match frame {
            ServerFrame::Ok(ok) => {
                let Some(id) = ok.id else { continue };
                let Some((since, acknowledged, _)) = flying.get_mut(&id) else { continue };
                visit.acknowledged.push(since.elapsed());
                stored.fetch_add(1, Ordering::Relaxed);
                *acknowledged = true;
                id
            }
            ServerFrame::Event(event) => {
                if let Some(last) = last {
                    visit.doubled += u64::from(event.seq <= last);
                    visit.lost += u64::from(event.prev.is_some_and(|prev| prev > last));
                }
                last = last.max(Some(event.seq));
                let Some((_, _, heard)) = flying.get_mut(&event.id) else { continue };
                *heard = true;
                event.id
            }
            ServerFrame::Error(error) => bail!("{}", error.message),
            _ => continue,
        };
        if flying.get(&id).is_some_and(|(_, acknowledged, heard)| *acknowledged && *heard) {
            flying.remove(&id);
        }
    }
    visit.took = due.elapsed();
    socket.close().await;
    Ok(visit)
}

fn send(socket: &mut Socket, room: &RoomId, text: &str, number: u64) -> EventId {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    let id = EventId::at(now);
    socket.queue(&json!({ "t": "send", "ref": number, "room": room, "id": id, "body": { "text": text } }));
    id
}
