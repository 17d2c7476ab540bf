//! Rule 14 and 15: who may read, write, edit, delete, react and pin, and that changes hold on open sockets.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Encoding, Person, Wire, fresh_id, send};

use crate::world::{BOTH, Edge, error, is_open, seq, shared, soon};

/// Every frame that names a room, as somebody who is no member may try it.
fn attempts(room: &str, target: u64) -> Vec<Value> {
    let change = |t: &str| json!({"t": t, "room": room, "id": fresh_id(), "target": target, "emoji": "x", "body": {"text": "x"}});
    let mut all: Vec<Value> = ["edit", "delete", "react", "pin"].map(change).into();
    all.extend([
        send(room, &fresh_id(), "x"),
        json!({"t": "read", "room": room, "seq": target}),
        json!({"t": "attach", "room": room}),
        json!({"t": "attach", "room": room, "after": 0}),
        json!({"t": "history", "room": room}),
        json!({"t": "history", "room": room, "around": target, "thread": target}),
        json!({"t": "events", "room": room, "after": 0}),
    ]);
    all
}

/// The refusal of each attempt, without what names the attempt.
async fn refusals(wire: &mut Wire, room: &str, target: u64) -> Vec<Value> {
    let mut all = Vec::new();
    for attempt in attempts(room, target) {
        let mut refused = wire.refused(attempt, "not_found").await;
        refused["ref"] = Value::Null;
        refused["room"] = Value::Null;
        all.push(refused);
    }
    all
}

#[tokio::test]
async fn a_private_room_does_not_exist_for_others_by_any_way() {
    let edge = shared().await;
    let (owner, friend, stranger) = (edge.account().await, edge.guest().await, edge.guest().await);
    let private = edge.room_with(&owner, "private", &[&friend]).await;
    let direct = edge.post("/v1/rooms", &owner.token, json!({"type": "direct", "user": friend.id})).await.json();
    let direct = direct["room"].as_str().unwrap().to_owned();
    let unknown = "0000000000000000000000";
    for room in [&private, &direct] {
        let mut inside = edge.quiet(Encoding::Json, &owner).await;
        let target = seq(&inside.text(room, "a secret").await);
        for encoding in BOTH {
            let mut wire = edge.quiet(encoding, &stranger).await;
            assert_eq!(refusals(&mut wire, room, target).await, refusals(&mut wire, unknown, target).await);
            wire.ok(json!({"t": "detach", "room": room})).await;
            let rooms = wire.ok(json!({"t": "rooms"})).await;
            assert_eq!(rooms["rooms"], json!([]));
            wire.say(&json!({"t": "typing", "room": room, "on": true})).await;
            inside.text(room, "another").await;
            assert!(wire.drain().await.is_empty());
            let own = edge.room(&stranger.token, "public").await;
            let more = json!({"attach": "none", "resume": {room.as_str(): 0, own.as_str(): 0}});
            let (mut wire, _) = Wire::open(&edge.gateway, encoding, &stranger.token, more).await;
            let refused = wire.find(|frame| frame["t"] == "error").await;
            assert_eq!((&refused["room"], &refused["code"]), (&json!(room), &json!("not_found")));
            wire.find(|frame| frame["t"] == "resumed" && frame["room"] == own.as_str()).await;
            assert!(wire.drain().await.iter().all(|frame| frame["room"] == own.as_str()));
            edge.leave(&own, &stranger.token).await;
        }
        for (method, suffix, body) in [
            (Method::GET, "", None),
            (Method::PATCH, "", Some(json!({"name": "x"}))),
            (Method::POST, "/join", None),
            (Method::POST, "/leave", None),
            (Method::GET, "/members", None),
            (Method::POST, "/members", Some(json!({"user": stranger.id}))),
            (Method::PATCH, &format!("/members/{}", owner.id), Some(json!({"role": "member"}))),
            (Method::DELETE, &format!("/members/{}", owner.id), None),
            (Method::GET, "/history", None),
            (Method::GET, "/events", None),
        ] {
            let of = |room: &str| format!("/v1/rooms/{room}{suffix}");
            let hidden = edge.call(method.clone(), &of(room), &stranger.token, body.clone()).await.fails(404, "not_found");
            let absent = edge.call(method, &of(unknown), &stranger.token, body).await.fails(404, "not_found");
            assert_eq!(hidden.bytes, absent.bytes, "{suffix}");
        }
    }
    let mut after = None;
    loop {
        let query = after.map_or_else(String::new, |after| format!("&after={after}"));
        let page = edge.get(&format!("/v1/rooms?limit=200{query}"), &stranger.token).await.is(StatusCode::OK).json();
        assert!(page["rooms"].as_array().unwrap().iter().all(|room| room["type"] == "public"));
        let Some(next) = page["next"].as_str() else { break };
        after = Some(next.to_owned());
    }
}

