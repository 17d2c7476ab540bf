//! The frames' fields, as the tables of the protocol name them, in both encodings.

use serde_json::json;
use testkit::{Encoding, Wire, fresh_id, now_ms, send};

use crate::world::{quiet, seq, shared};

#[tokio::test]
async fn welcome_tells_what_the_table_says() {
    let world = shared().await;
    let guest = world.guest().await;
    let room = world.room(&guest.token, "public").await;
    for encoding in Encoding::ALL {
        let (_, welcome) = Wire::open(&world.gateway, encoding, &guest.token, json!({})).await;
        assert!(welcome["session"].as_str().is_some_and(|session| !session.is_empty()), "{welcome}");
        assert_eq!(welcome["user"], json!({"id": guest.id, "name": guest.name, "role": "member", "guest": true}));
        let now = now_ms();
        assert!(welcome["server_time"].as_u64().unwrap().abs_diff(now) < 5_000, "{welcome}");
        assert!(welcome["expires_at"].as_u64().unwrap() > now, "{welcome}");
        assert_eq!(welcome["ping_s"], 30);
        assert!(["name", "version", "region"].iter().all(|key| welcome["server"][key].is_string()), "{welcome}");
        assert!(welcome["features"].is_array(), "{welcome}");
        let limits = json!({"text_bytes": 8192, "frame_bytes": 65536, "per_minute": 0, "history": 200, "replay_events": 500, "rooms": 100});
        assert_eq!(welcome["limits"], limits);
        assert_eq!(welcome["more_rooms"], false);
        let shown = &welcome["rooms"][0];
        assert_eq!((&shown["room"], &shown["type"], &shown["role"]), (&json!(room), &json!("public"), &json!("owner")));
        assert!(["head", "read", "unread", "mentions", "members"].iter().all(|key| shown[key].is_u64()), "{shown}");
    }
}

#[tokio::test]
async fn a_send_is_answered_and_seen_as_an_event() {
    let world = shared().await;
    let guest = world.guest().await;
    let room = world.room(&guest.token, "public").await;
    for encoding in Encoding::ALL {
        let mut wire = quiet(&world.gateway, encoding, &guest).await;
        wire.ok(json!({"t": "attach", "room": room})).await;
        let id = fresh_id();
        let ok = wire.ok(send(&room, &id, "hello")).await;
        assert_eq!((&ok["room"], &ok["id"], &ok["level"]), (&json!(room), &json!(id), &json!("stored")));
        assert!(ok["ts"].as_u64().unwrap().abs_diff(now_ms()) < 10_000 && ok.get("dup").is_none(), "{ok}");
        let event = wire.find(|frame| frame["t"] == "event").await;
        assert_eq!((&event["seq"], &event["ts"], &event["id"]), (&ok["seq"], &ok["ts"], &ok["id"]));
        assert_eq!((&event["room"], &event["kind"]), (&json!(room), &json!("message")));
        assert_eq!(event["from"], json!({"id": guest.id, "name": guest.name, "type": "guest"}));
        assert_eq!(event["body"], json!({"text": "hello"}));
        assert!(event["prev"].as_u64().unwrap() < seq(&event), "{event}");
    }
}
