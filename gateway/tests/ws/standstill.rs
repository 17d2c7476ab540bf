//! Rules 3, 5, 6, 13 and 25 while the archive stands still: what the log can do goes on, and nothing else is guessed.

use serde_json::{Value, json};
use testkit::{Encoding, World, fresh_id, id_at, now_ms, send};

use crate::world::{UNLIMITED, alone, attach, events, quiet, resumed, seq, seqs, until_resumed};

const DAY: u64 = 24 * 3_600_000;

#[tokio::test]
async fn what_the_log_can_do_goes_on() {
    let world = World::start(&[("CHATMESH__NATS__SHARDS", "2")], &[UNLIMITED]).await;
    let (ann, room, mut wire) = alone(&world, Encoding::Json).await;
    let bo = world.guest().await;
    world.join(&room, &bo.token).await;
    let mut other = quiet(&world.gateway, Encoding::MessagePack, &bo).await;
    for socket in [&mut wire, &mut other] {
        attach(socket, &room).await;
    }
    let old = wire.text(&room, "archived").await;
    world.persister.freeze();
    let change = |t: &str, target: u64| json!({"t": t, "room": room, "id": fresh_id(), "target": target});
    let edit = |target: u64| {
        let mut edit = change("edit", target);
        edit["body"] = json!({"text": "changed"});
        edit
    };
    let said = seq(&wire.text(&room, "not archived").await);
    other.refused(edit(said), "forbidden").await;
    other.refused(change("delete", said), "forbidden").await;
    wire.ok(edit(said)).await;
    other.ok(json!({"t": "react", "room": room, "id": fresh_id(), "target": said, "emoji": "👍"})).await;
    wire.ok(change("pin", said)).await;
    let reply = json!({"t": "send", "room": room, "id": fresh_id(), "body": {"text": "reply", "reply_to": said, "thread": said}});
    let reply = wire.ok(reply).await;
    let deletion = change("delete", said);
    let deleted = wire.ok(deletion.clone()).await;
    let again = wire.ok(deletion).await;
    assert_eq!((&again["dup"], &again["seq"]), (&json!(true), &deleted["seq"]));
    for late in [edit(said), change("delete", said), change("pin", said), change("delete", 1 << 50)] {
        wire.refused(late, "not_found").await;
    }
    wire.refused(
        json!({"t": "send", "room": room, "id": fresh_id(), "body": {"text": "x", "reply_to": 1u64 << 50}}),
        "bad_request",
    )
    .await;
    // Old messages as well, as long as the log has them.
    other.refused(edit(seq(&old)), "forbidden").await;
    let last = wire.ok(edit(seq(&old))).await;

    other.find(|frame| frame["t"] == "event" && frame["seq"] == last["seq"]).await;
    let kinds: Vec<Value> = events(&other.drain().await, &room).iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["message", "message", "edited", "reacted", "pinned", "message", "deleted"]);
    wire.ok(json!({"t": "detach", "room": room})).await;
    wire.ok(json!({"t": "attach", "room": room, "after": said})).await;
    assert_eq!(resumed(&mut wire, &room).await["count"], 6);
    let page = wire.ok(json!({"t": "events", "room": room, "after": seq(&reply)})).await;
    assert_eq!(seqs(&page["events"]), [seq(&deleted), seq(&last)]);
    assert_eq!(wire.refused(json!({"t": "history", "room": room}), "unavailable").await["retryable"], true);
    world.persister.thaw();
    let page = wire.ok(json!({"t": "history", "room": room, "after": seq(&old)})).await;
    assert_eq!(page["entries"][0]["deleted"], true, "{page}");
    drop(ann);
}

