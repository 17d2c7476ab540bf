//! Rules 18–20: what does not decode closes with 4400, what decodes and is wrong is refused and leaves the socket open.

use protocol::decode::Encoding;
use serde_json::{Value, json};
use testkit::{Message, Wire, fresh_id, send};

use crate::raw::Raw;
use crate::world::{BOTH, FRAME_BYTES, TEXT_BYTES, error, is_open, shared};

fn message(encoding: Encoding, bytes: &[u8]) -> Message {
    match encoding {
        Encoding::MessagePack => Message::binary(bytes.to_vec()),
        Encoding::Json => Message::text(String::from_utf8(bytes.to_vec()).unwrap()),
    }
}

#[tokio::test]
async fn bytes_that_do_not_decode_close_with_4400() {
    let edge = shared().await;
    let person = edge.guest().await;
    let deep = [vec![0x91; 17], vec![0xc0]].concat();
    let packed: [&[u8]; 16] = [
        b"",
        b"\xc1",
        b"\x81\xa1t",
        b"\x81\xa1t\xa4ping\x00",
        b"\x81\xa1t\xa1\xff",
        b"\x81\xa1t\xd4\x01\x00",
        b"\x81\xa1t\xc7\x01\x05x",
        b"\x82\xa1t\xa4ping\xa1t\xa4ping",
        b"\x81\x01\x02",
        b"\x81\xc4\x01t\xa4ping",
        b"\xdd\xff\xff\xff\xff\xc0",
        b"\xdf\xff\xff\xff\xff\xa1t\xc0",
        b"\x81\xa1t\xdb\xff\xff\xff\xffx",
        b"\x81\xa1t\xc6\xff\xff\xff\xffx",
        b"\x91",
        &deep,
    ];
    let deep = format!("{}{}", "[".repeat(17), "]".repeat(17));
    let texts: [&[u8]; 12] = [
        b"",
        b"{",
        b"nonsense",
        b"{\"t\":\"ping\"} x",
        b"{\"t\":\"ping\"}{\"t\":\"ping\"}",
        b"{\"t\":\"ping\",\"t\":\"ping\"}",
        b"{\"t\":\"\\ud800\"}",
        b"{\"t\":\"a\x01b\"}",
        b"{1:2}",
        b"[1,]",
        b"{\"t\":NaN}",
        deep.as_bytes(),
    ];
    for (encoding, samples) in [(Encoding::MessagePack, &packed[..]), (Encoding::Json, &texts[..])] {
        for sample in samples {
            let mut wire = edge.quiet(encoding, &person).await;
            wire.say(&json!({"t": "ping"})).await;
            wire.send(message(encoding, sample)).await;
            assert_eq!(wire.frame().await["t"], "pong", "what came before is answered: {sample:?}");
            let refused = error(&mut wire, "bad_frame").await;
            assert_eq!(refused["retryable"], false);
            assert_eq!(wire.closed().await, 4400, "{sample:?}");
        }
        let mut early = Wire::connect(&edge.gateway, encoding).await;
        early.send(message(encoding, samples[1])).await;
        error(&mut early, "bad_frame").await;
        assert_eq!(early.closed().await, 4400);
    }
    edge.wrote_no_error();
}

#[tokio::test]
async fn the_wrong_frame_type_and_text_that_is_no_utf8_close_with_4400() {
    let edge = shared().await;
    let person = edge.guest().await;
    for (encoding, other) in [(Encoding::MessagePack, Encoding::Json), (Encoding::Json, Encoding::MessagePack)] {
        let mut wire = edge.quiet(encoding, &person).await;
        wire.send(message(other, b"{\"t\":\"ping\"}")).await;
        error(&mut wire, "bad_frame").await;
        assert_eq!(wire.closed().await, 4400);
    }
    let mut raw = Raw::open(&edge.gateway, &person.token, json!({"attach": "none"})).await;
    raw.frame(0x81, b"{\"t\":\"\xff\"}").await;
    let (code, before) = raw.closed().await;
    let last: Value = serde_json::from_slice(before.last().unwrap()).unwrap();
    assert_eq!((code, &last["code"]), (4400, &json!("bad_frame")));
}

#[tokio::test]
async fn sixteen_levels_are_decoded() {
    let edge = shared().await;
    let person = edge.guest().await;
    for encoding in BOTH {
        let mut wire = edge.quiet(encoding, &person).await;
        let deep = (0..15).fold(json!(1), |value, _| json!([value]));
        wire.say(&json!({"t": "ping", "x": deep})).await;
        assert_eq!(wire.frame().await["t"], "pong");
    }
}

