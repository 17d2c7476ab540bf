//! A user with 5,000 rooms connects, pages through them, and hears of those that are not attached.

use std::collections::HashSet;
use std::time::Instant;

use protocol::decode::Encoding;
use protocol::id::EventId;
use serde_json::json;
use testkit::{Wire, World};

use crate::store::{Store, answered, say};

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_rooms_are_welcomed_in_one_page_and_all_of_them_speak() {
    let world = World::start(&[], &[]).await;
    let store = Store::open(&world.nats, &world.database).await;
    let ann = world.guest().await;
    let rooms = "INSERT INTO rooms (id, type, name, home, shard, ver, members) \
         SELECT 'room' || n, 'private', 'Room ' || n, 'local', n % 16, 2, 1 FROM generate_series(1, 5000) n";
    store.database.execute(rooms, &[]).await.unwrap();
    let members = "INSERT INTO members (room, user_id, role) SELECT 'room' || n, $1, 'owner' FROM generate_series(1, 5000) n";
    store.database.execute(members, &[&ann.id]).await.unwrap();
    let state =
        "INSERT INTO room_state (room, head, last_entry, active_ts) SELECT 'room' || n, 0, 0, n FROM generate_series(1, 5000) n";
    store.database.execute(state, &[]).await.unwrap();
    store.database.batch_execute("ANALYZE").await.unwrap();

    // Answered within the time of a frame, 20 s, also on a machine that does much else.
    let begun = Instant::now();
    let (mut wire, welcome) = Wire::open(&world.gateway, Encoding::MessagePack, &ann.token, json!({})).await;
    println!("welcome with 5,000 rooms took {:?}", begun.elapsed());
    let listed = welcome["rooms"].as_array().unwrap();
    assert_eq!((listed.len(), &welcome["more_rooms"]), (100, &json!(true)));
    assert_eq!((&listed[0]["name"], &listed[99]["name"]), (&json!("Room 5000"), &json!("Room 4901")));

    let (mut seen, mut after) = (HashSet::new(), json!(null));
    loop {
        let page = answered(&mut wire, json!({"t": "rooms", "after": after, "limit": 200})).await;
        for room in page["rooms"].as_array().unwrap() {
            after = room["room"].clone();
            assert!(seen.insert(after.to_string()), "no room comes twice");
        }
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), 5_000);

    // One of the hundred is attached, the others give `activity`; both take sends.
    let said = wire.text("room4950", "attached").await;
    let event = wire.find(|frame| frame["t"] == "event" && frame["room"] == "room4950").await;
    assert_eq!(event["seq"], said["seq"]);
    let shard = store.shard("room7").await;
    say(&store.fabric, &shard, "room7", "somebody", EventId::at(testkit::now_ms()), "far down").await;
    wire.find(|frame| frame["t"] == "activity" && frame["room"] == "room7").await;
    wire.text("room8", "not attached").await;
}