#[tokio::test]
async fn a_public_room_is_read_by_all_and_written_by_members() {
    let edge = shared().await;
    let (owner, reader) = (edge.account().await, edge.guest().await);
    let room = edge.room(&owner.token, "public").await;
    let mut speaker = edge.quiet(Encoding::Json, &owner).await;
    let target = seq(&speaker.text(&room, "for all").await);
    for encoding in BOTH {
        let mut wire = edge.quiet(encoding, &reader).await;
        wire.ok(json!({"t": "attach", "room": room, "after": 0})).await;
        assert_eq!(wire.find(|frame| frame["t"] == "resumed").await["room"], room.as_str());
        let said = speaker.text(&room, "live").await;
        wire.find(|frame| frame["t"] == "event" && frame["seq"] == said["seq"]).await;
        wire.ok(json!({"t": "history", "room": room})).await;
        wire.ok(json!({"t": "events", "room": room, "after": 0})).await;
        for attempt in attempts(&room, target) {
            if attempt["id"].is_string() || attempt["t"] == "read" {
                let refused = wire.refused(attempt, "forbidden").await;
                assert_eq!(refused["retryable"], false);
            }
        }
        let more = json!({"attach": "none", "resume": {room.as_str(): 0}});
        let (mut wire, _) = Wire::open(&edge.gateway, encoding, &reader.token, more).await;
        wire.find(|frame| frame["t"] == "resumed" && frame["room"] == room.as_str()).await;
    }
    for suffix in ["", "/members", "/history", "/events"] {
        edge.get(&format!("/v1/rooms/{room}{suffix}"), &reader.token).await.is(StatusCode::OK);
    }
    edge.patch(&format!("/v1/rooms/{room}"), &reader.token, json!({"name": "x"})).await.fails(403, "forbidden");
}

#[tokio::test]
async fn members_read_from_before_they_joined() {
    let edge = shared().await;
    let (owner, late) = (edge.account().await, edge.guest().await);
    let room = edge.room(&owner.token, "private").await;
    let old = edge.quiet(Encoding::Json, &owner).await.text(&room, "before").await;
    edge.add(&room, &owner.token, &late.id).await;
    for encoding in BOTH {
        let mut wire = edge.quiet(encoding, &late).await;
        wire.ok(json!({"t": "attach", "room": room, "after": 0})).await;
        assert_eq!(wire.find(|frame| frame["seq"] == old["seq"]).await["body"]["text"], "before");
        let page = wire.ok(json!({"t": "history", "room": room})).await;
        assert!(page["entries"].as_array().unwrap().iter().any(|entry| entry["seq"] == old["seq"]));
    }
    assert!(edge.log(&room, &late.token).await.iter().any(|event| event["seq"] == old["seq"]));
}

/// A change of a message, as this socket is answered: `ok` or the code of the refusal.
async fn tried(wire: &mut Wire, t: &str, room: &str, target: u64) -> String {
    let mut frame = json!({"t": t, "room": room, "id": fresh_id(), "target": target, "emoji": "x"});
    if t == "edit" {
        frame["body"] = json!({"text": "changed"});
    }
    let answer = wire.ask(frame).await;
    if answer["t"] == "ok" { "ok".into() } else { answer["code"].as_str().unwrap().to_owned() }
}

async fn set_role(edge: &Edge, room: &str, owner: &Person, user: &Person, role: &str) {
    edge.patch(&format!("/v1/rooms/{room}/members/{}", user.id), &owner.token, json!({"role": role})).await.is(StatusCode::OK);
}

