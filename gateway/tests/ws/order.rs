//! Rules 5, 7 and 8: every room is one ordered chain.

use serde_json::{Value, json};
use testkit::{Encoding, fresh_id, send};

use crate::world::{alone, attach, events, log, number, quiet, seq, seqs, shared, small};

#[tokio::test]
async fn what_one_socket_sends_is_stored_in_that_order_and_seen_once_everywhere() {
    let world = shared().await;
    for encoding in Encoding::ALL {
        let (ann, room, mut wire) = alone(world, encoding).await;
        let mut others =
            [quiet(&world.gateway, Encoding::Json, &ann).await, quiet(small().await, Encoding::MessagePack, &ann).await];
        for socket in others.iter_mut().chain([&mut wire]) {
            attach(socket, &room).await;
        }
        let texts: Vec<String> = (0..150).map(|number| format!("number {number}")).collect();
        let frames: Vec<Value> = texts
            .iter()
            .zip(1_000..)
            .map(|(text, reference)| {
                let mut frame = send(&room, &fresh_id(), text);
                frame["ref"] = json!(reference);
                frame
            })
            .collect();
        for batch in frames.chunks(50) {
            wire.say(&json!(batch)).await;
        }
        let mut stored = Vec::new();
        for reference in 1_000..1_150 {
            let ok = wire.find(|frame| frame["ref"] == reference).await;
            assert_eq!(ok["t"], "ok", "{ok}");
            stored.push(seq(&ok));
        }
        assert!(stored.is_sorted_by(|one, next| one < next), "{stored:?}");
        for socket in others.iter_mut().chain([&mut wire]) {
            // What is acknowledged comes through within a second; this waits for the last.
            let last = *stored.last().unwrap();
            let last = socket.find(|frame| frame["t"] == "event" && frame["seq"] == last).await;
            let mut seen = events(&socket.drain().await, &room);
            seen.push(last);
            assert_eq!(seqs(&json!(seen)), stored);
            let said: Vec<&str> = seen.iter().map(|event| event["body"]["text"].as_str().unwrap()).collect();
            assert_eq!(said, texts);
            for pair in seen.windows(2) {
                assert_eq!(number(&pair[1], "prev"), seq(&pair[0]), "the chain has no gap");
            }
        }
    }
}

#[tokio::test]
async fn what_began_after_an_ok_stands_behind_it() {
    let world = shared().await;
    let (ann, room, here) = alone(world, Encoding::Json).await;
    let there = quiet(small().await, Encoding::MessagePack, &ann).await;
    let mut sockets = [here, there];
    let mut last = 0;
    for turn in 0..40 {
        let stored = seq(&sockets[turn % 2].text(&room, "ping pong").await);
        assert!(stored > last);
        last = stored;
    }
    let all = log(&mut sockets[0], &room).await;
    assert!(seqs(&json!(all)).is_sorted_by(|one, next| one < next));
    assert_eq!(all.iter().filter(|event| event["kind"] == "message").count(), 40);
}

#[tokio::test]
async fn a_refusal_that_will_not_pass_fails_alone() {
    let world = shared().await;
    let (_, room, mut wire) = alone(world, Encoding::Json).await;
    let frames = [
        json!({"t": "send", "ref": 901, "room": room, "id": fresh_id(), "body": {"text": "answer to nothing", "reply_to": 1u64 << 40}}),
        json!({"t": "send", "ref": 902, "room": room, "id": fresh_id(), "body": {"text": "behind it"}}),
        json!({"t": "edit", "ref": 903, "room": room, "id": fresh_id(), "target": 1u64 << 40, "body": {"text": "nothing"}}),
        json!({"t": "send", "ref": 904, "room": room, "id": fresh_id(), "body": {"text": "the last"}}),
    ];
    wire.say(&json!(frames)).await;
    let mut answers = Vec::new();
    for reference in 901..905 {
        answers.push(wire.find(|frame| frame["ref"] == reference).await);
    }
    assert_eq!((&answers[0]["code"], &answers[2]["code"]), (&json!("bad_request"), &json!("not_found")));
    assert!(seq(&answers[1]) < seq(&answers[3]));
}
