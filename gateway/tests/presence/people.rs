//! Who is in a room.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Encoding, Wire};

use crate::world::{People, Place};

#[tokio::test]
async fn people_are_seen_across_gateways_first_whole_then_what_changes() {
    let place = Place::shared().await;
    let (ann, ben, room) = place.pair("private").await;
    let (mut first, welcome) = place.open(&place.gateway, &ann).await;
    assert!(welcome["features"].as_array().unwrap().contains(&json!("presence")));
    let mut seen = People::default();
    seen.until(&mut first, &room, &[(&ann.id, "online")]).await;
    let (mut second, _) = place.open(&place.other, &ben).await;
    seen.until(&mut first, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    let mut other = People::default();
    other.until(&mut second, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    // A detached room is left at once, and attached again whole.
    second.ok(json!({"t": "detach", "room": room})).await;
    seen.until(&mut first, &room, &[(&ann.id, "online")]).await;
    second.ok(json!({"t": "attach", "room": room})).await;
    seen.until(&mut first, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    People::default().until(&mut second, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
}

#[tokio::test]
async fn a_short_break_is_not_seen_and_a_long_one_once() {
    let place = Place::shared().await;
    let (ann, ben, room) = place.pair("private").await;
    let (mut first, _) = place.open(&place.gateway, &ann).await;
    let mut seen = People::default();
    let (mut second, _) = place.open(&place.gateway, &ben).await;
    seen.until(&mut first, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    People::default().until(&mut second, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    drop(second);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (mut second, _) = place.open(&place.other, &ben).await;
    People::default().until(&mut second, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    let flickers: Vec<_> = first.drain().await.into_iter().filter(|frame| frame["t"] == "presence").collect();
    assert!(flickers.is_empty(), "{flickers:?}");
    drop(second);
    let began = Instant::now();
    seen.until(&mut first, &room, &[(&ann.id, "online")]).await;
    assert!((Duration::from_secs(8)..Duration::from_secs(15)).contains(&began.elapsed()), "{:?}", began.elapsed());
    // Who shares the room sees since when he is away.
    let members = place.get(&format!("/v1/rooms/{room}/members"), &ann.token).await.json();
    let of = |id: &str| members["members"].as_array().unwrap().iter().find(|member| member["id"] == *id).unwrap().clone();
    assert_eq!((&of(&ann.id)["state"], of(&ann.id).get("seen")), (&json!("online"), None), "{members}");
    assert_eq!(of(&ben.id).get("state"), None, "{members}");
    testkit::eventually_for(testkit::SOON, "last seen is kept", async || {
        let members = place.get(&format!("/v1/rooms/{room}/members"), &ann.token).await.json();
        members["members"].as_array().unwrap().iter().find(|member| member["id"] == ben.id)?["seen"].as_u64()
    })
    .await;
}

#[tokio::test]
async fn a_logout_and_a_removal_are_seen_at_once() {
    let place = Place::shared().await;
    let (ann, ben, room) = place.pair("private").await;
    let (mut first, _) = place.open(&place.gateway, &ann).await;
    let (mut second, _) = place.open(&place.other, &ben).await;
    let mut seen = People::default();
    seen.until(&mut first, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    let began = Instant::now();
    place.post("/v1/auth/logout", &ben.token, json!({})).await.is(http::StatusCode::NO_CONTENT);
    assert_eq!(second.closed().await, 4401);
    seen.until(&mut first, &room, &[(&ann.id, "online")]).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let cat = place.account().await;
    place.add(&room, &ann.token, &cat.id).await;
    let (mut third, _) = place.open(&place.other, &cat).await;
    seen.until(&mut first, &room, &[(&ann.id, "online"), (&cat.id, "online")]).await;
    People::default().until(&mut third, &room, &[(&ann.id, "online"), (&cat.id, "online")]).await;
    place.delete(&format!("/v1/rooms/{room}/members/{}", cat.id), &ann.token).await.is(http::StatusCode::NO_CONTENT);
    seen.until(&mut first, &room, &[(&ann.id, "online")]).await;
    third.find(|frame| frame["t"] == "room_gone").await;
    let told = third.drain().await;
    assert!(told.iter().all(|frame| frame["t"] != "presence"), "{told:?}");
}

#[tokio::test]
async fn strangers_hear_nothing_of_a_private_room_and_lists_say_nothing_of_states() {
    let place = Place::shared().await;
    let (ann, _, room) = place.pair("private").await;
    let (mut first, _) = place.open(&place.gateway, &ann).await;
    People::default().until(&mut first, &room, &[(&ann.id, "online")]).await;
    let stranger = place.account().await;
    let (mut wire, _) = Wire::open(&place.other, Encoding::Json, &stranger.token, json!({})).await;
    wire.refused(json!({"t": "attach", "room": room}), "not_found").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(wire.drain().await.iter().all(|frame| frame["t"] != "presence"));
    let open = place.room(&ann.token, "public").await;
    first.find(|frame| frame["t"] == "presence" && frame["room"] == open).await;
    let members = place.get(&format!("/v1/rooms/{open}/members"), &stranger.token).await.json();
    assert_eq!((members["members"][0].get("state"), members["members"][0].get("seen")), (None, None), "{members}");
    let own = place.get(&format!("/v1/rooms/{open}/members"), &ann.token).await.json();
    assert_eq!(own["members"][0]["state"], "online", "{own}");
}

#[tokio::test]
async fn only_administrators_see_the_whole() {
    let place = Place::shared().await;
    let somebody = place.account().await;
    for path in ["/v1/admin/presence", "/v1/admin/presence/room", "/v1/admin/ranking"] {
        place.get(path, &somebody.token).await.fails(403, "forbidden");
        place.get(path, "").await.fails(401, "unauthenticated");
    }
}
