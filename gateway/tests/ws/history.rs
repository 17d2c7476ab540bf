//! Rule 11: pages of history and of events hold all that was acknowledged, whatever the archive's lag.

use http::StatusCode;
use serde_json::{Value, json};
use testkit::{Encoding, Hold, Wire, World, fresh_id, send};

use crate::world::{UNLIMITED, alone, log, number, quiet, seq, seqs, shared};

/// A page over the socket.
async fn page(wire: &mut Wire, room: &str, paging: &Value) -> Value {
    let mut frame = json!({"t": "history", "room": room});
    for (name, value) in paging.as_object().unwrap() {
        frame[name] = value.clone();
    }
    let mut page = wire.ok(frame).await;
    let fields = page.as_object_mut().unwrap();
    for name in ["t", "ref"] {
        fields.remove(name);
    }
    page
}

#[tokio::test]
async fn pages_say_what_lies_beyond() {
    let world = shared().await;
    let (_, room, mut wire) = alone(world, Encoding::Json).await;
    let mut all: Vec<u64> = Vec::new();
    for text in 0..10 {
        wire.text(&room, &format!("number {text}")).await;
    }
    for event in log(&mut wire, &room).await {
        all.push(seq(&event));
    }
    assert_eq!(all.len(), 12);
    // Wanted of the twelve entries: from, to, older, newer.
    for (paging, (from, to, older, newer)) in [
        (json!({}), (0, 12, false, false)),
        (json!({"limit": 12}), (0, 12, false, false)),
        (json!({"limit": 11}), (1, 12, true, false)),
        (json!({"limit": 1}), (11, 12, true, false)),
        (json!({"before": all[3]}), (0, 3, false, true)),
        (json!({"before": all[3], "limit": 2}), (1, 3, true, true)),
        (json!({"before": all[0]}), (0, 0, false, true)),
        (json!({"before": all[11] + 1, "limit": 3}), (9, 12, true, false)),
        (json!({"before": 0}), (0, 0, false, true)),
        (json!({"after": 0, "limit": 3}), (0, 3, false, true)),
        (json!({"after": all[8]}), (9, 12, true, false)),
        (json!({"after": all[8], "limit": 3}), (9, 12, true, false)),
        (json!({"after": all[8], "limit": 2}), (9, 11, true, true)),
        (json!({"after": all[11]}), (12, 12, true, false)),
        (json!({"after": 1u64 << 50}), (12, 12, true, false)),
        (json!({"around": all[6], "limit": 4}), (4, 8, true, true)),
        (json!({"around": all[6], "limit": 5}), (4, 9, true, true)),
        (json!({"around": all[0], "limit": 4}), (0, 4, false, true)),
        (json!({"around": all[11], "limit": 4}), (8, 12, true, false)),
        (json!({"around": 1u64 << 50, "limit": 4}), (8, 12, true, false)),
    ] {
        let page = page(&mut wire, &room, &paging).await;
        assert_eq!(
            (seqs(&page["entries"]), &page["older"], &page["newer"]),
            (all[from..to].to_vec(), &json!(older), &json!(newer)),
            "{paging}"
        );
        assert_eq!(number(&page, "as_of"), all[11]);
    }
    for (paging, code) in [
        (json!({"before": 1, "after": 1}), "bad_request"),
        (json!({"before": 1, "around": 1}), "bad_request"),
        (json!({"limit": 0}), "bad_request"),
        (json!({"after": -1}), "bad_request"),
    ] {
        let mut frame = json!({"t": "history", "room": room});
        frame.as_object_mut().unwrap().extend(paging.as_object().unwrap().clone());
        wire.refused(frame, code).await;
    }
    // The raw log.
    for (after, limit, from, to, more) in [
        (0, 50, 0, 12, false),
        (0, 12, 0, 12, false),
        (0, 11, 0, 11, true),
        (all[4], 1, 5, 6, true),
        (all[11], 5, 12, 12, false),
        (1 << 50, 5, 12, 12, false),
    ] {
        let page = wire.ok(json!({"t": "events", "room": room, "after": after, "limit": limit})).await;
        assert_eq!((seqs(&page["events"]), &page["more"]), (all[from..to].to_vec(), &json!(more)), "{after} {limit}");
    }
}

#[tokio::test]
async fn more_than_two_hundred_is_cut_and_pages_end_at_256_kib() {
    let world = shared().await;
    let (_, room, mut wire) = alone(world, Encoding::MessagePack).await;
    let text = "가".repeat(2_700);
    for batch in 0..5 {
        let frames: Vec<Value> = (0..45)
            .map(|number| {
                let text = if batch == 4 { text.as_str() } else { "short" };
                let mut frame = send(&room, &fresh_id(), text);
                frame["ref"] = json!(10_000 + number);
                frame
            })
            .collect();
        // A frame holds at most 64 KiB.
        for few in frames.chunks(if batch == 4 { 5 } else { 45 }) {
            wire.say(&json!(few)).await;
        }
        for number in 10_000..10_045 {
            assert_eq!(wire.find(|frame| frame["ref"] == number).await["t"], "ok");
        }
    }
    let mut seen = Vec::new();
    let mut before = 1u64 << 50;
    loop {
        let page = page(&mut wire, &room, &json!({"before": before, "limit": 1000})).await;
        let mut entries = seqs(&page["entries"]);
        assert!(!entries.is_empty() && entries.len() <= 200, "{}", entries.len());
        assert!(page.to_string().len() < 300 << 10, "{}", page.to_string().len());
        before = entries[0];
        entries.extend(seen);
        seen = entries;
        if page["older"] == false {
            break;
        }
    }
    let all = log(&mut wire, &room).await;
    assert_eq!(seen, seqs(&json!(all)));
    let events = wire.ok(json!({"t": "events", "room": room, "after": seen[180], "limit": 200})).await;
    assert!(events["more"] == true && events.to_string().len() < 300 << 10, "{}", events.to_string().len());
    assert_eq!(
        wire.ok(json!({"t": "events", "room": room, "after": 0, "limit": 1000})).await["events"].as_array().unwrap().len(),
        200
    );
}

