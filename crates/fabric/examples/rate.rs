//! How fast the fabric is beside bare JetStream on the same server: `cargo run --release -p fabric --example rate`.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_nats::jetstream;
use fabric::{Fabric, LogReader, NatsConfig, Publish, ReaderEvent, ShardReader};
use futures_util::{StreamExt as _, stream};
use protocol::id::RoomId;
use protocol::subject::Shard;
use testkit::Nats;

const EVENTS: u64 = 200_000;
const IN_FLIGHT: usize = 2_000;
const PAYLOAD: usize = 200;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let nats = Nats::start().await;
    let config = NatsConfig { url: nats.url(), shards: 2, ..NatsConfig::default() };
    let fabric = Fabric::connect(&config, "rate").await?;
    for shard in fabric.shards() {
        fabric.ensure_stream(shard, None).await?;
    }
    bare(&nats).await?;
    let (shard, room) = (fabric.shards()[0].clone(), RoomId::parse("room")?);
    publish(&fabric, &shard, &room, "alone").await?;
    let hearing = tokio::spawn(hear(fabric.clone(), shard.clone()));
    publish(&fabric, &shard, &room, "heard").await?;
    hearing.await??;

    let begin = Instant::now();
    let mut reader = LogReader::open(&fabric, shard.clone(), 1).await?;
    let mut seq = 0;
    while seq < 2 * EVENTS {
        seq = reader.next_batch(1_000).await?.last().context("a batch is never empty")?.seq;
    }
    tell("log reader", 2 * EVENTS, begin);

    let begin = Instant::now();
    let mut seq = 0;
    while seq < 2 * EVENTS {
        let page = fabric.shard_page(&shard, seq + 1, 500).await?;
        seq = page.records.last().context("the log is longer")?.seq;
    }
    tell("pages of 500", 2 * EVENTS, begin);

    const CALLS: u32 = 2_000;
    let begin = Instant::now();
    for _ in 0..CALLS {
        fabric.head(&shard).await?;
    }
    each("head", begin, CALLS);
    let begin = Instant::now();
    for _ in 0..CALLS {
        fabric.last_of_room(&shard, &room).await?;
    }
    each("last of room", begin, CALLS);
    let begin = Instant::now();
    for seq in 0..CALLS {
        fabric.get(&shard, u64::from(seq) + 1).await?;
    }
    each("get", begin, CALLS);
    Ok(())
}

async fn publish(fabric: &Fabric, shard: &Shard, room: &RoomId, run: &str) -> anyhow::Result<()> {
    let begin = Instant::now();
    let mut acks = stream::iter(0..EVENTS)
        .map(|id| {
            fabric.publish(Publish {
                shard: shard.clone(),
                room: room.clone(),
                msg_id: format!("room.{run}.{id}"),
                payload: vec![7; PAYLOAD].into(),
                traceparent: None,
            })
        })
        .buffer_unordered(IN_FLIGHT);
    while let Some(ack) = acks.next().await {
        ack?;
    }
    tell(&format!("fabric publish, {run}"), EVENTS, begin);
    Ok(())
}

/// Hears the second run.
async fn hear(fabric: Fabric, shard: Shard) -> anyhow::Result<()> {
    let (mut live, head) = ShardReader::open(&fabric, shard, |_| true).await?;
    let (mut heard, mut events, begin) = (head.last_seq, 0, Instant::now());
    while heard < 2 * EVENTS {
        events += 1;
        match live.next().await {
            ReaderEvent::Record(record) => heard = record.seq,
            ReaderEvent::Batch(records) => heard = records.last().map_or(heard, |record| record.seq),
            ReaderEvent::Caught(_) => {}
            ReaderEvent::Broken { reason } => anyhow::bail!(reason),
        }
    }
    tell("live copies", heard - head.last_seq, begin);
    println!("{events} reader events");
    Ok(())
}

/// The same events on the other shard's stream, by async-nats alone.
async fn bare(nats: &Nats) -> anyhow::Result<()> {
    let client = async_nats::connect(nats.url()).await?;
    let context = jetstream::ContextBuilder::new().max_ack_inflight(IN_FLIGHT).build(client);
    let begin = Instant::now();
    let mut acks = stream::iter(0..EVENTS)
        .map(|id| {
            let context = context.clone();
            async move {
                let mut headers = async_nats::HeaderMap::new();
                headers.insert("Nats-Msg-Id", format!("room.user.{id}").as_str());
                let ack = context.publish_with_headers("log.local.1.room", headers, vec![7; PAYLOAD].into()).await?;
                anyhow::Ok(ack.await?)
            }
        })
        .buffer_unordered(IN_FLIGHT);
    while let Some(ack) = acks.next().await {
        ack?;
    }
    tell("bare JetStream publish", EVENTS, begin);
    Ok(())
}

fn tell(what: &str, events: u64, begin: Instant) {
    println!("{what}: {:.0} a second", events as f64 / begin.elapsed().as_secs_f64());
}

fn each(what: &str, begin: Instant, calls: u32) {
    println!("{what}: {:?} each", begin.elapsed().checked_div(calls).unwrap_or(Duration::ZERO));
}
