//! Retries that the log's own window of 5 minutes knows nothing of; the clock is the time inside the ids.

use protocol::decode::Encoding;
use protocol::id::EventId;
use serde_json::json;
use testkit::{Wire, World, fresh_id, send};

use crate::store::{Store, answered, say};

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_the_window_and_after_days_is_recognised_or_put_off() {
    let world = World::start(&[], &[("CHATMESH__LIMITS__PER_MINUTE", "0")]).await;
    let store = Store::open(&world.nats, &world.database).await;
    let ann = world.guest().await;
    let room = world.room(&ann.token, "private").await;
    let shard = store.shard(&room).await;
    let (mut wire, _) = Wire::open(&world.gateway, Encoding::Json, &ann.token, json!({})).await;
    let now = testkit::now_ms();
    let mut stored = Vec::new();
    for age in [6 * MINUTE_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS - MINUTE_MS] {
        // As long ago as its id says: all that the log's window could know of it is gone.
        let id = EventId::at(now - age);
        let seq = say(&store.fabric, &shard, &room, &ann.id, id, "said long ago").await;
        let retry = answered(&mut wire, send(&room, &id.to_string(), "said long ago")).await;
        assert_eq!((&retry["dup"], &retry["seq"]), (&json!(true), &json!(seq)), "{age} ms old");
        let other = answered(&mut wire, send(&room, &id.to_string(), "something else")).await;
        assert_eq!(other["code"], "conflict", "{age} ms old");
        stored.push((id, seq));
    }
    // A first try may be late too, and is stored; then it is known.
    let id = EventId::at(now - 3 * DAY_MS).to_string();
    let first = answered(&mut wire, send(&room, &id, "written on a train")).await;
    assert_eq!(first["dup"], json!(null));
    let again = answered(&mut wire, send(&room, &id, "written on a train")).await;
    assert_eq!((&again["dup"], &again["seq"]), (&json!(true), &first["seq"]));
    let head = store.fabric.head(&shard).await.unwrap().last_seq;

    let old = EventId::at(now - 7 * DAY_MS - MINUTE_MS).to_string();
    wire.refused(send(&room, &old, "too old"), "bad_request").await;
    // Nobody can tell now: never a second copy.
    world.persister.kill();
    for (id, _) in &stored {
        let refusal = wire.refused(send(&room, &id.to_string(), "said long ago"), "unavailable").await;
        assert_eq!(refusal["retryable"], true);
    }
    // Those that were refused hold up the room for 2 s, as the order of sends demands.
    let new = answered(&mut wire, send(&room, &fresh_id(), "what is new needs no archive")).await;
    assert_eq!(new["t"], "ok", "{new}");
    world.persister.start_again().await;
    for (id, seq) in stored {
        let retry = answered(&mut wire, send(&room, &id.to_string(), "said long ago")).await;
        assert_eq!((&retry["dup"], &retry["seq"]), (&json!(true), &json!(seq)));
    }
    assert_eq!(store.fabric.head(&shard).await.unwrap().last_seq, head + 1, "only the new one was stored");
}
