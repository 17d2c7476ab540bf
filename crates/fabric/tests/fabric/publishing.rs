//! Publishing: pipelined, idempotent, and never late.

use std::time::{Duration, Instant};

use fabric::{Fabric, PublishError};
use futures_util::future::join_all;
use testkit::{Proxy, eventually};

use crate::fixture::{LONG, config, event, publish, shard, start};

#[tokio::test]
async fn thousands_in_flight_are_stored_once_each() {
    let (_nats, fabric) = start().await;
    let acks = join_all((0..5_000).map(|id| fabric.publish(event("r", id)))).await;
    let mut seqs: Vec<u64> = acks.into_iter().map(|ack| ack.unwrap().seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=5_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_same_id_is_stored_once() {
    let (_nats, fabric) = start().await;
    let first = fabric.publish(event("r", 1)).await.unwrap();
    assert!(!first.duplicate);
    let again = fabric.publish(event("r", 1)).await.unwrap();
    assert_eq!((again.seq, again.duplicate), (first.seq, true));
    // Another room's equal id is another event.
    let other = fabric.publish(event("s", 1)).await.unwrap();
    assert_eq!((other.seq, other.duplicate), (2, false));
}

#[tokio::test]
async fn a_shard_without_a_log_is_unavailable_at_once() {
    let (_nats, fabric) = start().await;
    let mut nowhere = event("r", 1);
    nowhere.shard = shard(9);
    let begin = Instant::now();
    assert!(matches!(fabric.publish(nowhere).await, Err(PublishError::Unavailable(_))));
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn an_event_that_is_too_large_is_refused() {
    let (_nats, fabric) = start().await;
    let mut large = event("r", 1);
    large.payload = vec![0; 2 << 20].into();
    assert!(matches!(fabric.publish(large).await, Err(PublishError::Refused(_))));
    assert_eq!(publish(&fabric, "r", 2).await.seq, 1);
}

#[tokio::test]
async fn what_does_not_fit_into_the_queue_waits_for_room() {
    let (_nats, fabric) = start().await;
    let acks = join_all((0..24).map(|id| {
        let mut large = event("r", id);
        large.payload = vec![0; 512 << 10].into();
        fabric.publish(large)
    }));
    assert!(acks.await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn nothing_that_was_called_while_nats_was_cut_is_stored_later() {
    let (nats, witness) = start().await;
    let proxy = Proxy::to(nats.address()).await;
    let fabric = Fabric::connect(&config(format!("nats://{}", proxy.address())), "cut").await.unwrap();
    publish(&fabric, "r", "before").await;

    for round in 0..5 {
        proxy.cut();
        // Those that are called while the cut is not yet noticed, and those after.
        let attempts = (0..200).map(|id| fabric.publish(event("r", format!("{round}.{id}"))));
        let begin = Instant::now();
        assert!(join_all(attempts).await.iter().all(Result::is_err));
        assert!(begin.elapsed() < Duration::from_secs(1), "refused at once: {:?}", begin.elapsed());
        proxy.resume();
        publish(&fabric, "r", format!("after {round}")).await;
        let info = witness.info(&shard(0)).await.unwrap();
        assert_eq!(info.last_seq, 2 + round, "only what was acknowledged is there");
    }
}

#[tokio::test]
async fn nothing_leaves_later_than_ten_seconds_after_its_call() {
    let (nats, witness) = start().await;
    let proxy = Proxy::to(nats.address()).await;
    let fabric = Fabric::connect(&config(format!("nats://{}", proxy.address())), "frozen").await.unwrap();
    publish(&fabric, "r", "before").await;

    // The server stands still and keeps its connections: the worst case, since the kernel takes what is written.
    nats.freeze().await;
    let begin = Instant::now();
    let mut large = event("r", "frozen");
    large.payload = vec![1; 512 << 10].into();
    let attempts = (0..100).map(|id| {
        let mut attempt = large.clone();
        attempt.msg_id = format!("r.u.frozen.{id}");
        fabric.publish(attempt)
    });
    assert!(join_all(attempts).await.iter().all(Result::is_err));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    // While there is no live connection, refused at once.
    let begin = Instant::now();
    assert!(matches!(fabric.publish(event("r", "refused")).await, Err(PublishError::Unavailable(_))));
    assert!(begin.elapsed() < Duration::from_millis(100), "{:?}", begin.elapsed());
    nats.thaw().await;
    publish(&fabric, "r", "after").await;
    let after = witness.info(&shard(0)).await.unwrap().last_seq;
    // What the kernel held when the connection ended came at once after the thaw, or never.
    assert!(fabric.get(&shard(0), after).await.unwrap().is_some());
    let again = publish(&fabric, "r", "refused").await;
    assert!(!again.duplicate && again.seq > after, "what was refused was never sent");
}

#[tokio::test]
async fn publishing_goes_on_when_the_server_comes_back() {
    let (nats, fabric) = start().await;
    publish(&fabric, "r", 0).await;
    nats.kill().await;
    eventually(LONG, async || fabric.publish(event("r", "away")).await.is_err().then_some(())).await;
    nats.restart().await;
    assert_eq!(publish(&fabric, "r", 1).await.seq, 2);
    fabric.drain().await;
}
