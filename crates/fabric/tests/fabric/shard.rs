//! Hearing a shard: in order, without a hole, whatever is lost on the way.

use std::time::{Duration, Instant};

use fabric::{Fabric, NatsConfig, ReaderEvent, ShardReader};
use testkit::{Proxy, eventually};
use tokio::time::timeout;

use crate::fixture::{LONG, assert_contiguous, config, connect, publish, read_until, shard, start};

#[tokio::test]
async fn live_events_follow_each_other() {
    let (_nats, fabric) = start().await;
    publish(&fabric, "a", 0).await;
    let (mut reader, head) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    assert_eq!((head.first_seq, head.last_seq), (1, 1));
    let publishing = {
        let fabric = fabric.clone();
        tokio::spawn(async move {
            for id in 1..=500 {
                publish(&fabric, if id % 3 == 0 { "a" } else { "b" }, id).await;
            }
        })
    };
    let records = read_until(&mut reader, 501).await;
    publishing.await.unwrap();
    assert_contiguous(&records, 2, 501);
    // The republished copy tells the room's previous event.
    assert_eq!(records[2].prev, 1);
    assert_eq!(records[0].room.as_str(), "b");
}

#[tokio::test]
async fn a_silent_shard_is_asked_within_a_second_and_again() {
    let (_nats, fabric) = start().await;
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    let begin = Instant::now();
    assert!(matches!(reader.next().await, ReaderEvent::Caught(0)));
    assert!(begin.elapsed() < Duration::from_millis(1_500));
    let begin = Instant::now();
    assert!(matches!(reader.next().await, ReaderEvent::Caught(0)));
    assert!(begin.elapsed() < Duration::from_millis(1_500));
    // Who spoke meanwhile is not silent yet.
    tokio::time::sleep(Duration::from_millis(700)).await;
    publish(&fabric, "r", 1).await;
    assert!(matches!(reader.next().await, ReaderEvent::Record(record) if record.seq == 1));
    let begin = Instant::now();
    assert!(matches!(reader.next().await, ReaderEvent::Caught(1)));
    assert!((Duration::from_millis(500)..Duration::from_millis(1_500)).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_cut_connection_leaves_no_hole() {
    let (nats, writer) = start().await;
    let proxy = Proxy::to(nats.address()).await;
    let listener = Fabric::connect(&config(format!("nats://{}", proxy.address())), "listener").await.unwrap();
    let (mut reader, _) = ShardReader::open(&listener, shard(0), |_| true).await.unwrap();
    let mut last = 0;
    for round in 0..10 {
        publish(&writer, "r", format!("{round}.before")).await;
        proxy.cut();
        for id in 0..7 {
            last = publish(&writer, "r", format!("{round}.{id}")).await.seq;
        }
        proxy.resume();
        // The shard stays silent from here on.
        let begin = Instant::now();
        let records = read_until(&mut reader, last).await;
        assert_contiguous(&records, last - 7, last);
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    }
    assert_eq!(last, 80);
}

#[tokio::test]
async fn a_frozen_reader_catches_up_in_order() {
    let (_nats, fabric) = start().await;
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    // More than waits for a reader: the rest is dropped.
    let mut last = 0;
    for chunk in 0..40 {
        let all = (0..500).map(|id| publish(&fabric, "r", chunk * 500 + id));
        last = futures_util::future::join_all(all).await.iter().map(|ack| ack.seq).max().unwrap();
    }
    assert_eq!(last, 20_000);
    assert_contiguous(&read_until(&mut reader, last).await, 1, last);
}

#[tokio::test]
async fn fifty_kills_of_the_server_and_then_silence() {
    let (nats, fabric) = start().await;
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    let (mut heard, mut slowest) = (0, Duration::ZERO);
    for round in 0..50 {
        // The listener's own connection is away while this is stored: nothing of it comes live.
        nats.kill().await;
        nats.restart().await;
        let writer = connect(&nats).await;
        let last = publish(&writer, "r", round).await.seq;
        let begin = Instant::now();
        let records = read_until(&mut reader, last).await;
        slowest = slowest.max(begin.elapsed());
        assert_contiguous(&records, heard + 1, last);
        heard = last;
    }
    assert_eq!(heard, 50);
    assert!(slowest <= Duration::from_secs(1), "{slowest:?}");
    assert_eq!(*fabric.reconnects().borrow(), 50);
}

#[tokio::test]
async fn a_hole_below_the_log_breaks_the_reader() {
    let (nats, writer) = start().await;
    let proxy = Proxy::to(nats.address()).await;
    let listener = Fabric::connect(&config(format!("nats://{}", proxy.address())), "listener").await.unwrap();
    let (mut reader, _) = ShardReader::open(&listener, shard(0), |_| true).await.unwrap();
    proxy.cut();
    for id in 0..10 {
        publish(&writer, "r", id).await;
    }
    writer.purge_below(&shard(0), 5).await.unwrap();
    proxy.resume();
    assert!(broken(&mut reader).await.contains("begins at 5"));
    assert!(broken(&mut reader).await.contains("begins at 5"), "it stays broken");

    // Another one begins at the head.
    let (mut reader, head) = ShardReader::open(&listener, shard(0), |_| true).await.unwrap();
    assert_eq!(head.last_seq, 10);
    let last = publish(&writer, "r", "new").await.seq;
    assert_contiguous(&read_until(&mut reader, last).await, 11, 11);
}

#[tokio::test]
async fn a_stream_made_anew_breaks_the_reader() {
    let (nats, fabric) = start().await;
    for id in 0..5 {
        publish(&fabric, "r", id).await;
    }
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    delete(&nats, "LOG_local_0").await;
    assert!(broken(&mut reader).await.contains("does not exist"));
    fabric.ensure_stream(&shard(0), Some(5 + (1 << 32))).await.unwrap();
    let (mut reader, head) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    assert_eq!(head.last_seq, 4 + (1 << 32));

    // Made anew while nobody looked: the next event tells.
    delete(&nats, "LOG_local_0").await;
    fabric.ensure_stream(&shard(0), Some(1)).await.unwrap();
    publish(&fabric, "r", "low").await;
    assert!(broken(&mut reader).await.contains("ends at 1"));
}

/// A reader that hears of a loss.
async fn broken(reader: &mut ShardReader) -> String {
    let all = async {
        loop {
            if let ReaderEvent::Broken { reason } = reader.next().await {
                return reason;
            }
        }
    };
    timeout(LONG, all).await.expect("broken in time")
}

/// What only an operator does.
async fn delete(nats: &testkit::Nats, stream: &str) {
    let client = async_nats::connect(nats.url()).await.unwrap();
    async_nats::jetstream::new(client).delete_stream(stream).await.unwrap();
}

#[tokio::test]
async fn the_log_comes_back_after_a_freeze() {
    let (nats, fabric) = start().await;
    let (mut reader, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    nats.freeze().await;
    eventually(LONG, async || (!*fabric.connected().borrow()).then_some(())).await;
    nats.thaw().await;
    let last = publish(&fabric, "r", 1).await.seq;
    assert_contiguous(&read_until(&mut reader, last).await, 1, last);
}

#[tokio::test]
async fn configuration_defaults_are_the_examples() {
    let config = NatsConfig::default();
    assert_eq!((config.url.as_str(), config.home.as_str(), config.shards), ("nats://127.0.0.1:4222", "local", 16));
    assert_eq!((config.replicas, config.shard_max_bytes), (1, 512 << 20));
}
