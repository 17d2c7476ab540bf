//! Rules 12 and 13: what later events make of an entry, and what a change may aim at.

use serde_json::{Value, json};
use testkit::{Encoding, Wire, fresh_id};

use crate::world::{alone, attach, quiet, seq, shared};

fn change(t: &str, room: &str, target: u64) -> Value {
    json!({"t": t, "room": room, "id": fresh_id(), "target": target})
}

fn react(room: &str, target: u64, emoji: &str, remove: bool) -> Value {
    json!({"t": "react", "room": room, "id": fresh_id(), "target": target, "emoji": emoji, "remove": remove})
}

fn edit(room: &str, target: u64, text: &str) -> Value {
    json!({"t": "edit", "room": room, "id": fresh_id(), "target": target, "body": {"text": text}})
}

fn say(room: &str, body: Value) -> Value {
    json!({"t": "send", "room": room, "id": fresh_id(), "body": body})
}

async fn entry(wire: &mut Wire, room: &str, seq: u64) -> Value {
    let page = wire.ok(json!({"t": "history", "room": room, "around": seq, "limit": 1})).await;
    assert_eq!(page["entries"][0]["seq"], seq, "{page}");
    page["entries"][0].clone()
}

#[tokio::test]
async fn edits_replace_the_text_and_deletions_end_a_message() {
    let world = shared().await;
    for encoding in Encoding::ALL {
        let (ann, room, mut wire) = alone(world, encoding).await;
        attach(&mut wire, &room).await;
        let root = seq(&wire.text(&room, "root").await);
        let said = wire.ok(say(&room, json!({"text": "first", "reply_to": root, "thread": root}))).await;
        let at = seq(&said);
        let fresh = entry(&mut wire, &room, at).await;
        let author = json!({"id": ann.id, "name": ann.name, "type": "guest"});
        let reply = json!({"seq": root, "from": author, "text": "root"});
        let body = json!({"text": "first", "reply_to": root, "thread": root, "reply": reply});
        assert_eq!(
            fresh,
            json!({"seq": at, "id": said["id"], "ts": said["ts"], "from": author, "kind": "message", "body": body, "rev": at})
        );

        let edited = seq(&wire.ok(edit(&room, at, &format!("<@{}> second", ann.id))).await);
        let now = entry(&mut wire, &room, at).await;
        let body = json!({"text": format!("<@{}> second", ann.id), "reply_to": root, "thread": root, "reply": reply, "mentions": [ann.id]});
        assert_eq!((&now["body"], &now["rev"], &now["edited"], &now["ts"]), (&body, &json!(edited), &json!(true), &said["ts"]));
        let event = wire.find(|frame| frame["t"] == "event" && frame["kind"] == "edited").await;
        assert_eq!((&event["target"], &event["body"]["text"]), (&json!(at), &now["body"]["text"]));

        let quoted = seq(&wire.ok(say(&room, json!({"text": "quoting", "reply_to": at}))).await);
        let deleted = seq(&wire.ok(change("delete", &room, at)).await);
        let now = entry(&mut wire, &room, at).await;
        assert_eq!((&now["deleted"], now.get("body"), &now["rev"]), (&json!(true), None, &json!(deleted)));
        let quote = entry(&mut wire, &room, quoted).await;
        assert_eq!(
            (quote["body"]["reply"].get("text"), &quote["body"]["reply"]["seq"], &quote["rev"]),
            (None, &json!(at), &json!(quoted))
        );
        for late in [edit(&room, at, "no"), change("delete", &room, at), react(&room, at, "👍", false), change("pin", &room, at)]
        {
            wire.refused(late, "not_found").await;
        }
        assert_eq!(entry(&mut wire, &room, at).await, now);
        assert_eq!(entry(&mut wire, &room, root).await.get("thread"), None, "a deleted reply does not count");
    }
}

#[tokio::test]
async fn what_is_no_message_takes_no_change_and_no_reply() {
    let world = shared().await;
    let (_, room, mut wire) = alone(world, Encoding::Json).await;
    let (_, elsewhere, mut other) = alone(world, Encoding::Json).await;
    let foreign = seq(&other.text(&elsewhere, "elsewhere").await);
    let page = wire.ok(json!({"t": "history", "room": room})).await;
    let created = seq(&page["entries"][0]);
    for target in [0, created, foreign.max(created + 10_000), 1 << 50] {
        for frame in [
            edit(&room, target, "x"),
            change("delete", &room, target),
            react(&room, target, "x", false),
            change("pin", &room, target),
        ] {
            wire.refused(frame, "not_found").await;
        }
        for field in ["reply_to", "thread"] {
            wire.refused(say(&room, json!({"text": "x", field: target})), "bad_request").await;
        }
    }
    let after = wire.ok(json!({"t": "history", "room": room})).await;
    assert_eq!(after["entries"], page["entries"]);
}

