//! Making, verifying, repairing and purging the log's streams.

use fabric::{Fabric, FabricError};
use testkit::Nats;

use crate::fixture::{config, connect, event, publish, shard, start};

#[tokio::test]
async fn streams_are_made_once_and_verified() {
    let nats = Nats::start().await;
    let fabric = connect(&nats).await;
    let missing = fabric.verify_streams().await.unwrap_err();
    assert!(matches!(missing, FabricError::StreamMissing { .. }), "{missing}");

    let made = fabric.ensure_stream(&shard(0), None).await.unwrap();
    assert!(made.created);
    assert_eq!((made.info.first_seq, made.info.last_seq, made.info.messages), (1, 0, 0));
    assert_eq!(made.info.max_bytes, 16 << 20);
    assert!(made.info.created_ms > 1_700_000_000_000);
    assert!(!fabric.ensure_stream(&shard(0), None).await.unwrap().created);
    fabric.ensure_stream(&shard(1), None).await.unwrap();
    fabric.verify_streams().await.unwrap();
}

#[tokio::test]
async fn a_stream_that_differs_is_named_and_repaired() {
    let (nats, _) = start().await;
    let mut other = config(nats.url());
    other.shard_max_bytes = 8 << 20;
    let other = Fabric::connect(&other, "other").await.unwrap();
    let difference = other.verify_streams().await.unwrap_err().to_string();
    assert!(difference.contains("LOG_local_0") && difference.contains("max_bytes = 16777216 where 8388608"), "{difference}");
    assert_eq!(other.ensure_stream(&shard(0), None).await.unwrap().info.max_bytes, 8 << 20);
    other.ensure_stream(&shard(1), None).await.unwrap();
    other.verify_streams().await.unwrap();
}

#[tokio::test]
async fn no_room_for_the_streams_is_one_clear_sentence() {
    let nats = Nats::start().await;
    let mut vast = config(nats.url());
    vast.shard_max_bytes = 1 << 60;
    let fabric = Fabric::connect(&vast, "vast").await.unwrap();
    let error = fabric.ensure_stream(&shard(0), None).await.unwrap_err();
    assert!(matches!(error, FabricError::NoRoom { .. }), "{error}");
    assert!(error.to_string().contains("lower nats.shard_max_bytes"), "{error}");
}

#[tokio::test]
async fn a_stream_made_anew_begins_where_it_is_told() {
    let nats = Nats::start().await;
    let fabric = connect(&nats).await;
    let first = 17 + (1 << 32);
    let made = fabric.ensure_stream(&shard(0), Some(first)).await.unwrap();
    assert!(made.created);
    assert_eq!((made.info.first_seq, made.info.last_seq), (first, first - 1));
    assert_eq!(publish(&fabric, "r", 1).await.seq, first);
    assert_eq!(fabric.head(&shard(0)).await.unwrap().last_seq, first);
}

#[tokio::test]
async fn purge_removes_below_and_may_jump_above_the_head() {
    let (_nats, fabric) = start().await;
    for id in 0..10 {
        publish(&fabric, "r", id).await;
    }
    fabric.purge_below(&shard(0), 4).await.unwrap();
    let info = fabric.info(&shard(0)).await.unwrap();
    assert_eq!((info.first_seq, info.last_seq, info.messages), (4, 10, 7));
    assert!(fabric.get(&shard(0), 3).await.unwrap().is_none());

    let jump = 10 + (1 << 32);
    fabric.purge_below(&shard(0), jump).await.unwrap();
    let info = fabric.info(&shard(0)).await.unwrap();
    assert_eq!((info.first_seq, info.last_seq, info.messages), (jump, jump - 1, 0));
    assert_eq!(publish(&fabric, "r", "after").await.seq, jump);
}

#[tokio::test]
async fn a_full_log_refuses_and_loses_nothing() {
    let nats = Nats::start().await;
    let mut small = config(nats.url());
    small.shard_max_bytes = 64 << 10;
    let fabric = Fabric::connect(&small, "small").await.unwrap();
    fabric.ensure_stream(&shard(0), None).await.unwrap();
    let mut stored = 0;
    let error = loop {
        let mut large = event("r", stored);
        large.payload = vec![7; 8 << 10].into();
        match fabric.publish(large).await {
            Ok(ack) => {
                stored += 1;
                assert_eq!(ack.seq, stored);
            }
            Err(error) => break error,
        }
    };
    assert!(matches!(error, fabric::PublishError::Full), "{error}");
    assert!(stored >= 6);
    let info = fabric.info(&shard(0)).await.unwrap();
    assert_eq!((info.first_seq, info.last_seq), (1, stored));
    fabric.purge_below(&shard(0), stored).await.unwrap();
    assert_eq!(publish(&fabric, "r", "again").await.seq, stored + 1);
}