/// Everything that can be asked of a room with a thread under `root`.
async fn everything(world: &World, wire: &mut Wire, room: &str, token: &str, root: u64) -> Vec<(String, Value)> {
    let all = seqs(&json!(log(wire, room).await));
    let mut asked = vec![
        json!({}),
        json!({"limit": 3}),
        json!({"pinned": true}),
        json!({"thread": root}),
        json!({"thread": root, "limit": 3}),
    ];
    for at in &all {
        for side in ["before", "after", "around"] {
            asked.push(json!({side: at, "limit": 5}));
        }
        asked.push(json!({"thread": root, "around": at, "limit": 4}));
    }
    let mut answers = Vec::new();
    for paging in asked {
        let answer = page(wire, room, &paging).await;
        if paging.get("pinned").is_none() {
            let query: Vec<String> = paging.as_object().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
            let http = world.get(&format!("/v1/rooms/{room}/history?{}", query.join("&")), token).await.is(StatusCode::OK);
            assert_eq!(http.json(), answer, "{paging}: the same over HTTP");
        }
        answers.push((paging.to_string(), answer));
    }
    answers
}

#[tokio::test]
async fn a_page_is_the_same_whether_the_archive_lags_or_not() {
    let world = World::start(&[("CHATMESH__NATS__SHARDS", "1")], &[UNLIMITED]).await;
    let (ann, room, mut wire) = alone(&world, Encoding::Json).await;
    let bo = world.guest().await;
    world.join(&room, &bo.token).await;
    let mut other = quiet(&world.gateway, Encoding::MessagePack, &bo).await;
    let change = |t: &str, target: u64| json!({"t": t, "room": room, "id": fresh_id(), "target": target});
    let body = |body: Value| json!({"t": "send", "room": room, "id": fresh_id(), "body": body});

    let root = seq(&wire.text(&room, "root").await);
    let edited = seq(&wire.text(&room, "to be edited").await);
    let deleted = seq(&other.text(&room, "to be deleted").await);
    let reply = seq(&other.ok(body(json!({"text": "reply", "thread": root}))).await);
    let gone = seq(&other.ok(body(json!({"text": "reply that goes", "thread": root}))).await);
    wire.ok(body(json!({"text": "answer", "reply_to": deleted}))).await;
    wire.ok(json!({"t": "react", "room": room, "id": fresh_id(), "target": root, "emoji": "👍"})).await;
    let mut last = send(&room, &fresh_id(), "archived");
    last["ack"] = json!("archived");
    assert_eq!(wire.ok(last).await["level"], "archived");

    let hold = Hold::writes(&world.database, "events").await;
    let mut edit = change("edit", edited);
    edit["body"] = json!({"text": format!("edited, <@{}>", bo.id)});
    wire.ok(edit).await;
    wire.ok(change("delete", deleted)).await;
    other.ok(change("delete", gone)).await;
    wire.ok(change("pin", reply)).await;
    other.ok(json!({"t": "react", "room": room, "id": fresh_id(), "target": root, "emoji": "👍"})).await;
    let fleeting = seq(&wire.ok(body(json!({"text": "a fleeting reply", "thread": root}))).await);
    wire.ok(change("delete", fleeting)).await;
    for text in 0..6 {
        other.ok(body(json!({"text": format!("tail {text}"), "reply_to": root}))).await;
    }
    let late = seq(&wire.ok(body(json!({"text": "new reply", "thread": root}))).await);
    wire.ok(change("pin", late)).await;

    let lagging = everything(&world, &mut wire, &room, &ann.token, root).await;
    hold.release().await;
    let mut last = send(&room, &fresh_id(), "archived as well");
    last["ack"] = json!("archived");
    let stored = wire.ok(last).await;
    assert_eq!(stored["level"], "archived");
    wire.ok(change("delete", seq(&stored))).await;
    let head = log(&mut wire, &room).await.last().map(seq).unwrap();
    let newest = |page: &Value| page["entries"].as_array().unwrap().iter().any(|entry| seq(entry) >= seq(&stored));
    for (paging, before) in lagging {
        let after = page(&mut wire, &room, &serde_json::from_str(&paging).unwrap()).await;
        assert_eq!(number(&after, "as_of"), head);
        // One more entry stands at the end by now.
        if !newest(&after) && before["newer"] == after["newer"] {
            assert_eq!((&before["entries"], &before["older"]), (&after["entries"], &after["older"]), "{paging}");
        }
    }
    let shown = page(&mut wire, &room, &json!({"around": root, "limit": 20})).await;
    let entry = |seq: u64| shown["entries"].as_array().unwrap().iter().find(|entry| entry["seq"] == seq).cloned().unwrap();
    assert_eq!((&entry(edited)["edited"], &entry(edited)["body"]["mentions"]), (&json!(true), &json!([bo.id])));
    assert_eq!((&entry(deleted)["deleted"], entry(deleted).get("body")), (&json!(true), None));
    assert_eq!(
        entry(root)["thread"],
        json!({"count": 2, "last": late, "from": [
            {"id": bo.id, "name": bo.name, "type": "guest"}, {"id": ann.id, "name": ann.name, "type": "guest"}
        ]})
    );
    let pinned = page(&mut wire, &room, &json!({"pinned": true})).await;
    assert_eq!(seqs(&pinned["entries"]), [reply, late]);
}
