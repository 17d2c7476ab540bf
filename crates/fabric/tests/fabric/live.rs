//! The connection for live copies: it logs in, keeps up under load, and comes back.

use std::time::{Duration, Instant};

use fabric::{Fabric, FabricError, NatsConfig, ReaderEvent, ShardReader};
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
    let (mut reader, _) = ShardReader::open(&fabric, shard(0)).await.unwrap();
    publish(&fabric, "r", 1).await;
    assert!(matches!(heard_soon(&mut reader).await, ReaderEvent::Record(record) if record.seq == 1));
}

#[tokio::test]
async fn a_busy_connection_misses_nothing_and_calms_down() {
    let (_nats, fabric) = start().await;
    let (mut reader, _) = ShardReader::open(&fabric, shard(0)).await.unwrap();
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
    let (mut first, _) = ShardReader::open(&fabric, shard(0)).await.unwrap();
    let (mut second, _) = ShardReader::open(&fabric, shard(0)).await.unwrap();
    let (mut other, _) = ShardReader::open(&fabric, shard(1)).await.unwrap();
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
async fn readers_that_are_gone_leave_no_subscription_even_of_a_silent_shard() {
    let nats = Nats::start().await;
    let fabric = connect(&nats).await;
    let before = nats.subscriptions().await;
    // There is no log yet, as when a gateway starts before everything else: each attempt is given up.
    for _ in 0..20 {
        assert!(ShardReader::open(&fabric, shard(0)).await.is_err());
    }
    // The server and the other connections have some more of their own by now.
    eventually(LONG, async || (nats.subscriptions().await < before + 10).then_some(())).await;
    fabric.ensure_stream(&shard(0), None).await.unwrap();
    let (mut reader, _) = ShardReader::open(&fabric, shard(0)).await.unwrap();
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
    let refused = ShardReader::open(&fabric, shard(0)).await.map(drop);
    assert!(matches!(refused, Err(FabricError::Unavailable(_))), "{refused:?}");
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    proxy.resume();
    let opened = eventually(LONG, async || ShardReader::open(&fabric, shard(0)).await.ok()).await;
    assert_eq!(opened.1.last_seq, 0);
}

/// The next event, long before a silent shard would be asked.
async fn heard_soon(reader: &mut ShardReader) -> ReaderEvent {
    timeout(Duration::from_millis(400), reader.next()).await.expect("it is told live")
}