#[tokio::test]
async fn reactions_are_a_set_of_at_most_fifty_emoji() {
    let world = shared().await;
    let (ann, room, mut wire) = alone(world, Encoding::MessagePack).await;
    let bo = world.guest().await;
    world.join(&room, &bo.token).await;
    let mut other = quiet(&world.gateway, Encoding::Json, &bo).await;
    let at = seq(&wire.text(&room, "look").await);
    let first = seq(&wire.ok(react(&room, at, "👍", false)).await);
    wire.ok(react(&room, at, "👍", false)).await;
    assert_eq!(entry(&mut wire, &room, at).await["rev"], first, "a second one changes nothing");
    let second = seq(&other.ok(react(&room, at, "👍", false)).await);
    let shown = entry(&mut wire, &room, at).await;
    assert_eq!(shown["reactions"], json!([{"emoji": "👍", "count": 2, "me": true, "users": [ann.id, bo.id]}]));
    assert_eq!(shown["rev"], second);
    wire.ok(react(&room, at, "👍", true)).await;
    assert_eq!(
        entry(&mut wire, &room, at).await["reactions"],
        json!([{"emoji": "👍", "count": 1, "me": false, "users": [bo.id]}])
    );
    assert_eq!(entry(&mut other, &room, at).await["reactions"][0]["me"], true);
    let mut last = 0;
    for number in 1..50 {
        last = seq(&wire.ok(react(&room, at, &format!("e{number}"), false)).await);
    }
    wire.ok(react(&room, at, "one too many", false)).await;
    let shown = entry(&mut wire, &room, at).await;
    assert_eq!((shown["reactions"].as_array().unwrap().len(), &shown["rev"]), (50, &json!(last)));
    let pinned = seq(&wire.ok(change("pin", &room, at)).await);
    let shown = entry(&mut wire, &room, at).await;
    assert_eq!((&shown["pinned"], &shown["rev"]), (&json!(true), &json!(pinned)));
    let mut unpin = change("pin", &room, at);
    unpin["remove"] = json!(true);
    wire.ok(unpin).await;
    assert_eq!(entry(&mut wire, &room, at).await.get("pinned"), None);
}

#[tokio::test]
async fn quotes_are_cut_and_mentions_are_of_users_who_exist() {
    let world = shared().await;
    let (ann, room, mut wire) = alone(world, Encoding::Json).await;
    attach(&mut wire, &room).await;
    let long = seq(&wire.text(&room, &"한".repeat(300)).await);
    let text = format!("<@{}> <@nobody> <@{}> <@> <#{room}> <@not a name>", ann.id, ann.id);
    wire.ok(say(&room, json!({"text": text, "reply_to": long}))).await;
    let event = wire.find(|frame| frame["t"] == "event" && frame["body"]["reply_to"] == long).await;
    assert_eq!(event["body"]["mentions"], json!([ann.id]));
    assert_eq!(event["body"]["reply"]["text"], "한".repeat(120));
    assert_eq!(event["body"]["text"], text);
    let mut people = Vec::new();
    for _ in 0..52 {
        people.push(world.guest().await.id);
    }
    let text: String = people.iter().map(|id| format!("<@{id}>")).collect();
    let at = seq(&wire.text(&room, &text).await);
    assert_eq!(entry(&mut wire, &room, at).await["body"]["mentions"], json!(people[..50]));
}

#[tokio::test]
async fn a_thread_counts_its_replies_and_its_page_begins_with_the_root() {
    let world = shared().await;
    let (ann, room, mut wire) = alone(world, Encoding::MessagePack).await;
    let bo = world.guest().await;
    world.join(&room, &bo.token).await;
    let mut other = quiet(&world.gateway, Encoding::Json, &bo).await;
    let root = seq(&wire.text(&room, "root").await);
    let mut replies = Vec::new();
    for number in 0..5 {
        let socket = if number % 2 == 0 { &mut other } else { &mut wire };
        replies.push(seq(&socket.ok(say(&room, json!({"text": "reply", "thread": root}))).await));
        wire.text(&room, "beside it").await;
    }
    let named = |person: &testkit::Person| json!({"id": person.id, "name": person.name, "type": "guest"});
    let shown = entry(&mut wire, &room, root).await;
    assert_eq!(shown["thread"], json!({"count": 5, "last": replies[4], "from": [named(&bo), named(&ann)]}));
    assert_eq!(shown["rev"], root, "footers do not raise it");
    other.ok(change("delete", &room, replies[4])).await;
    other.ok(change("delete", &room, replies[0])).await;
    let shown = entry(&mut wire, &room, root).await;
    assert_eq!(shown["thread"], json!({"count": 3, "last": replies[3], "from": [named(&ann), named(&bo)]}));
    let page = wire.ok(json!({"t": "history", "room": room, "thread": root, "limit": 3})).await;
    assert_eq!(crate::world::seqs(&page["entries"]), [root, replies[3], replies[4]]);
    assert_eq!((&page["older"], &page["newer"]), (&json!(true), &json!(false)));
    let page = wire.ok(json!({"t": "history", "room": room})).await;
    assert_eq!(page["entries"].as_array().unwrap().len(), 2 + 1 + 1 + 10, "replies stand in the timeline too");
}
