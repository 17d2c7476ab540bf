//! A server, a fabric on it and events to publish.

use std::time::Duration;

use fabric::{Ack, Fabric, NatsConfig, Publish, ReaderEvent, Record, ShardReader};
use protocol::id::{Name, RoomId};
use protocol::subject::Shard;
use testkit::Nats;
use tokio::time::timeout;

pub const LONG: Duration = Duration::from_secs(20);

pub fn config(url: impl Into<String>) -> NatsConfig {
    NatsConfig { url: url.into(), shards: 2, shard_max_bytes: 16 << 20, ..NatsConfig::default() }
}

/// A server with its two streams, and a fabric on it.
pub async fn start() -> (Nats, Fabric) {
    let nats = Nats::start().await;
    let fabric = connect(&nats).await;
    for shard in fabric.shards() {
        assert!(fabric.ensure_stream(shard, None).await.unwrap().created);
    }
    (nats, fabric)
}

pub async fn connect(nats: &Nats) -> Fabric {
    Fabric::connect(&config(nats.url()), "test").await.unwrap()
}

pub fn shard(number: u16) -> Shard {
    Shard { home: Name::parse("local").unwrap(), number }
}

pub fn room(name: &str) -> RoomId {
    RoomId::parse(name).unwrap()
}

pub fn event(room_name: &str, id: impl std::fmt::Display) -> Publish {
    Publish {
        shard: shard(0),
        room: room(room_name),
        msg_id: format!("{room_name}.u.{id}"),
        payload: format!("payload {id}").into(),
        traceparent: None,
    }
}

/// Publishes until it is acknowledged.
pub async fn publish(fabric: &Fabric, room_name: &str, id: impl std::fmt::Display) -> Ack {
    timeout(LONG, async {
        loop {
            match fabric.publish(event(room_name, &id)).await {
                Ok(ack) => return ack,
                Err(error) => {
                    assert!(matches!(error, fabric::PublishError::Unavailable(_)), "{error}");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    })
    .await
    .expect("published in time")
}

/// Reads until the reader has delivered `until`.
pub async fn read_until(reader: &mut ShardReader, until: u64) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    let all = async {
        while records.last().is_none_or(|record| record.seq < until) {
            match reader.next().await {
                ReaderEvent::Record(record) => records.push(record),
                ReaderEvent::Batch(batch) => records.extend(batch),
                ReaderEvent::Caught(_) => {}
                ReaderEvent::Broken { reason } => panic!("broken: {reason}"),
            }
        }
    };
    timeout(LONG, all).await.expect("read in time");
    records
}

/// Every number from the first to the last, once.
pub fn assert_contiguous(records: &[Record], first: u64, last: u64) {
    let seqs: Vec<u64> = records.iter().map(|record| record.seq).collect();
    assert_eq!(seqs, (first..=last).collect::<Vec<_>>());
}
