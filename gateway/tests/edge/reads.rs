//! Rule 24: read marks are stored before they are answered and only rise; what is unread is exact.

use http::StatusCode;
use serde_json::{Value, json};
use testkit::{Encoding, Wire, fresh_id, send};

use crate::world::{BOTH, Edge, seq, shared, soon};

/// The user's view of a room, once the archive has seen it up to `head`.
async fn view(edge: &Edge, room: &str, token: &str, head: u64) -> Value {
    soon("the archive has the head", async || {
        let view = edge.get(&format!("/v1/rooms/{room}"), token).await.is(StatusCode::OK).json();
        (view["head"].as_u64().unwrap() >= head).then_some(view)
    })
    .await
}

async fn mark(wire: &mut Wire, room: &str, seq: u64) -> Value {
    wire.ok(json!({"t": "read", "room": room, "seq": seq})).await["seq"].clone()
}

#[tokio::test]
async fn a_mark_rises_and_never_falls_and_others_are_told() {
    let edge = shared().await;
    let (owner, reader) = (edge.account().await, edge.account().await);
    for encoding in BOTH {
        let room = edge.room_with(&owner, "private", &[&reader]).await;
        let log = edge.log(&room, &owner.token).await;
        let joined = seq(log.iter().find(|event| event["kind"] == "joined" && event["target"] == reader.id.as_str()).unwrap());
        let mut speaker = Wire::open(&edge.gateway, Encoding::Json, &owner.token, json!({})).await.0;
        let mut here = Wire::open(&edge.gateway, encoding, &reader.token, json!({})).await.0;
        let mut there = Wire::open(&edge.narrow, encoding, &reader.token, json!({"attach": "none"})).await.0;
        let first = seq(&speaker.text(&room, "one").await);
        let second = seq(&speaker.text(&room, &format!("two <@{}>", reader.id)).await);
        let own = seq(&here.text(&room, "my own").await);
        let shown = view(edge, &room, &reader.token, own).await;
        assert_eq!((&shown["read"], &shown["unread"], &shown["mentions"]), (&json!(joined), &json!(2), &json!(1)), "{shown}");
        assert_eq!(mark(&mut here, &room, first).await, first);
        assert_eq!(
            edge.get(&format!("/v1/rooms/{room}"), &reader.token).await.json()["unread"],
            1,
            "stored before it is answered"
        );
        for wire in [&mut there, &mut speaker] {
            let read = wire.find(|frame| frame["t"] == "read" && frame["room"] == room.as_str()).await;
            assert_eq!(read, json!({"t": "read", "room": room, "user": reader.id, "seq": first}));
        }
        for backwards in [0, joined, first] {
            assert_eq!(mark(&mut here, &room, backwards).await, first);
        }
        let beyond = mark(&mut here, &room, 9_007_199_254_740_991).await;
        assert_eq!(beyond, own, "beyond the head is the head");
        assert!(second < own);
        let shown = edge.get(&format!("/v1/rooms/{room}"), &reader.token).await.json();
        assert_eq!((&shown["read"], &shown["unread"], &shown["mentions"]), (&json!(own), &json!(0), &json!(0)));
        let members = edge.get(&format!("/v1/rooms/{room}/members"), &owner.token).await.json();
        let member = members["members"].as_array().unwrap().iter().find(|member| member["id"] == reader.id.as_str()).unwrap();
        assert_eq!(member["read"], own);
        assert!(here.drain().await.iter().all(|frame| frame["t"] != "read"), "not to the one who read");
        // Without `ref` it is stored all the same, and not answered.
        let last = seq(&speaker.text(&room, "three").await);
        here.say(&json!({"t": "read", "room": room, "seq": last})).await;
        there.find(|frame| frame["t"] == "read" && frame["seq"] == last).await;
        assert!(here.drain().await.iter().all(|frame| frame["t"] == "event"));
    }
}

#[tokio::test]
async fn deleted_messages_and_other_kinds_are_not_unread() {
    let edge = shared().await;
    let (owner, reader) = (edge.account().await, edge.account().await);
    let room = edge.room_with(&owner, "public", &[&reader]).await;
    let mut speaker = edge.quiet(Encoding::Json, &owner).await;
    let mention = format!("for <@{}>", reader.id);
    let kept = seq(&speaker.text(&room, &mention).await);
    let gone = seq(&speaker.text(&room, &mention).await);
    speaker.ok(json!({"t": "react", "room": room, "id": fresh_id(), "target": kept, "emoji": "x"})).await;
    speaker.ok(json!({"t": "edit", "room": room, "id": fresh_id(), "target": kept, "body": {"text": "for nobody"}})).await;
    edge.patch(&format!("/v1/rooms/{room}"), &owner.token, json!({"topic": "another"})).await.is(StatusCode::OK);
    let deleted = seq(&speaker.ok(json!({"t": "delete", "room": room, "id": fresh_id(), "target": gone})).await);
    let shown = view(edge, &room, &reader.token, deleted).await;
    assert_eq!((&shown["unread"], &shown["mentions"]), (&json!(1), &json!(0)), "{shown}");
    let (_, welcome) = Wire::open(&edge.gateway, Encoding::Json, &reader.token, json!({})).await;
    assert_eq!(welcome["rooms"][0]["unread"], 1, "{welcome}");
    let own = view(edge, &room, &owner.token, deleted).await;
    assert_eq!(own["unread"], 0);
}

#[tokio::test]
async fn unread_is_exact_up_to_999_and_then_says_more() {
    let edge = shared().await;
    let (owner, reader) = (edge.account().await, edge.account().await);
    let room = edge.room_with(&owner, "public", &[&reader]).await;
    let say = async |count: usize| {
        let mut wire = edge.quiet(Encoding::MessagePack, &owner).await;
        let mut last = 0;
        let mention = format!("<@{}>", reader.id);
        for _ in 0..count.div_ceil(50) {
            let batch: Vec<String> = (0..50).map(|_| fresh_id()).collect();
            let frames = batch.iter().enumerate().map(|(at, id)| {
                let mut frame = send(&room, id, &mention);
                frame["ref"] = json!(at);
                frame
            });
            wire.say(&frames.collect()).await;
            for at in 0..50 {
                let answer = wire.find(|frame| frame["ref"] == at).await;
                last = seq(&answer);
            }
        }
        last
    };
    let lasts = futures_util::future::join_all((0..4).map(|_| say(200))).await;
    let head = say(150).await.max(lasts.into_iter().max().unwrap());
    let mut speaker = edge.quiet(Encoding::Json, &owner).await;
    for _ in 0..49 {
        speaker.text(&room, "one more").await;
    }
    let head = head.max(seq(&speaker.text(&room, "the last but one").await));
    // 800 + 150 + 50 = 1,000.
    let shown = view(edge, &room, &reader.token, head).await;
    assert_eq!((&shown["unread"], &shown["mentions"]), (&json!(1_000), &json!(950)), "{shown}");
    let first = edge.log(&room, &reader.token).await.iter().find(|event| event["kind"] == "message").map(seq).unwrap();
    let mut wire = edge.quiet(Encoding::Json, &reader).await;
    mark(&mut wire, &room, first).await;
    assert_eq!(edge.get(&format!("/v1/rooms/{room}"), &reader.token).await.json()["unread"], 999);
    speaker.text(&room, "two more").await;
    let head = seq(&speaker.text(&room, "three more").await);
    assert_eq!(view(edge, &room, &reader.token, head).await["unread"], 1_000);
}