#[tokio::test]
async fn frames_and_texts_may_be_as_long_as_they_are_allowed() {
    let edge = shared().await;
    let person = edge.account().await;
    let room = edge.room(&person.token, "public").await;
    for encoding in BOTH {
        let (mut wire, welcome) = Wire::open(&edge.narrow, encoding, &person.token, json!({"attach": "none"})).await;
        assert_eq!(welcome["limits"]["text_bytes"], TEXT_BYTES);
        assert_eq!(welcome["limits"]["frame_bytes"], FRAME_BYTES);
        wire.text(&room, &"x".repeat(TEXT_BYTES)).await;
        wire.text(&room, &format!("{}xx", "한".repeat(TEXT_BYTES / 3))).await;
        for text in ["x".repeat(TEXT_BYTES + 1), "한".repeat(TEXT_BYTES / 3 + 1)] {
            let refused = wire.refused(send(&room, &fresh_id(), &text), "too_large").await;
            assert_eq!(refused["retryable"], false);
        }
        let frame = |len: usize| match encoding {
            Encoding::Json => format!("{{\"t\":\"ping\",\"x\":\"{}\"}}", "x".repeat(len - 19)).into_bytes(),
            Encoding::MessagePack => {
                let text = (len - 13) as u16;
                [b"\x82\xa1t\xa4ping\xa1x\xda", &text.to_be_bytes()[..], "x".repeat(text.into()).as_bytes()].concat()
            }
        };
        assert_eq!(frame(FRAME_BYTES).len(), FRAME_BYTES);
        wire.send(message(encoding, &frame(FRAME_BYTES))).await;
        wire.find(|frame| frame["t"] == "pong").await;
        wire.send(message(encoding, &frame(FRAME_BYTES + 1))).await;
        wire.find(|frame| frame["code"] == "bad_frame").await;
        assert_eq!(wire.closed().await, 4400);
    }
}