#[tokio::test]
async fn what_cannot_be_known_is_unavailable_and_holds_up_what_is_behind_it() {
    let world = World::start(&[("CHATMESH__NATS__SHARDS", "2")], &[UNLIMITED]).await;
    let (_, room, mut wire) = alone(&world, Encoding::MessagePack).await;
    wire.text(&room, "before").await;
    world.persister.freeze();
    let numbered = |reference: u64, id: &str| {
        let mut frame = send(&room, id, &format!("number {reference}"));
        frame["ref"] = json!(reference);
        frame
    };
    let ids = [id_at(now_ms() - 3 * DAY), fresh_id(), fresh_id()];
    wire.say(&json!([numbered(901, &ids[0]), numbered(902, &ids[1])])).await;
    for reference in [901, 902] {
        let refusal = wire.find(|frame| frame["ref"] == reference).await;
        assert_eq!((&refusal["code"], &refusal["retryable"]), (&json!("unavailable"), &json!(true)), "{refusal}");
    }
    wire.say(&numbered(903, &ids[2])).await;
    assert_eq!(wire.find(|frame| frame["ref"] == 903).await["code"], "unavailable", "the first has to come first");
    world.persister.thaw();
    let mut stored = Vec::new();
    for (reference, id) in (901..).zip(&ids) {
        let ok = wire.ok(numbered(reference, id)).await;
        assert_eq!(ok.get("dup"), None, "{ok}");
        stored.push(seq(&ok));
    }
    assert!(stored.is_sorted());
}

#[tokio::test]
async fn archived_waits_ten_seconds_at_most() {
    let world = World::start(&[("CHATMESH__NATS__SHARDS", "2")], &[UNLIMITED]).await;
    let (_, room, mut wire) = alone(&world, Encoding::Json).await;
    wire.text(&room, "before").await;
    world.persister.freeze();
    let mut change = send(&room, &fresh_id(), "for ever");
    change["ack"] = json!("archived");
    let began = std::time::Instant::now();
    let mut asking = change.clone();
    asking["ref"] = json!(1_000_000);
    wire.say(&asking).await;
    // What comes behind it does not wait with it.
    wire.text(&room, "behind").await;
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    let first = wire.find(|frame| frame["t"] == "ok" && frame["ref"] == 1_000_000).await;
    assert_eq!(first["level"], "stored");
    assert!(began.elapsed() < std::time::Duration::from_secs(12), "{:?}", began.elapsed());
    world.persister.thaw();
    let again = wire.ok(change).await;
    assert_eq!((&again["level"], &again["dup"], &again["seq"]), (&json!("archived"), &json!(true), &first["seq"]));
}

#[tokio::test]
async fn the_log_tells_the_newest_entries_of_what_is_skipped() {
    let limits = [UNLIMITED, ("CHATMESH__LIMITS__REPLAY_EVENTS", "20")];
    let world = World::start(&[("CHATMESH__NATS__SHARDS", "2")], &limits).await;
    let (ann, room, mut wire) = alone(&world, Encoding::Json).await;
    let before = seq(&wire.text(&room, "archived").await);
    let mut reader = quiet(&world.gateway, Encoding::MessagePack, &ann).await;
    world.persister.freeze();
    let mut said = Vec::new();
    for number in 0..60 {
        said.push(seq(&wire.text(&room, &format!("number {number}")).await));
    }
    let edit = json!({"t": "edit", "room": room, "id": fresh_id(), "target": said[59], "body": {"text": "changed"}});
    let last = seq(&wire.ok(edit).await);
    reader.ok(json!({"t": "attach", "room": room, "after": before})).await;
    let frames = until_resumed(&mut reader, &room).await;
    let skipped = &frames[0];
    assert_eq!((&skipped["t"], &skipped["after"], &skipped["until"]), (&json!("skipped"), &json!(before), &json!(last)));
    assert_eq!(seqs(&skipped["entries"]), said[10..]);
    assert_eq!(skipped["entries"][49]["body"]["text"], "changed");
    assert_eq!(frames[1], json!({"t": "resumed", "room": room, "after": before, "head": last, "count": 0}));
    world.persister.thaw();
}
