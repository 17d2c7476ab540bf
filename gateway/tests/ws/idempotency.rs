//! Rules 1–4 and 6: one event, once.

use serde_json::{Value, json};
use testkit::{Encoding, World, fresh_id, id_at, now_ms, send};

use crate::world::{UNLIMITED, alone, attach, events, log, number, quiet, seq, shared, small};

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

#[tokio::test]
async fn one_id_in_two_rooms_and_by_two_authors_is_another_event_each_time() {
    let world = shared().await;
    let (_, here, mut ann) = alone(world, Encoding::Json).await;
    let bo = world.guest().await;
    world.join(&here, &bo.token).await;
    let there = world.room(&bo.token, "public").await;
    let mut bo = quiet(&world.gateway, Encoding::MessagePack, &bo).await;
    let id = fresh_id();
    let first = ann.ok(send(&here, &id, "one")).await;
    let second = bo.ok(send(&here, &id, "another")).await;
    let third = bo.ok(send(&there, &id, "a third")).await;
    assert!([&first, &second, &third].iter().all(|ok| ok["id"] == *id && ok.get("dup").is_none()));
    assert!(seq(&first) < seq(&second));
    let texts: Vec<Value> =
        log(&mut ann, &here).await.iter().filter(|event| event["id"] == *id).map(|event| event["body"]["text"].clone()).collect();
    assert_eq!(texts, ["one", "another"]);
}

#[tokio::test]
async fn a_retry_of_any_change_is_answered_with_the_first_on_any_gateway() {
    let world = shared().await;
    for encoding in Encoding::ALL {
        let (ann, room, mut wire) = alone(world, encoding).await;
        let mut elsewhere = quiet(small().await, encoding, &ann).await;
        let root = seq(&wire.text(&room, "root").await);
        let (one, two) = (seq(&wire.text(&room, "one").await), seq(&wire.text(&room, "two").await));
        let bodies = [
            json!({"t": "send", "body": {"text": "hi", "reply_to": root, "thread": root}}),
            json!({"t": "edit", "target": one, "body": {"text": "better"}}),
            json!({"t": "react", "target": one, "emoji": "👍"}),
            json!({"t": "react", "target": one, "emoji": "👍", "remove": true}),
            json!({"t": "pin", "target": one}),
            json!({"t": "delete", "target": two}),
        ];
        let mut stored = Vec::new();
        for mut change in bodies {
            (change["room"], change["id"]) = (json!(room), json!(fresh_id()));
            let ok = wire.ok(change.clone()).await;
            assert_eq!((&ok["level"], ok.get("dup")), (&json!("stored"), None));
            stored.push((change, ok));
        }
        let before = log(&mut wire, &room).await.len();
        for (change, first) in &stored {
            let mut with_unknown = change.clone();
            with_unknown["nothing"] = json!([1]);
            if with_unknown["body"].is_object() {
                with_unknown["body"]["nothing"] = json!({"a": 1});
            }
            for ok in [wire.ok(change.clone()).await, elsewhere.ok(with_unknown).await] {
                assert_eq!(
                    (&ok["dup"], &ok["seq"], &ok["ts"], &ok["level"]),
                    (&json!(true), &first["seq"], &first["ts"], &json!("stored")),
                    "{change}"
                );
            }
        }
        assert_eq!(log(&mut wire, &room).await.len(), before, "nothing was stored again");
    }
}

#[tokio::test]
async fn an_id_with_anything_else_under_it_is_a_conflict_and_stores_nothing() {
    let world = shared().await;
    let (_, room, mut wire) = alone(world, Encoding::MessagePack).await;
    let (one, two) = (seq(&wire.text(&room, "one").await), seq(&wire.text(&room, "two").await));
    let (text, react, pin) = (fresh_id(), fresh_id(), fresh_id());
    wire.ok(send(&room, &text, "hello")).await;
    wire.ok(json!({"t": "react", "room": room, "id": react, "target": one, "emoji": "👍"})).await;
    wire.ok(json!({"t": "pin", "room": room, "id": pin, "target": one})).await;
    let before = log(&mut wire, &room).await.len();
    for change in [
        send(&room, &text, "hello!"),
        json!({"t": "send", "room": room, "id": text, "body": {"text": "hello", "reply_to": one}}),
        json!({"t": "edit", "room": room, "id": text, "target": one, "body": {"text": "hello"}}),
        json!({"t": "delete", "room": room, "id": text, "target": one}),
        json!({"t": "react", "room": room, "id": react, "target": two, "emoji": "👍"}),
        json!({"t": "react", "room": room, "id": react, "target": one, "emoji": "👎"}),
        json!({"t": "react", "room": room, "id": react, "target": one, "emoji": "👍", "remove": true}),
        json!({"t": "pin", "room": room, "id": pin, "target": one, "remove": true}),
        json!({"t": "pin", "room": room, "id": pin, "target": two}),
    ] {
        let refusal = wire.refused(change, "conflict").await;
        assert_eq!((&refusal["retryable"], &refusal["room"]), (&json!(false), &json!(room)));
    }
    assert_eq!(log(&mut wire, &room).await.len(), before);
}

