//! Rule 26: sizes of names and texts, their form, and what `last` shows.

use http::StatusCode;
use serde_json::json;
use testkit::{Encoding, Wire, fresh_id, fresh_name};

use crate::world::{name_of, seq, shared, soon};

/// Decomposed: three characters that are one in NFC.
const DECOMPOSED: &str = "\u{1112}\u{1161}\u{11ab}";
const CONTROLS: [&str; 6] = ["a\0b", "a\nb", "a\u{7f}b", "a\u{85}b", "a\u{1b}[31mb", "a\tb"];

#[tokio::test]
async fn user_names_have_1_to_32_characters_in_nfc() {
    let edge = shared().await;
    let account = edge.account().await;
    for name in [String::new(), " ".into(), name_of(33)].into_iter().chain(CONTROLS.map(str::to_owned)) {
        let password = "long enough";
        edge.post("/v1/auth/signup", "", json!({"name": name, "password": password})).await.fails(400, "bad_request");
        edge.post("/v1/auth/guest", "", json!({"name": name})).await.fails(400, "bad_request");
        edge.patch("/v1/me", &account.token, json!({"name": name})).await.fails(400, "bad_request");
    }
    let longest = name_of(32);
    let changed = edge.patch("/v1/me", &account.token, json!({"name": longest})).await.is(StatusCode::OK).json();
    assert_eq!(changed["name"], longest);
    let long = DECOMPOSED.repeat(32);
    let guest = edge.post("/v1/auth/guest", "", json!({"name": long})).await.is(StatusCode::CREATED).json();
    assert_eq!(guest["user"]["name"], "한".repeat(32), "counted and kept in NFC");
    let twin = edge.post("/v1/auth/guest", "", json!({"name": long})).await.is(StatusCode::CREATED).json();
    assert_ne!(twin["user"]["id"], guest["user"]["id"], "guests' names are not unique");
    let name = format!("{DECOMPOSED}{}", &fresh_name()[1..]);
    let body = |name: &str| json!({"name": name, "password": "long enough"});
    edge.post("/v1/auth/signup", "", body(&name)).await.is(StatusCode::CREATED);
    let composed = name.replace(DECOMPOSED, "한");
    edge.post("/v1/auth/signup", "", body(&composed.to_uppercase())).await.fails(409, "conflict");
    edge.post("/v1/auth/login", "", body(&composed.to_lowercase())).await.is(StatusCode::OK);
}

#[tokio::test]
async fn rooms_have_names_of_1_to_80_and_topics_of_up_to_250() {
    let edge = shared().await;
    let owner = edge.account().await;
    let make = async |name: &str, topic: &str| {
        edge.post("/v1/rooms", &owner.token, json!({"type": "private", "name": name, "topic": topic})).await
    };
    for (name, topic) in [("", "t"), (" ", "t"), (&"x".repeat(81), "t"), ("n", &"x".repeat(251))] {
        make(name, topic).await.fails(400, "bad_request");
    }
    for text in CONTROLS {
        make(text, "t").await.fails(400, "bad_request");
        make("n", text).await.fails(400, "bad_request");
    }
    let (name, topic) = (DECOMPOSED.repeat(80), DECOMPOSED.repeat(250));
    let room = make(&name, &topic).await.is(StatusCode::CREATED).json();
    assert_eq!((&room["name"], &room["topic"]), (&json!("한".repeat(80)), &json!("한".repeat(250))));
    let again = make(&name, "").await.is(StatusCode::CREATED).json();
    assert!(again["room"] != room["room"] && again.get("topic").is_none(), "names need not be unique: {again}");
    let path = format!("/v1/rooms/{}", room["room"].as_str().unwrap());
    for body in
        [json!({"name": "x".repeat(81)}), json!({"topic": "x".repeat(251)}), json!({"name": "a\u{0}"}), json!({"name": ""})]
    {
        edge.patch(&path, &owner.token, body).await.fails(400, "bad_request");
    }
    let mut wire = edge.quiet(Encoding::Json, &owner).await;
    wire.refused(json!({"t": "status", "ref": 1, "state": "away", "text": "x".repeat(101)}), "bad_request").await;
}

#[tokio::test]
async fn last_is_cut_and_bare() {
    let edge = shared().await;
    let (owner, reader) = (edge.account().await, edge.account().await);
    let room = edge.room_with(&owner, "public", &[&reader]).await;
    let mut wire = edge.quiet(Encoding::Json, &owner).await;
    let (mut watching, _) = Wire::open(&edge.gateway, Encoding::MessagePack, &reader.token, json!({})).await;
    watching.ok(json!({"t": "detach", "room": room})).await;
    let sent = seq(&wire.text(&room, &"한".repeat(200)).await);
    wire.ok(json!({"t": "react", "room": room, "id": fresh_id(), "target": sent, "emoji": "x"})).await;
    let activity = watching.find(|frame| frame["t"] == "activity" && frame["last"]["seq"] == sent).await;
    let view = soon("the archive has it", async || {
        let view = edge.get(&format!("/v1/rooms/{room}"), &reader.token).await.json();
        (view["last"]["seq"] == sent).then_some(view)
    })
    .await;
    for last in [&activity["last"], &view["last"]] {
        assert_eq!(last["body"], json!({"text": "한".repeat(120)}));
        assert!(["attachments", "reactions", "thread"].iter().all(|key| last.get(key).is_none()), "{last}");
    }
    assert_eq!((&activity["unread"], &activity["mentions"]), (&json!(1), &json!(0)));
}
