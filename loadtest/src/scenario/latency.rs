//! From publishing to both sockets of a small room, while nothing else happens.

use std::time::Duration;

use anyhow::{Context as _, bail};
use chatmesh_client::Socket;
use chatmesh_client::protocol::frame::ServerFrame;
use chatmesh_client::protocol::id::EventId;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use super::receiver;
use crate::report::{Latencies, Report, Spread};
use crate::target::Target;

const WITHIN: Duration = Duration::from_secs(10);
/// First messages that are not counted.
const WARM_UP: usize = 50;

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long, default_value_t = 2_000)]
    pub messages: usize,
    /// Messages a second.
    #[arg(long, default_value_t = 50)]
    pub rate: u64,
    /// Characters of each.
    #[arg(long, default_value_t = 128)]
    pub bytes: usize,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    delivered: Spread,
    acknowledged: Spread,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let target = &options.target;
    target.without_rate_limit().await?;
    let (ann, bo) = (target.guest("ann").await?, target.guest("bo").await?);
    let room = target.room(&ann, "latency").await?;
    target.join(&bo, &room).await?;
    let (mut speaker, _) = receiver::open(&target.url, &ann, 0, true).await?;
    let (mut hearer, _) = receiver::open(&target.url, &bo, 1, true).await?;
    let (mut delivered, mut acknowledged) = (Latencies::default(), Latencies::default());
    let pause = Duration::from_micros(1_000_000 / options.rate.max(1));
    let mut due = Instant::now();
    let text = "x".repeat(options.bytes);
    for number in 0..options.messages + WARM_UP {
        due += pause;
        until(due).await;
        let id = EventId::at(now_ms());
        let send = json!({ "t": "send", "ref": number, "room": room, "id": id, "body": { "text": text } });
        speaker.send(&send).await?;
        let both = async { tokio::try_join!(told(&mut speaker, id), heard(&mut hearer, id)) };
        let ((own, ok), other) = timeout(WITHIN, both).await.context("a message did not come within 10 s")??;
        if number >= WARM_UP {
            delivered.record(own.max(other).duration_since(due));
            acknowledged.record(ok.duration_since(due));
        }
    }
    let figures = Figures { delivered: delivered.spread(), acknowledged: acknowledged.spread() };
    let sentence = format!("published to both of 2 sockets: {}; to `ok`: {}", figures.delivered, figures.acknowledged);
    let mut report = Report::new("latency", &figures, sentence)?;
    report.latencies = vec![("published to both", delivered), ("to ok", acknowledged)];
    Ok(report)
}

/// Timers wake up to 2 ms late, as much as what is measured: the last bit is waited for awake. What is late already comes at once.
async fn until(due: Instant) {
    sleep_until(due - Duration::from_millis(3)).await;
    while Instant::now() < due {
        yield_now().await;
    }
}

/// When the own event and when `ok` came, in either order.
async fn told(socket: &mut Socket, id: EventId) -> anyhow::Result<(Instant, Instant)> {
    let (mut event, mut ok) = (None, None);
    loop {
        match socket.next().await? {
            ServerFrame::Event(it) if it.id == id => event = Some(Instant::now()),
            ServerFrame::Ok(it) if it.id == Some(id) => ok = Some(Instant::now()),
            ServerFrame::Error(error) => bail!("{}", error.message),
            _ => {}
        }
        if let (Some(event), Some(ok)) = (event, ok) {
            return Ok((event, ok));
        }
    }
}

async fn heard(socket: &mut Socket, id: EventId) -> anyhow::Result<Instant> {
    loop {
        match socket.next().await? {
            ServerFrame::Event(it) if it.id == id => return Ok(Instant::now()),
            ServerFrame::Error(error) => bail!("{}", error.message),
            _ => {}
        }
    }
}

fn now_ms() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