#[tokio::test]
async fn what_decodes_and_is_wrong_is_refused_and_nothing_more() {
    let edge = shared().await;
    let person = edge.guest().await;
    let id = fresh_id();
    let samples = [
        json!(null),
        json!(true),
        json!(7),
        json!("ping"),
        json!({}),
        json!([[{"t": "ping"}]]),
        json!({"t": 5}),
        json!({"t": null}),
        json!({"t": "nonsense"}),
        json!({"t": "ok", "ref": 1}),
        json!({"t": "pi\0ng"}),
        json!({"t": "send"}),
        json!({"t": "send", "ref": 1, "room": "r", "body": {"text": "x"}}),
        json!({"t": "send", "ref": 1, "id": id, "body": {"text": "x"}}),
        json!({"t": "send", "room": "r", "id": id, "body": {"text": "x"}}),
        json!({"t": "send", "ref": "1", "room": "r", "id": id, "body": {"text": "x"}}),
        json!({"t": "send", "ref": -1, "room": "r", "id": id, "body": {"text": "x"}}),
        json!({"t": "send", "ref": 1.5, "room": "r", "id": id, "body": {"text": "x"}}),
        json!({"t": "send", "ref": 9_007_199_254_740_992_u64, "room": "r", "id": id, "body": {"text": "x"}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id.to_uppercase(), "body": {"text": "x"}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id.replace('-', ""), "body": {"text": "x"}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": "00000000-0000-4000-8000-000000000000", "body": {"text": "x"}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id, "body": "x"}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id, "body": {}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id, "body": {"text": ""}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id, "body": {"text": null}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id, "body": {"text": 5}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id, "body": {"text": "a\0b"}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id, "body": {"text": "x", "attachments": [{"file": "f"}]}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id, "body": {"text": "x", "reply_to": "5"}}),
        json!({"t": "send", "ref": 1, "room": "r", "id": id, "body": {"text": "x"}, "ack": "maybe"}),
        json!({"t": "edit", "ref": 1, "room": "r", "id": id, "body": {"text": "x"}}),
        json!({"t": "delete", "ref": 1, "room": "r", "id": id}),
        json!({"t": "delete", "ref": 1, "room": "r", "id": id, "target": "5"}),
        json!({"t": "react", "ref": 1, "room": "r", "id": id, "target": 5}),
        json!({"t": "react", "ref": 1, "room": "r", "id": id, "target": 5, "emoji": ""}),
        json!({"t": "react", "ref": 1, "room": "r", "id": id, "target": 5, "emoji": "x".repeat(65)}),
        json!({"t": "react", "ref": 1, "room": "r", "id": id, "target": 5, "emoji": "a\0"}),
        json!({"t": "pin", "ref": 1, "room": "r", "id": id, "target": 5, "remove": "yes"}),
        json!({"t": "attach", "ref": 1}),
        json!({"t": "attach", "room": "r"}),
        json!({"t": "attach", "ref": 1, "room": "r", "after": -1}),
        json!({"t": "history", "ref": 1, "room": "r", "limit": 0}),
        json!({"t": "history", "ref": 1, "room": "r", "before": 1, "after": 2}),
        json!({"t": "history", "ref": 1, "room": "r", "pinned": 1}),
        json!({"t": "events", "ref": 1, "room": "r"}),
        json!({"t": "events", "ref": 1, "room": "r", "after": 0, "limit": 0}),
        json!({"t": "read", "ref": 1, "room": "r"}),
        json!({"t": "read", "ref": 1, "room": "r", "seq": "9"}),
        json!({"t": "typing", "room": "r"}),
        json!({"t": "typing", "room": "r", "on": 1}),
        json!({"t": "status", "state": "asleep"}),
        json!({"t": "rooms", "ref": 1, "limit": 0}),
        json!({"t": "rooms", "ref": 1, "after": "a.b"}),
        json!({"t": "rooms"}),
        json!({"t": "refresh", "ref": 1}),
        json!({"t": "lobby", "ref": 1}),
        json!({"t": "hello", "token": "x", "client": {"name": "t", "version": "1"}}),
    ];
    let rooms = ["", ".", "a.b", "*", ">", "a b", "a/b", "한", "a\0b", &"x".repeat(65), "..", "$JS"];
    for encoding in BOTH {
        let mut wire = edge.quiet(encoding, &person).await;
        for sample in &samples {
            wire.say(sample).await;
            let refused = error(&mut wire, "bad_request").await;
            assert_eq!(refused["retryable"], false, "{sample}");
            if let Some(reference) = sample["ref"].as_u64().filter(|reference| *reference == 1) {
                assert_eq!(refused["ref"], reference, "{sample}");
            }
        }
        for room in rooms {
            for t in ["attach", "detach", "history", "events", "read"] {
                wire.refused(json!({"t": t, "room": room, "after": 0, "seq": 1}), "bad_request").await;
            }
            wire.refused(send(room, &fresh_id(), "x"), "bad_request").await;
        }
        assert!(wire.drain().await.is_empty());
    }
    edge.wrote_no_error();
}

#[tokio::test]
async fn bytes_are_no_string() {
    let edge = shared().await;
    let mut wire = edge.quiet(Encoding::MessagePack, &edge.guest().await).await;
    wire.send(Message::binary(b"\x81\xa1t\xc4\x04ping".to_vec())).await;
    error(&mut wire, "bad_request").await;
    is_open(&mut wire).await;
}

#[tokio::test]
async fn an_array_is_its_elements_one_by_one() {
    let edge = shared().await;
    let person = edge.account().await;
    let room = edge.room(&person.token, "public").await;
    let ping = json!({"t": "ping"});
    for encoding in BOTH {
        let mut wire = Wire::connect(&edge.gateway, encoding).await;
        wire.say(&json!([testkit::hello(&person.token, json!({"attach": "none"})), ping])).await;
        assert_eq!(wire.frame().await["t"], "welcome");
        assert_eq!(wire.frame().await["t"], "pong");
        wire.say(&json!([])).await;
        wire.say(&Value::Array(vec![ping.clone(); 64])).await;
        for _ in 0..64 {
            assert_eq!(wire.frame().await, json!({"t": "pong"}));
        }
        wire.say(&Value::Array(vec![ping.clone(); 65])).await;
        error(&mut wire, "bad_request").await;
        assert!(wire.drain().await.is_empty(), "refused as a whole");
        let mut sends: Vec<Value> = (0..64).map(|at| send(&room, &fresh_id(), &format!("{at}"))).collect();
        for (at, frame) in sends.iter_mut().enumerate() {
            frame["ref"] = json!(1_000 + at);
        }
        sends[10] = json!([]);
        sends[20] = json!({"t": "send", "ref": 1_020, "room": room, "id": "x"});
        wire.say(&Value::Array(sends)).await;
        let mut stored = Vec::new();
        for at in (0..64).filter(|at| *at != 10) {
            let answer = wire.find(|frame| frame["ref"] == 1_000 + at).await;
            if at == 20 {
                assert_eq!(answer["code"], "bad_request");
            } else {
                stored.push(answer["seq"].as_u64().unwrap());
            }
        }
        assert!(stored.is_sorted(), "{stored:?}");
        error(&mut wire, "bad_request").await;
    }
}

#[tokio::test]
async fn null_is_absent_and_unknown_fields_are_dropped() {
    let edge = shared().await;
    let person = edge.account().await;
    let room = edge.room(&person.token, "public").await;
    for encoding in BOTH {
        let more = json!({"attach": "none", "resume": null, "features": null, "later": [{"x": 1.5}]});
        let (mut wire, _) = Wire::open(&edge.gateway, encoding, &person.token, more).await;
        wire.ok(json!({"t": "detach", "room": room})).await;
        wire.ok(json!({"t": "attach", "room": room, "after": null, "later": {"a": null}})).await;
        let mut frame = send(&room, &fresh_id(), "hi");
        frame["body"]["later"] = json!(1);
        frame["body"]["attachments"] = json!([]);
        frame["ack"] = Value::Null;
        let sent = wire.ok(frame).await;
        let event = wire.find(|frame| frame["t"] == "event" && frame["seq"] == sent["seq"]).await;
        assert_eq!(event["body"], json!({"text": "hi"}));
        wire.ok(json!({"t": "history", "room": room, "before": null, "limit": null, "thread": null})).await;
    }
}
