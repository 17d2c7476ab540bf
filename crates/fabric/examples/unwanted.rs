//! What gateways without sockets pay for events that nobody of their own wants: `unwanted GATEWAYS [RATE…]` prints a line of JSON for each
//! rate (events a second over 16 shards; 0: as fast as they are stored), with what a gateway takes at rest subtracted.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use fabric::{Fabric, NatsConfig, Publish};
use futures_util::{StreamExt as _, stream};
use protocol::id::{EventId, RoomId, UserId};
use protocol::subject::message_id;
use serde_json::json;
use testkit::{Nats, Postgres, Service};

const RUN: Duration = Duration::from_secs(8);
const IN_FLIGHT: usize = 1_024;
const ROOMS: usize = 256;
/// Steps in which a rate is kept.
const STEP: Duration = Duration::from_millis(1);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|number| number.parse()).collect::<Result<_, _>>()?;
    let (count, rates) = numbers.split_first().context("unwanted GATEWAYS [RATE…]")?;
    let nats = Nats::start().await;
    let database = Postgres::shared().await.database().await;
    let persister = Service::persister(&nats, &database, &[]);
    let gateways: Vec<Service> = (0..*count).map(|_| Service::gateway(&nats, &[])).collect();
    for gateway in &gateways {
        gateway.ready().await;
    }
    // These events belong to no room: nothing but the gateway is to look at them.
    drop(persister);
    let fabric = Fabric::connect(&NatsConfig { url: nats.url(), ..NatsConfig::default() }, "unwanted").await?;
    for rate in if rates.is_empty() { &[0] } else { rates } {
        let before = cpu(&gateways)?;
        tokio::time::sleep(RUN).await;
        let rest = cpu(&gateways)? - before;
        let heard_before = heard(&gateways).await?;
        let begun = Instant::now();
        let events = publish(&fabric, *rate).await?;
        let seconds = begun.elapsed().as_secs_f64();
        // The last ones are heard.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let busy = (cpu(&gateways)? - before - rest).saturating_sub(rest.mul_f64(seconds / RUN.as_secs_f64()));
        let figures = json!({
            "events": events, "per_second": events as f64 / seconds, "heard": heard(&gateways).await? - heard_before,
            "rest_cpu_share": rest.as_secs_f64() / RUN.as_secs_f64() / *count as f64,
            "cpu_us_each": busy.as_secs_f64() * 1e6 / (events * count) as f64,
        });
        println!("{}", json!({"scenario": "unwanted", "rate": rate, "figures": figures}));
    }
    Ok(())
}

/// Publishes for [`RUN`], in many rooms; how many.
async fn publish(fabric: &Fabric, rate: u64) -> anyhow::Result<u64> {
    let payload: bytes::Bytes = rmp_serde::to_vec_named(&json!({
        "kind": "message", "id": "01930000-0000-7000-8000-000000000000",
        "from": {"id": "0354bW304ISBzOufvr3iJQ", "name": "Minji", "type": "user"}, "body": {"text": "x".repeat(128)},
    }))?
    .into();
    let rooms = (0..ROOMS).map(|_| RoomId::fresh()).collect::<Vec<_>>();
    let author = UserId::fresh();
    let begun = Instant::now();
    let due = stream::unfold(0, |number: u64| async move {
        loop {
            let elapsed = begun.elapsed();
            if elapsed > RUN {
                return None;
            }
            if rate == 0 || number < (elapsed.as_secs_f64() * rate as f64) as u64 {
                return Some((number, number + 1));
            }
            tokio::time::sleep(STEP).await;
        }
    });
    let sent = due.map(|number| {
        let place = number as usize % rooms.len();
        let shard = fabric.shards()[place % fabric.shards().len()].clone();
        let traceparent = None;
        let msg_id = message_id(&rooms[place], &author, EventId::at(number));
        fabric.publish(Publish { shard, room: rooms[place].clone(), msg_id, payload: payload.clone(), traceparent })
    });
    let stored = sent.buffer_unordered(IN_FLIGHT).fold(0, async |stored, ack| stored + u64::from(ack.is_ok())).await;
    Ok(stored)
}

/// What all of them heard since their start.
async fn heard(gateways: &[Service]) -> anyhow::Result<u64> {
    let mut sum = 0;
    for gateway in gateways {
        let (_, metrics) = testkit::get(gateway.ops(), "/metrics").await.context("a gateway tells its metrics")?;
        let line = metrics.lines().find(|line| line.starts_with("chatmesh_gateway_events_heard"));
        sum += line.and_then(|line| line.rsplit_once(' ')).and_then(|(_, heard)| heard.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
}

/// User and system time of all of them.
fn cpu(gateways: &[Service]) -> anyhow::Result<Duration> {
    gateways.iter().map(|gateway| cpu_of(gateway.id())).sum()
}

fn cpu_of(process: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit_once(')').context("the kernel's form")?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<u64>().ok()).context("the kernel's form");
    Ok(Duration::from_millis(10 * (ticks(11)? + ticks(12)?)))
}
