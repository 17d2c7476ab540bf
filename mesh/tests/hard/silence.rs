//! The server dies, an event is stored while the gateway's connection is away, and then the room stays silent.

use std::time::{Duration, Instant};

use protocol::decode::Encoding;
use protocol::id::EventId;
use serde_json::json;
use testkit::{Wire, World};

use crate::store::{Store, fabric, say};

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_the_last_event_after_each_of_fifty_kills() {
    let world = World::start(&[], &[]).await;
    let store = Store::open(&world.nats, &world.database).await;
    let ann = world.guest().await;
    let room = world.room(&ann.token, "public").await;
    let shard = store.shard(&room).await;
    let (mut wire, _) = Wire::open(&world.gateway, Encoding::MessagePack, &ann.token, json!({})).await;
    let (mut before, mut slowest) = (0, Duration::ZERO);
    for round in 0..50 {
        world.nats.kill().await;
        world.nats.restart().await;
        // A connection of its own, made before the gateway's is back: nothing of this comes live.
        let seq = say(&fabric(&world.nats).await, &shard, &room, &ann.id, EventId::at(testkit::now_ms()), "last words").await;
        let begun = Instant::now();
        let event = wire.find(|frame| frame["t"] == "event" && frame["room"] == room.as_str()).await;
        slowest = slowest.max(begun.elapsed());
        assert_eq!(event["seq"], seq, "round {round}: once, and nothing between");
        // What was read from the log to fill the hole does not know the one before it.
        assert!(before == 0 || event["prev"].is_null() || event["prev"] == before, "round {round}: {event}");
        before = seq;
        // A client that says nothing for long is closed.
        wire.say(&json!({"t": "ping"})).await;
        wire.find(|frame| frame["t"] == "pong").await;
    }
    println!("an event after a kill came within {slowest:?}");
    assert_eq!(wire.drain().await, Vec::<serde_json::Value>::new(), "each came once");
    assert!(!world.gateway.stderr().contains("ERROR"), "{}", world.gateway.stderr());
}
