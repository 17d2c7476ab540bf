//! The connection for live copies: it logs in, keeps up under load, and comes back.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use fabric::{Fabric, FabricError, NatsConfig, ReaderEvent, Record, ShardReader};
use futures_util::future::join_all;
use testkit::{Nats, Proxy, eventually};
use tokio::time::timeout;

use crate::fixture::{LONG, assert_contiguous, config, connect, publish, read_until, shard, start};

#[tokio::test]
async fn logs_in_as_the_configuration_says() {
    let nats = Nats::with_password("mesh", "pass word:\"@").await;
    let login = NatsConfig { user: Some("mesh".into()), password: Some("pass word:\"@".into()), ..config(nats.url()) };
    let fabric = Fabric::connect(&login, "live").await.unwrap();
    fabric.ensure_stream(&shard(0), None).await.unwrap();
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    publish(&fabric, "r", 1).await;
    assert!(matches!(heard_soon(&mut reader).await, ReaderEvent::Record(record) if record.seq == 1));
}

#[tokio::test]
async fn a_busy_connection_misses_nothing_and_calms_down() {
    let (_nats, fabric) = start().await;
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    let writer = fabric.clone();
    let writing = tokio::spawn(async move {
        for round in 0..10 {
            join_all((0..1_000).map(|id| publish(&writer, "r", round * 1_000 + id))).await;
        }
    });
    assert_contiguous(&read_until(&mut reader, 10_000).await, 1, 10_000);
    writing.await.unwrap();
    // Alone again, an event comes when it is told, not when the shard counts as silent.
    tokio::time::sleep(Duration::from_millis(50)).await;
    publish(&fabric, "r", "alone").await;
    assert!(matches!(heard_soon(&mut reader).await, ReaderEvent::Record(record) if record.seq == 10_001));
}

#[tokio::test]
async fn a_second_reader_hears_what_the_first_one_hears() {
    let (_nats, fabric) = start().await;
    let (mut first, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    let (mut second, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    let (mut other, _) = ShardReader::open(&fabric, shard(1), |_| true).await.unwrap();
    for id in 0..3 {
        publish(&fabric, "r", id).await;
    }
    assert_contiguous(&read_until(&mut first, 3).await, 1, 3);
    drop(first);
    publish(&fabric, "r", 3).await;
    assert_contiguous(&read_until(&mut second, 4).await, 1, 4);
    assert!(matches!(timeout(LONG, other.next()).await.unwrap(), ReaderEvent::Caught(0)), "the other shard stays silent");
}

#[tokio::test]
async fn what_is_not_urgent_is_held_back_for_a_moment_and_keeps_its_place() {
    let (_nats, fabric) = start().await;
    let urgent = |record: &Record| record.room.as_str() == "urgent";
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), urgent).await.unwrap();
    join_all((0..3).map(|id| publish(&fabric, "r", id))).await;
    publish(&fabric, "urgent", 3).await;
    assert_contiguous(&read_until(&mut reader, 4).await, 1, 4);
    // Alone, it comes nevertheless, long before the shard counts as silent.
    publish(&fabric, "r", 4).await;
    assert!(matches!(heard_soon(&mut reader).await, ReaderEvent::Record(record) if record.seq == 5));
    // More than one batch at once, with a reader that begins late.
    join_all((0..1_000).map(|id| publish(&fabric, "r", 5 + id))).await;
    assert_contiguous(&read_until(&mut reader, 1_005).await, 6, 1_005);
}

#[tokio::test]
async fn whoever_hurries_has_at_once_what_is_held_back() {
    const ROUNDS: u32 = 20;
    let (_nats, fabric) = start().await;
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), |_| false).await.unwrap();
    let mut waited = [Duration::ZERO; 2];
    for round in 0..2 * ROUNDS {
        let hurries = round % 2 == 1;
        publish(&fabric, "r", round).await;
        // The live copy is on its way.
        tokio::time::sleep(Duration::from_millis(3)).await;
        let begin = Instant::now();
        // Again and again: the copy may be on its way still.
        let heard = tokio::select! {
            heard = heard_soon(&mut reader) => heard,
            never = hurry(&fabric), if hurries => match never {},
        };
        assert!(matches!(heard, ReaderEvent::Record(record) if record.seq == u64::from(round) + 1));
        waited[usize::from(hurries)] += begin.elapsed();
    }
    assert!(2 * waited[1] < waited[0], "with and without: {waited:?}");
}

#[tokio::test]
async fn readers_that_are_gone_leave_no_subscription_even_of_a_silent_shard() {
    let nats = Nats::start().await;
    let fabric = connect(&nats).await;
    let before = nats.subscriptions().await;
    // There is no log yet, as when a gateway starts before everything else: each attempt is given up.
    for _ in 0..20 {
        assert!(ShardReader::open(&fabric, shard(0), |_| true).await.is_err());
    }
    // The server and the other connections have some more of their own by now.
    eventually(LONG, async || (nats.subscriptions().await < before + 10).then_some(())).await;
    fabric.ensure_stream(&shard(0), None).await.unwrap();
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    publish(&fabric, "r", 1).await;
    assert!(matches!(heard_soon(&mut reader).await, ReaderEvent::Record(record) if record.seq == 1));
}

#[tokio::test]
async fn no_reader_opens_while_the_server_is_away_and_one_does_once_it_is_back() {
    let nats = Nats::start().await;
    let proxy = Proxy::to(nats.address()).await;
    let fabric = Fabric::connect(&config(format!("nats://{}", proxy.address())), "live").await.unwrap();
    connect(&nats).await.ensure_stream(&shard(0), None).await.unwrap();
    proxy.cut();
    let begin = Instant::now();
    let refused = ShardReader::open(&fabric, shard(0), |_| true).await.map(drop);
    assert!(matches!(refused, Err(FabricError::Unavailable(_))), "{refused:?}");
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    proxy.resume();
    let opened = eventually(LONG, async || ShardReader::open(&fabric, shard(0), |_| true).await.ok()).await;
    assert_eq!(opened.1.last_seq, 0);
}

/// The next event, long before a silent shard would be asked.
async fn heard_soon(reader: &mut ShardReader) -> ReaderEvent {
    timeout(Duration::from_millis(400), reader.next()).await.expect("it is told live")
}

async fn hurry(fabric: &Fabric) -> Infallible {
    loop {
        fabric.hurry();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
