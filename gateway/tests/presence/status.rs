//! What somebody chooses to be, and what he becomes by doing nothing.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Encoding, Wire};

use crate::world::{People, Place};

fn status(state: &str, text: Option<&str>) -> Value {
    json!({"t": "status", "state": state, "text": text})
}

#[tokio::test]
async fn a_choice_holds_on_all_devices_and_is_kept() {
    let place = Place::shared().await;
    let (ann, ben, room) = place.pair("private").await;
    let (mut watcher, _) = place.open(&place.gateway, &ann).await;
    let (mut desk, _) = place.open(&place.gateway, &ben).await;
    let (mut phone, welcome) = place.open(&place.other, &ben).await;
    assert_eq!(welcome["status"], json!({"state": "online"}));
    let mut seen = People::default();
    seen.until(&mut watcher, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    phone.say(&status("dnd", Some("in a meeting"))).await;
    for wire in [&mut desk, &mut phone] {
        let me = wire.find(|frame| frame["t"] == "me").await;
        assert_eq!(me["status"], json!({"state": "dnd", "text": "in a meeting"}), "{me}");
        assert_eq!(me["user"]["id"], ben.id);
    }
    seen.until(&mut watcher, &room, &[(&ann.id, "online"), (&ben.id, "dnd")]).await;
    assert_eq!(seen.frames.last().unwrap()["set"][0]["text"], "in a meeting");
    drop((desk, phone));
    let (mut again, welcome) = place.open(&place.other, &ben).await;
    assert_eq!(welcome["status"], json!({"state": "dnd", "text": "in a meeting"}));
    again.say(&status("away", Some(""))).await;
    seen.until(&mut watcher, &room, &[(&ann.id, "online"), (&ben.id, "away")]).await;
    assert_eq!(again.find(|frame| frame["t"] == "me").await["status"], json!({"state": "away"}));
    for broken in
        [json!({"t": "status", "state": "gone"}), status("online", Some(&"x".repeat(101))), status("online", Some("a\u{7}b"))]
    {
        again.say(&broken).await;
        assert_eq!(again.find(|frame| frame["t"] == "error").await["code"], "bad_request", "{broken}");
    }
}

#[tokio::test]
async fn the_invisible_are_seen_nowhere() {
    let place = Place::shared().await;
    let (ann, ben, room) = place.pair("public").await;
    let (mut watcher, _) = place.open(&place.gateway, &ann).await;
    let (mut ghost, _) = place.open(&place.other, &ben).await;
    let mut seen = People::default();
    seen.until(&mut watcher, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    let first = watcher.text(&room, "who is here?").await["seq"].clone();
    ghost.say(&status("invisible", None)).await;
    seen.until(&mut watcher, &room, &[(&ann.id, "online")]).await;
    ghost.find(|frame| frame["t"] == "me").await;
    // He types, reads, comes and goes: nobody is told.
    ghost.say(&json!({"t": "typing", "room": room, "on": true})).await;
    ghost.ok(json!({"t": "read", "room": room, "seq": first})).await;
    ghost.ok(json!({"t": "detach", "room": room})).await;
    ghost.ok(json!({"t": "attach", "room": room})).await;
    drop(ghost);
    let (mut ghost, welcome) = place.open(&place.gateway, &ben).await;
    assert_eq!(welcome["status"]["state"], "invisible");
    People::default().until(&mut ghost, &room, &[(&ann.id, "online")]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let told = watcher.drain().await;
    let told: Vec<_> = told.iter().filter(|frame| ["presence", "typing", "read"].iter().any(|t| frame["t"] == *t)).collect();
    assert!(told.is_empty(), "{told:?}");
    let members = place.get(&format!("/v1/rooms/{room}/members"), &ann.token).await.json();
    let him = members["members"].as_array().unwrap().iter().find(|member| member["id"] == ben.id).unwrap();
    assert_eq!(him.get("state"), None, "{him}");
    assert!(him["read"].as_u64() < first.as_u64(), "his mark does not move for others: {him}");
    let own = place.get(&format!("/v1/rooms/{room}/members"), &ben.token).await.json();
    let him = own["members"].as_array().unwrap().iter().find(|member| member["id"] == ben.id).unwrap();
    assert_eq!(him["read"], first, "{him}");
    // Seen again, he appears like somebody who came.
    ghost.say(&status("online", None)).await;
    seen.until(&mut watcher, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
}

#[tokio::test]
async fn who_does_nothing_is_away_until_he_does_something() {
    let place = Place::start(&[("CHATMESH__PRESENCE__AWAY_AFTER_S", "5")]).await;
    let (ann, ben, room) = place.pair("private").await;
    let (mut watcher, _) = place.open(&place.gateway, &ann).await;
    // A choice is not overruled by doing nothing.
    watcher.say(&status("dnd", None)).await;
    let (mut idle, _) = place.open(&place.other, &ben).await;
    let mut seen = People::default();
    seen.until(&mut watcher, &room, &[(&ann.id, "dnd"), (&ben.id, "online")]).await;
    // Pings are the client's, not the person's.
    for _ in 0..10 {
        idle.say(&json!({"t": "ping"})).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    seen.until(&mut watcher, &room, &[(&ann.id, "dnd"), (&ben.id, "away")]).await;
    // One active device is enough.
    let (mut second, _) = Wire::open(&place.gateway, Encoding::Json, &ben.token, json!({})).await;
    seen.until(&mut watcher, &room, &[(&ann.id, "dnd"), (&ben.id, "online")]).await;
    for _ in 0..14 {
        second.say(&json!({"t": "typing", "room": room, "on": false})).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let told: Vec<_> = watcher.drain().await.into_iter().filter(|frame| frame["t"] == "presence").collect();
    assert!(told.is_empty(), "{told:?}");
}