#[tokio::test]
async fn the_time_inside_an_id_is_near_the_servers() {
    let world = shared().await;
    let (_, room, mut wire) = alone(world, Encoding::Json).await;
    let now = now_ms();
    for time in [now - 7 * DAY + MINUTE, now - 3 * MINUTE, now + MINUTE] {
        wire.ok(send(&room, &id_at(time), "near enough")).await;
    }
    for time in [0, now - 365 * DAY, now - 7 * DAY - MINUTE, now + 3 * MINUTE, now + 365 * DAY] {
        let refusal = wire.refused(send(&room, &id_at(time), "too far"), "bad_request").await;
        let message = refusal["message"].as_str().unwrap();
        let told = message.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u64>().ok()).max().unwrap();
        assert!(told.abs_diff(now_ms()) < MINUTE, "{message}");
    }
}

#[tokio::test]
async fn a_late_send_is_stored_once_and_its_retry_recognised() {
    let world = shared().await;
    for encoding in Encoding::ALL {
        let (ann, room, mut wire) = alone(world, encoding).await;
        attach(&mut wire, &room).await;
        let mut elsewhere = quiet(small().await, encoding, &ann).await;
        let id = id_at(now_ms() - 3 * DAY);
        let first = wire.ok(send(&room, &id, "written on a mountain")).await;
        assert_eq!(first.get("dup"), None);
        for retry in [
            wire.ok(send(&room, &id, "written on a mountain")).await,
            elsewhere.ok(send(&room, &id, "written on a mountain")).await,
        ] {
            assert_eq!((&retry["dup"], &retry["seq"], &retry["ts"]), (&json!(true), &first["seq"], &first["ts"]));
        }
        wire.refused(send(&room, &id, "in a valley"), "conflict").await;
        let frames = wire.drain().await;
        assert_eq!(events(&frames, &room).len(), 1, "{frames:?}");
    }
}

#[tokio::test]
async fn archived_is_said_once_it_is_committed() {
    let world = shared().await;
    for encoding in Encoding::ALL {
        let (_, room, mut wire) = alone(world, encoding).await;
        let mut change = send(&room, &fresh_id(), "for ever");
        change["ack"] = json!("archived");
        let first = wire.ok(change.clone()).await;
        assert_eq!((&first["level"], first.get("dup")), (&json!("archived"), None));
        let again = wire.ok(change.clone()).await;
        assert_eq!((&again["level"], &again["dup"], &again["seq"]), (&json!("archived"), &json!(true), &first["seq"]));
        change["ack"] = json!("stored");
        assert_eq!(wire.ok(change).await["level"], "stored");
    }
}

#[tokio::test]
async fn a_retry_is_recognised_after_restarts_of_every_part() {
    let world = World::start(&[("CHATMESH__NATS__SHARDS", "2")], &[UNLIMITED]).await;
    let (ann, room, mut wire) = alone(&world, Encoding::MessagePack).await;
    let changes = [send(&room, &fresh_id(), "now"), send(&room, &id_at(now_ms() - 3 * DAY), "then")];
    let mut first = Vec::new();
    for change in &changes {
        first.push(wire.ok(change.clone()).await);
    }
    let head = number(&first[1], "seq");
    world.gateway.kill();
    world.persister.kill();
    world.nats.kill().await;
    world.nats.restart().await;
    world.persister.start_again().await;
    world.gateway.start_again().await;
    let mut wire = quiet(&world.gateway, Encoding::Json, &ann).await;
    for (change, first) in changes.iter().zip(&first) {
        let retry = wire.ok(change.clone()).await;
        assert_eq!((&retry["dup"], &retry["seq"], &retry["ts"]), (&json!(true), &first["seq"], &first["ts"]));
    }
    assert!(seq(&wire.text(&room, "and on").await) > head);
}
