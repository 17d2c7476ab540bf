//! The ranked list.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Encoding, SOON, Wire, eventually_for};

use crate::world::Place;

fn find<'a>(rooms: &'a Value, room: &str) -> Option<&'a Value> {
    rooms.as_array().unwrap().iter().find(|ranked| ranked["room"] == *room)
}

#[tokio::test]
async fn rooms_are_ranked_by_those_who_sent_or_read() {
    let place = Place::start(&[]).await;
    let (ann, ben, busy) = place.pair("public").await;
    let quiet = place.room(&ann.token, "public").await;
    let secret = place.room(&ann.token, "private").await;
    let untouched = place.room(&ben.token, "public").await;
    let (mut first, _) = place.open(&place.gateway, &ann).await;
    let (mut second, _) = place.open(&place.other, &ben).await;
    let (mut watcher, _) = Wire::open(&place.other, Encoding::Json, &place.guest().await.token, json!({})).await;
    let begin = watcher.ok(json!({"t": "lobby", "on": true, "limit": 10})).await;
    assert_eq!(begin["rooms"], json!([]));
    first.text(&quiet, "hello?").await;
    first.text(&secret, "not for the list").await;
    first.text(&busy, "one").await;
    let seq = first.text(&busy, &"long ".repeat(100)).await["seq"].clone();
    second.find(|frame| frame["t"] == "event" && frame["seq"] == seq).await;
    // He reads only, twice.
    second.ok(json!({"t": "read", "room": busy, "seq": seq})).await;
    second.ok(json!({"t": "read", "room": busy, "seq": seq})).await;
    let list = eventually_for(SOON, "the list", async || {
        let list = place.get("/v1/lobby?limit=10", "").await.is(http::StatusCode::OK).json();
        let complete = find(&list["rooms"], &busy).is_some_and(|room| room["active_30m"] == 2 && room["last"]["seq"] == seq)
            && find(&list["rooms"], &quiet).is_some_and(|room| room["active_30m"] == 1);
        complete.then_some(list)
    })
    .await;
    let order: Vec<_> = list["rooms"].as_array().unwrap().iter().map(|room| room["room"].clone()).collect();
    assert_eq!(order, [json!(busy), json!(quiet)], "{list}");
    let top = &list["rooms"][0];
    assert_eq!((&top["online"], &top["name"]), (&json!(2), &json!("a room")), "{top}");
    assert_eq!(top["last"]["body"]["text"].as_str().unwrap().chars().count(), 120);
    assert!(find(&list["rooms"], &secret).is_none() && find(&list["rooms"], &untouched).is_none());
    assert_eq!(place.get("/v1/lobby?limit=1", "").await.json()["rooms"].as_array().unwrap().len(), 1);
    place.get("/v1/lobby?limit=0", "").await.fails(400, "bad_request");
    // Diffs make the same list.
    let mut put = serde_json::Map::new();
    while put.get(&busy).is_none_or(|room| room["last"]["seq"] != seq || room["active_30m"] != 2) {
        let diff = watcher.find(|frame| frame["t"] == "lobby").await;
        for room in diff["put"].as_array().unwrap() {
            put.insert(room["room"].as_str().unwrap().into(), room.clone());
        }
        for room in diff["drop"].as_array().unwrap() {
            put.remove(room.as_str().unwrap());
        }
    }
    assert_eq!(put.len(), 2, "{put:?}");
    // At most one a second, none after it was switched off.
    let began = Instant::now();
    for at in 0..30 {
        first.text(&busy, &format!("number {at}")).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let diffs = watcher.drain().await.iter().filter(|frame| frame["t"] == "lobby").count() as u64;
    assert!((1..=began.elapsed().as_secs() + 1).contains(&diffs), "{diffs} in {:?}", began.elapsed());
    assert_eq!(watcher.ok(json!({"t": "lobby", "on": false})).await["rooms"], json!([]));
    watcher.drain().await;
    first.text(&busy, "unheard").await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(watcher.drain().await.iter().all(|frame| frame["t"] != "lobby"));
    survives_restarts(&place, &busy, &quiet).await;
}

/// Counts are kept by the directory, and a new replica has them.
async fn survives_restarts(place: &Place, busy: &str, quiet: &str) {
    // Marks are handed over every five seconds.
    tokio::time::sleep(Duration::from_secs(6)).await;
    place.presence.kill();
    place.presence.start_again().await;
    place.other.kill();
    place.other.start_again().await;
    eventually_for(SOON, "the list after restarts", async || {
        let (_, list) = testkit::get(place.other.http(), "/v1/lobby").await?;
        let list: Value = serde_json::from_str(&list).unwrap();
        let count = |room: &str| find(&list["rooms"], room).map(|room| room["active_30m"].clone());
        (count(busy) == Some(json!(2)) && count(quiet) == Some(json!(1))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_list_needs_a_token_when_that_is_configured() {
    let place = Place::start(&[("CHATMESH__HTTP__LOBBY_NEEDS_LOGIN", "true")]).await;
    place.get("/v1/lobby", "").await.fails(401, "unauthenticated");
    place.get("/v1/lobby", "rubbish").await.fails(401, "unauthenticated");
    let guest = place.guest().await;
    place.get("/v1/lobby", &guest.token).await.is(http::StatusCode::OK);
}
