//! Rule 21: the upgrade and `hello`.

use http::{Method, Request, header};
use protocol::decode::Encoding;
use serde_json::json;
use testkit::{Message, Wire, hello};
use tokio::time::Instant;

use crate::raw::Raw;
use crate::world::{BOTH, error, is_open, shared};

#[tokio::test]
async fn anything_but_a_good_hello_closes_with_4400() {
    let edge = shared().await;
    let token = edge.guest().await.token;
    let client = json!({"name": "t", "version": "1"});
    let resume: serde_json::Map<_, _> = (0..201).map(|at| (format!("r{at}"), json!(1))).collect();
    let samples = [
        json!({"t": "ping"}),
        json!({"t": "attach", "ref": 1, "room": "r"}),
        json!({"t": "nonsense"}),
        json!(1),
        json!(null),
        json!([{"t": "ping"}]),
        json!({}),
        json!({"t": "hello"}),
        json!({"t": "hello", "token": token}),
        json!({"t": "hello", "client": client}),
        json!({"t": "hello", "token": 5, "client": client}),
        json!({"t": "hello", "token": null, "client": client}),
        json!({"t": "hello", "token": format!("{token}\0"), "client": client}),
        json!({"t": "hello", "token": token, "client": "t"}),
        json!({"t": "hello", "token": token, "client": {}}),
        json!({"t": "hello", "token": token, "client": {"name": "t"}}),
        json!({"t": "hello", "token": token, "client": {"name": "x".repeat(65), "version": "1"}}),
        json!({"t": "hello", "token": token, "client": {"name": "t", "version": "1\n"}}),
        json!({"t": "hello", "token": token, "client": {"name": "t", "version": "1", "device": "x".repeat(65)}}),
        hello(&token, json!({"resume": []})),
        hello(&token, json!({"resume": {"a.b": 1}})),
        hello(&token, json!({"resume": {"r": "1"}})),
        hello(&token, json!({"resume": {"r": -1}})),
        hello(&token, json!({"resume": resume})),
        hello(&token, json!({"attach": "all"})),
        hello(&token, json!({"features": "all"})),
    ];
    for encoding in BOTH {
        for sample in &samples {
            let mut wire = Wire::connect(&edge.gateway, encoding).await;
            wire.say(sample).await;
            error(&mut wire, "bad_request").await;
            assert_eq!(wire.closed().await, 4400, "{sample}");
        }
    }
    edge.wrote_no_error();
}

#[tokio::test]
async fn a_second_hello_changes_nothing() {
    let edge = shared().await;
    let (person, other) = (edge.guest().await, edge.guest().await);
    for encoding in BOTH {
        let mut wire = edge.quiet(encoding, &person).await;
        wire.say(&hello(&other.token, json!({}))).await;
        error(&mut wire, "bad_request").await;
        is_open(&mut wire).await;
    }
}

#[tokio::test]
async fn client_fields_of_64_characters_and_200_cursors_are_welcome() {
    let edge = shared().await;
    let person = edge.guest().await;
    let long = "한".repeat(64);
    let resume: serde_json::Map<_, _> = (0..200).map(|at| (format!("r{at}"), json!(1))).collect();
    let more = json!({"client": {"name": long, "version": long, "device": long}, "resume": resume, "attach": "none"});
    let (mut wire, welcome) = Wire::open(&edge.gateway, Encoding::Json, &person.token, more).await;
    assert_eq!(welcome["user"], json!({"id": person.id, "name": person.name, "role": "member", "guest": true}));
    assert_eq!((&welcome["ping_s"], &welcome["rooms"], &welcome["more_rooms"]), (&json!(30), &json!([]), &json!(false)));
    let limits =
        json!({"text_bytes": 8_192, "frame_bytes": 65_536, "per_minute": 0, "history": 200, "replay_events": 500, "rooms": 100});
    assert_eq!(welcome["limits"], limits);
    assert!(welcome["session"].is_string() && welcome["features"].is_array(), "{welcome}");
    assert!(["name", "version", "region"].iter().all(|key| welcome["server"][key].is_string()), "{welcome}");
    let (now, expires) = (welcome["server_time"].as_u64().unwrap(), welcome["expires_at"].as_u64().unwrap());
    assert!(now.abs_diff(testkit::now_ms()) < 5_000 && expires > now + 600_000, "{welcome}");
    for _ in 0..200 {
        let refused = error(&mut wire, "not_found").await;
        assert!(refused["room"].is_string() && refused.get("ref").is_none(), "{refused}");
    }
    is_open(&mut wire).await;
}

#[tokio::test]
async fn the_clients_first_known_subprotocol_is_chosen() {
    let edge = shared().await;
    let upgrade = |offers: &[&str]| {
        let request = Request::builder()
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
        offers.iter().fold(request, |request, offer| request.header(header::SEC_WEBSOCKET_PROTOCOL, *offer))
    };
    for (offers, chosen) in [
        (&["chatmesh.v1.json"][..], "chatmesh.v1.json"),
        (&["chatmesh.v1.json, chatmesh.v1.msgpack"], "chatmesh.v1.json"),
        (&["chatmesh.v9.json,chatmesh.v1.msgpack,chatmesh.v1.json"], "chatmesh.v1.msgpack"),
        (&["soap", "chatmesh.v1.json", "chatmesh.v1.msgpack"], "chatmesh.v1.json"),
    ] {
        let answer = edge.send(upgrade(offers), "/v1/connect", "").await;
        assert_eq!((answer.status, answer.header("sec-websocket-protocol")), (101, chosen), "{offers:?}");
        assert_eq!(answer.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
    for offers in [&[][..], &[""], &["soap"], &["CHATMESH.V1.JSON"], &["chatmesh.v1"], &["chatmesh.v2.json", "x"]] {
        edge.send(upgrade(offers), "/v1/connect", "").await.fails(400, "bad_request");
    }
    let known = &["chatmesh.v1.json"][..];
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"] {
        edge.send(upgrade(known).header(header::ORIGIN, origin), "/v1/connect", "").await.fails(403, "forbidden");
    }
    let own = edge.gateway.url();
    let twice = upgrade(known).header(header::ORIGIN, &own).header(header::ORIGIN, "https://evil.example");
    edge.send(twice, "/v1/connect", "").await.fails(403, "forbidden");
    assert_eq!(edge.send(upgrade(known).header(header::ORIGIN, &own), "/v1/connect", "").await.status, 101);
    edge.get("/v1/connect", "").await.fails(400, "bad_request");
    edge.call(Method::POST, "/v1/connect", "", None).await.fails(405, "bad_request");
}

#[tokio::test]
async fn who_says_no_hello_is_closed_after_10_s() {
    let edge = shared().await;
    let begun = Instant::now();
    let mut wire = Wire::connect(&edge.gateway, Encoding::Json).await;
    // Control frames are no `hello`.
    wire.send(Message::Ping(b"x".to_vec().into())).await;
    let mut raw = Raw::connect(&edge.gateway, Encoding::MessagePack).await;
    assert_eq!(wire.closed().await, 4008);
    assert!((9..13).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(raw.closed().await.0, 4008);
}
