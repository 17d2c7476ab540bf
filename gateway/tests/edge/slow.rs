//! Rule 23: a reader that leaves too much unread is closed with 4001, and loses nothing by resuming.

use serde_json::{Value, json};
use testkit::{Encoding, Service, Wire, fresh_id, send};
use tokio::time::{Duration, Instant};

use crate::raw::Raw;
use crate::world::{Edge, seq, shared};

/// Sends texts of 8 KB from several sockets; gives all their `seq`s.
async fn shout(edge: &Edge, token: &str, room: &str, texts: usize) -> Vec<u64> {
    const SPEAKERS: usize = 8;
    let text = "x".repeat(8_000);
    let speak = async || {
        let (mut wire, _) = Wire::open(&edge.gateway, Encoding::MessagePack, token, json!({"attach": "none"})).await;
        let mut stored = Vec::new();
        for _ in 0..texts / SPEAKERS {
            stored.push(seq(&wire.ok(send(room, &fresh_id(), &text)).await));
        }
        stored
    };
    let mut all = futures_util::future::join_all((0..SPEAKERS).map(|_| speak())).await.concat();
    all.sort_unstable();
    all
}

/// The `seq`s of the whole events among frames, which hold one or an array.
fn events(frames: &[Vec<u8>]) -> Vec<u64> {
    let frames = frames.iter().filter_map(|frame| serde_json::from_slice::<Value>(frame).ok());
    let frames = frames.flat_map(|frame| match frame {
        Value::Array(frames) => frames,
        frame => vec![frame],
    });
    frames.filter(|frame| frame["t"] == "event").map(|frame| seq(&frame)).collect()
}

/// Reads on from the last event seen, and must see the rest without a gap or a double.
async fn resumes(edge: &Edge, token: &str, room: &str, seen: &[u64], all: &[u64]) {
    let last = seen.last().copied().unwrap_or(0);
    let more = json!({"attach": "none", "resume": {room: last}});
    let (mut wire, _) = Wire::open(&edge.gateway, Encoding::Json, token, more).await;
    let resumed = wire.find(|frame| frame["t"] == "resumed").await;
    assert_eq!(resumed["head"], *all.last().unwrap());
    let rest = wire.drain().await;
    let rest = rest.iter().filter(|frame| frame["t"] == "event").map(seq);
    let messages: Vec<u64> = seen.iter().copied().chain(rest).filter(|seq| *seq >= all[0]).collect();
    assert_eq!(messages, all);
}

#[tokio::test]
async fn more_than_a_mailbox_of_unread_events_closes_with_4001() {
    let edge = shared().await;
    let (owner, reader) = (edge.account().await, edge.guest().await);
    let room = edge.room_with(&owner, "public", &[&reader]).await;
    let mut slow = Raw::open(&edge.gateway, &reader.token, json!({})).await;
    let mut fast = Wire::open(&edge.gateway, Encoding::Json, &reader.token, json!({})).await.0;
    let reading = async {
        for _ in 0..400 {
            fast.find(|frame| frame["t"] == "event" && frame["kind"] == "message").await;
        }
    };
    let (all, ()) = tokio::join!(shout(edge, &owner.token, &room, 400), reading);
    let (code, before) = slow.closed().await;
    assert_eq!(code, 4001);
    assert_eq!(slow.next().await, None, "the connection is dropped");
    let seen = events(&before);
    assert!(seen.len() < all.len(), "it was not slow");
    resumes(edge, &reader.token, &room, &seen, &all).await;
}

#[tokio::test]
async fn events_that_wait_for_10_s_close_with_4001() {
    let edge = shared().await;
    let gateway = Service::gateway(&edge.nats, &[("CHATMESH__LIMITS__PER_MINUTE", "0")]);
    gateway.ready().await;
    let (owner, reader) = (edge.account().await, edge.guest().await);
    let room = edge.room_with(&owner, "public", &[&reader]).await;
    let mut slow = Raw::open(&gateway, &reader.token, json!({})).await;
    let begun = Instant::now();
    // Fewer than fill the mailbox.
    let all = shout(edge, &owner.token, &room, 80).await;
    let closed = crate::world::soon("the reader is closed", async || {
        let (_, metrics) = testkit::get(gateway.ops(), "/metrics").await?;
        metrics.lines().any(|line| line.starts_with("chatmesh_gateway_closes") && line.contains("slow")).then_some(())
    });
    closed.await;
    assert!(begun.elapsed() >= Duration::from_secs(10), "{:?}", begun.elapsed());
    let (code, before) = slow.closed().await;
    assert_eq!(code, 4001);
    resumes(edge, &reader.token, &room, &events(&before), &all).await;
}
