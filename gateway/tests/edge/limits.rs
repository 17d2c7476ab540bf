//! Rules 22 and 23: rates, sockets of one user, silence, and a gateway that is full.

use std::collections::HashMap;

use serde_json::{Value, json};
use testkit::{Encoding, Incoming, Message, SOON, Wire, fresh_id, send};
use tokio::time::{Duration, Instant, sleep_until};

use crate::world::{BOTH, PER_MINUTE, is_open, seq, shared};

#[tokio::test]
async fn a_users_rate_spans_his_sockets_and_tells_when_one_passes() {
    let edge = shared().await;
    let (person, other) = (edge.account().await, edge.account().await);
    let room = edge.room_with(&person, "public", &[&other]).await;
    let open = async |person, encoding| Wire::open(&edge.narrow, encoding, person, json!({"attach": "none"})).await.0;
    let (mut one, mut two) = (open(&person.token, Encoding::Json).await, open(&person.token, Encoding::MessagePack).await);
    let begun = Instant::now();
    let target = seq(&one.text(&room, "1").await);
    for at in 1..PER_MINUTE {
        let wire = if at % 2 == 0 { &mut one } else { &mut two };
        let change = match at % 5 {
            0 => json!({"t": "edit", "room": room, "id": fresh_id(), "target": target, "body": {"text": format!("{at}")}}),
            1 => json!({"t": "react", "room": room, "id": fresh_id(), "target": target, "emoji": format!("{at}")}),
            2 => json!({"t": "pin", "room": room, "id": fresh_id(), "target": target}),
            _ => send(&room, &fresh_id(), &format!("{at}")),
        };
        wire.ok(change).await;
    }
    // What took longer than a second has earned some more by now.
    let earned = begun.elapsed().as_secs() as usize + 1;
    let mut refused = Vec::new();
    for at in 0..earned + 1 {
        let wire = if at % 2 == 0 { &mut one } else { &mut two };
        let frame = send(&room, &fresh_id(), "too many");
        let answer = wire.ask(frame.clone()).await;
        if answer["t"] == "error" {
            refused.push((frame, answer));
            break;
        }
    }
    let (frame, answer) = refused.pop().unwrap();
    let told = Instant::now();
    assert_eq!((&answer["code"], &answer["retryable"]), (&json!("rate_limited"), &json!(true)), "{answer}");
    let wait_ms = answer["retry_after_ms"].as_u64().unwrap();
    assert!((1..=1_000).contains(&wait_ms), "{answer}");
    // Reading and asking is not counted, and somebody else has a rate of his own.
    one.ok(json!({"t": "history", "room": room})).await;
    two.ok(json!({"t": "rooms"})).await;
    open(&other.token, Encoding::Json).await.text(&room, "mine").await;
    // Coming again gives no new rate.
    for mut wire in [one, two] {
        wire.send(Message::Close(None)).await;
        wire.closed().await;
    }
    let mut again = open(&person.token, Encoding::Json).await;
    if told.elapsed().as_millis() < u128::from(wait_ms) {
        let early = again.ask(send(&room, &fresh_id(), "early")).await;
        let waited = told.elapsed().as_millis() >= u128::from(wait_ms);
        assert!(waited || early["t"] == "error", "{early} after {:?} of {wait_ms} ms", told.elapsed());
    }
    let mut third = open(&person.token, Encoding::Json).await;
    sleep_until(told + Duration::from_millis(wait_ms)).await;
    third.ok(frame).await;
}

#[tokio::test]
async fn a_flood_of_sends_is_answered_one_by_one() {
    let edge = shared().await;
    let person = edge.account().await;
    let room = edge.room(&person.token, "public").await;
    let (mut wire, _) = Wire::open(&edge.narrow, Encoding::Json, &person.token, json!({"attach": "none"})).await;
    let all = 2 * PER_MINUTE;
    for at in 0..all {
        let mut frame = send(&room, &fresh_id(), "flood");
        frame["ref"] = json!(at);
        wire.say(&frame).await;
    }
    let mut answers = HashMap::new();
    let mut stored = Vec::new();
    for _ in 0..all {
        let answer = wire.frame().await;
        let kind = answer["code"].as_str().unwrap_or("ok").to_owned();
        stored.extend(answer["seq"].as_u64());
        assert!(answers.insert(answer["ref"].as_u64().unwrap(), kind).is_none(), "{answer} came twice");
    }
    let count = |kind: &str| answers.values().filter(|answer| *answer == kind).count();
    assert!(count("ok") >= PER_MINUTE && count("rate_limited") >= 1, "{answers:?}");
    assert_eq!(count("ok") + count("rate_limited") + count("unavailable"), all);
    assert!(stored.is_sorted());
}

