//! Who writes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::Wire;

use crate::world::{People, Place};

async fn told(wire: &mut Wire, room: &str) -> Value {
    wire.find(|frame| frame["t"] == "typing" && frame["room"] == *room).await
}

#[tokio::test]
async fn others_see_who_writes_until_he_stops_or_five_seconds_passed() {
    let place = Place::shared().await;
    let (ann, ben, room) = place.pair("private").await;
    let (mut reader, _) = place.open(&place.gateway, &ann).await;
    let (mut writer, _) = place.open(&place.other, &ben).await;
    People::default().until(&mut reader, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    People::default().until(&mut writer, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    writer.say(&json!({"t": "typing", "room": room, "on": true})).await;
    assert_eq!(told(&mut reader, &room).await, json!({"t": "typing", "room": room, "users": [ben.id], "count": 1}));
    writer.say(&json!({"t": "typing", "room": room, "on": false})).await;
    assert_eq!(told(&mut reader, &room).await, json!({"t": "typing", "room": room, "users": [], "count": 0}));
    tokio::time::sleep(Duration::from_millis(400)).await;
    writer.say(&json!({"t": "typing", "room": room, "on": true})).await;
    assert_eq!(told(&mut reader, &room).await["count"], 1);
    let began = Instant::now();
    // Told again while it stands.
    assert_eq!(told(&mut reader, &room).await, json!({"t": "typing", "room": room, "users": [ben.id], "count": 1}));
    assert_eq!(told(&mut reader, &room).await["count"], 0);
    assert!((Duration::from_millis(4_000)..Duration::from_secs(8)).contains(&began.elapsed()), "{:?}", began.elapsed());
    // The writer himself is never among them.
    assert!(writer.drain().await.iter().all(|frame| frame["t"] != "typing" || frame["count"] == 0));
}

#[tokio::test]
async fn a_flood_is_dropped_and_strangers_are_not_heard() {
    let place = Place::shared().await;
    let (ann, ben, room) = place.pair("public").await;
    let (mut reader, _) = place.open(&place.gateway, &ann).await;
    let (mut writer, _) = place.open(&place.other, &ben).await;
    People::default().until(&mut reader, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    let stranger = place.account().await;
    let (mut visitor, _) = place.open(&place.other, &stranger).await;
    visitor.ok(json!({"t": "attach", "room": room})).await;
    visitor.say(&json!({"t": "typing", "room": room, "on": true})).await;
    visitor.say(&json!({"t": "typing", "room": "nowhere", "on": true})).await;
    for at in 0..500 {
        writer.say(&json!({"t": "typing", "room": room, "on": at % 2 == 0})).await;
    }
    writer.text(&room, "still served").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let told: Vec<_> = reader.drain().await.into_iter().filter(|frame| frame["t"] == "typing").collect();
    assert!(told.len() <= 8, "{} frames", told.len());
    assert!(told.iter().all(|frame| frame["users"].as_array().unwrap().iter().all(|user| *user == ben.id)), "{told:?}");
}