#[tokio::test]
async fn authors_edit_and_moderators_delete_and_a_role_holds_at_once() {
    let edge = shared().await;
    let (owner, author, other) = (edge.account().await, edge.account().await, edge.account().await);
    for room_type in ["public", "private"] {
        let room = edge.room_with(&owner, room_type, &[&author, &other]).await;
        let mut own = edge.quiet(Encoding::MessagePack, &owner).await;
        let mut by = edge.quiet(Encoding::Json, &author).await;
        let mut at = edge.quiet(Encoding::MessagePack, &other).await;
        let message = seq(&by.text(&room, "mine").await);
        for wire in [&mut own, &mut at] {
            assert_eq!(tried(wire, "edit", &room, message).await, "forbidden");
            assert_eq!(tried(wire, "react", &room, message).await, "ok");
            assert_eq!(tried(wire, "pin", &room, message).await, "ok");
        }
        assert_eq!(tried(&mut by, "edit", &room, message).await, "ok");
        assert_eq!(tried(&mut at, "delete", &room, message).await, "forbidden");
        set_role(edge, &room, &owner, &other, "moderator").await;
        assert_eq!(tried(&mut at, "delete", &room, message).await, "ok", "directly after the answer");
        let second = seq(&by.text(&room, "again").await);
        set_role(edge, &room, &owner, &other, "member").await;
        soon("the role is gone", async || (tried(&mut at, "delete", &room, second).await == "forbidden").then_some(())).await;
        assert_eq!(tried(&mut own, "delete", &room, second).await, "ok");
        let third = seq(&by.text(&room, "gone by myself").await);
        assert_eq!(tried(&mut by, "delete", &room, third).await, "ok");
        assert_eq!(tried(&mut by, "edit", &room, third).await, "not_found");
    }
}

#[tokio::test]
async fn everybody_pins_among_fifty_and_moderators_among_more() {
    let edge = shared().await;
    let (owner, member, fiftieth) = (edge.account().await, edge.account().await, edge.guest().await);
    let room = edge.room_with(&owner, "public", &[&member]).await;
    let mut wire = edge.quiet(Encoding::Json, &member).await;
    let message = seq(&wire.text(&room, "to be pinned").await);
    for _ in 2..50 {
        edge.join(&room, &edge.guest().await.token).await;
    }
    assert_eq!(edge.get(&format!("/v1/rooms/{room}"), &member.token).await.json()["members"], 50);
    assert_eq!(tried(&mut wire, "pin", &room, message).await, "ok");
    edge.join(&room, &fiftieth.token).await;
    soon("the room is large", async || (tried(&mut wire, "pin", &room, message).await == "forbidden").then_some(())).await;
    set_role(edge, &room, &owner, &member, "moderator").await;
    assert_eq!(tried(&mut wire, "pin", &room, message).await, "ok");
    edge.leave(&room, &fiftieth.token).await;
    set_role(edge, &room, &owner, &member, "member").await;
    assert_eq!(tried(&mut wire, "pin", &room, message).await, "ok");
}

#[tokio::test]
async fn one_who_was_removed_is_cut_off_on_every_open_socket() {
    let edge = shared().await;
    let (owner, member) = (edge.account().await, edge.account().await);
    let room = edge.room_with(&owner, "private", &[&member]).await;
    let (mut first, _) = Wire::open(&edge.gateway, Encoding::Json, &member.token, json!({})).await;
    let (mut second, _) = Wire::open(&edge.narrow, Encoding::MessagePack, &member.token, json!({})).await;
    let mut speaker = edge.quiet(Encoding::Json, &owner).await;
    let id = fresh_id();
    let sent = first.ok(send(&room, &id, "while I was here")).await;
    edge.delete(&format!("/v1/rooms/{room}/members/{}", member.id), &owner.token).await.is(StatusCode::NO_CONTENT);
    let removed = tokio::time::Instant::now();
    let mut last = 0;
    for wire in [&mut first, &mut second] {
        let left = wire.find(|frame| frame["kind"] == "left").await;
        assert_eq!(left["target"], member.id.as_str());
        last = seq(&left);
        assert_eq!(wire.find(|frame| frame["t"] == "room_gone").await["room"], room.as_str());
    }
    assert!(removed.elapsed().as_millis() < 1_000, "{:?}", removed.elapsed());
    for wire in [&mut first, &mut second] {
        for attempt in attempts(&room, seq(&sent)) {
            wire.refused(attempt, "not_found").await;
        }
    }
    let retry = first.ok(send(&room, &id, "while I was here")).await;
    assert_eq!((&retry["dup"], &retry["seq"]), (&json!(true), &sent["seq"]), "what was stored is told to its author");
    speaker.text(&room, "without you").await;
    for wire in [&mut first, &mut second] {
        is_open(wire).await;
        let later = |frame: &Value| frame["t"] == "activity" || frame["t"] == "event" && seq(frame) > last;
        assert!(!wire.drain().await.iter().any(later));
    }
    edge.add(&room, &owner.token, &member.id).await;
    first.find(|frame| frame["t"] == "event" && frame["kind"] == "joined").await;
    first.text(&room, "back again").await;
    let mut early = Wire::connect(&edge.gateway, Encoding::Json).await;
    early.say(&json!({"t": "send"})).await;
    error(&mut early, "bad_request").await;
}