#[tokio::test]
async fn floods_of_typing_and_read_harm_nobody() {
    let edge = shared().await;
    let person = edge.account().await;
    let room = edge.room(&person.token, "public").await;
    for encoding in BOTH {
        let mut wire = edge.quiet(encoding, &person).await;
        for at in 0..20 {
            wire.say(&Value::Array(vec![json!({"t": "typing", "room": room, "on": at % 2 == 0}); 50])).await;
        }
        assert!(wire.drain().await.is_empty());
        let head = seq(&wire.text(&room, "to be read").await);
        for at in 0..10 {
            let reads = (0..50).map(|seq| json!({"t": "read", "ref": 1_000 + 50 * at + seq, "room": room, "seq": seq}));
            wire.say(&reads.collect()).await;
        }
        wire.say(&json!({"t": "read", "ref": 999, "room": room, "seq": head})).await;
        for reference in (1_000..1_500).chain([999]) {
            let answer = wire.find(|frame| frame["ref"] == reference).await;
            assert_eq!(answer["t"], "ok", "{answer}");
        }
        assert_eq!(edge.get(&format!("/v1/rooms/{room}"), &person.token).await.json()["read"], head);
    }
}

#[tokio::test]
async fn the_oldest_of_more_than_32_sockets_is_replaced() {
    let edge = shared().await;
    let person = edge.guest().await;
    let mut wires = Vec::new();
    for at in 0..32 {
        wires.push(edge.quiet(BOTH[at % 2], &person).await);
    }
    for wire in &mut wires {
        is_open(wire).await;
    }
    let surplus = futures_util::future::join_all((0..3).map(|_| edge.quiet(Encoding::Json, &person))).await;
    for mut oldest in wires.drain(..3) {
        assert_eq!(oldest.closed().await, 4409);
    }
    for wire in wires.iter_mut().chain(&mut surplus.into_iter().collect::<Vec<_>>()) {
        is_open(wire).await;
    }
}

#[tokio::test]
async fn silence_is_closed_and_any_sign_of_life_is_none() {
    let edge = shared().await;
    let person = edge.guest().await;
    let open = async |encoding| Wire::open(&edge.narrow, encoding, &person.token, json!({"attach": "none"})).await;
    let (mut silent, welcome) = open(Encoding::MessagePack).await;
    let begun = Instant::now();
    assert_eq!(welcome["ping_s"], 3);
    let (mut pinging, _) = open(Encoding::Json).await;
    let (mut control, _) = open(Encoding::Json).await;
    let mut ticks = tokio::time::interval(Duration::from_millis(2_000));
    for _ in 0..4 {
        ticks.tick().await;
        pinging.say(&json!({"t": "ping"})).await;
        control.send(Message::Ping(Vec::new().into())).await;
    }
    assert_eq!(silent.closed().await, 4002);
    assert!(begun.elapsed() >= Duration::from_secs(6));
    is_open(&mut pinging).await;
    is_open(&mut control).await;
    let last = Instant::now();
    assert_eq!(pinging.closed().await, 4002);
    assert!((5_900..8_500).contains(&last.elapsed().as_millis()), "{:?}", last.elapsed());
}

#[tokio::test]
async fn a_full_gateway_says_where_to_go_and_closes() {
    let edge = shared().await;
    let person = edge.guest().await;
    let mut inside = Vec::new();
    for encoding in BOTH {
        inside.push(Wire::open(&edge.full, encoding, &person.token, json!({})).await.0);
    }
    for encoding in BOTH {
        let mut wire = Wire::connect(&edge.full, encoding).await;
        let goaway = wire.frame().await;
        assert_eq!(goaway["t"], "goaway");
        assert!(goaway["retry_after_ms"].is_u64() && goaway["spread_ms"].is_u64() && goaway["reason"].is_string(), "{goaway}");
        assert_eq!(wire.closed().await, 4003);
    }
    for wire in &mut inside {
        is_open(wire).await;
    }
    drop(inside);
    let admitted = crate::world::soon("there is room again", async || {
        let mut wire = Wire::connect(&edge.full, Encoding::Json).await;
        wire.say(&testkit::hello(&person.token, json!({}))).await;
        let frame = tokio::time::timeout(SOON, wire.incoming()).await.unwrap();
        matches!(frame, Incoming::Frame(frame) if frame["t"] == "welcome").then_some(())
    });
    admitted.await;
}
