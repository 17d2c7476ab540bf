//! Rule 9: attach and resume.

use serde_json::{Map, Value, json};
use testkit::{Encoding, Wire, fresh_id, send};

use crate::world::{alone, attach, events, log, number, quiet, resumed, seq, seqs, shared, small, until_resumed};

#[tokio::test]
async fn attach_from_the_head_from_a_cursor_and_from_the_beginning() {
    let world = shared().await;
    for encoding in Encoding::ALL {
        let (_, room, mut wire) = alone(world, encoding).await;
        let first = seq(&wire.text(&room, "first").await);
        let second = seq(&wire.text(&room, "second").await);
        for (after, count) in [(None, 0), (Some(0), 4), (Some(first), 1), (Some(second), 0)] {
            let mut frame = json!({"t": "attach", "room": room});
            if let Some(after) = after {
                frame["after"] = json!(after);
            }
            let ok = wire.ok(frame).await;
            assert_eq!((&ok["room"], number(&ok, "head")), (&json!(room), second));
            let frames = until_resumed(&mut wire, &room).await;
            let (end, pushed) = frames.split_last().unwrap();
            let after = after.unwrap_or(second);
            assert_eq!(*end, json!({"t": "resumed", "room": room, "after": after, "head": second, "count": count}));
            assert_eq!(pushed.len(), count);
            assert!(seqs(&json!(pushed)).is_sorted() && pushed.iter().all(|event| seq(event) > after));
            if after == 0 {
                let kinds: Vec<&str> = pushed.iter().map(|event| event["kind"].as_str().unwrap()).collect();
                assert_eq!(kinds, ["created", "joined", "message", "message"]);
            }
            assert_eq!(wire.ok(json!({"t": "detach", "room": room})).await["room"], *room);
        }
        let third = wire.text(&room, "unheard").await;
        assert_eq!(events(&wire.drain().await, &room), Vec::<Value>::new(), "detached");
        wire.ok(json!({"t": "attach", "room": room, "after": second})).await;
        assert_eq!(number(&resumed(&mut wire, &room).await, "head"), seq(&third));
    }
}

#[tokio::test]
async fn an_attached_room_attached_again_says_so_and_doubles_nothing() {
    let world = shared().await;
    let (_, room, mut wire) = alone(world, Encoding::Json).await;
    attach(&mut wire, &room).await;
    let sent = wire.text(&room, "once").await;
    for frame in [json!({"t": "attach", "room": room}), json!({"t": "attach", "room": room, "after": 0})] {
        wire.ok(frame).await;
        assert_eq!(resumed(&mut wire, &room).await["count"], 0);
    }
    let again = wire.text(&room, "once more").await;
    assert_eq!(seqs(&json!(events(&wire.drain().await, &room))), [seq(&sent), seq(&again)]);
}

#[tokio::test]
async fn a_cursor_above_the_head_is_a_conflict_and_attaches_nothing() {
    let world = shared().await;
    for encoding in Encoding::ALL {
        let (_, room, mut wire) = alone(world, encoding).await;
        let head = seq(&wire.text(&room, "head").await);
        let ahead = json!({"t": "attach", "room": room, "after": head + 1});
        let refusal = wire.refused(ahead.clone(), "conflict").await;
        assert_eq!((&refusal["room"], number(&refusal, "head"), &refusal["retryable"]), (&json!(room), head, &json!(false)));
        let next = seq(&wire.text(&room, "not for those who are ahead").await);
        assert_eq!(wire.drain().await, Vec::<Value>::new());
        attach(&mut wire, &room).await;
        let ahead = json!({"t": "attach", "room": room, "after": next + 1});
        assert_eq!(number(&wire.refused(ahead, "conflict").await, "head"), next);
        wire.text(&room, "and not attached any more").await;
        assert_eq!(wire.drain().await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_private_look_alike() {
    let world = shared().await;
    let owner = world.account().await;
    let private = world.room(&owner.token, "private").await;
    let (_, _, mut wire) = alone(world, Encoding::MessagePack).await;
    let mut messages = Vec::new();
    for room in [private.as_str(), "nowhere"] {
        for frame in [json!({"t": "attach", "room": room}), json!({"t": "attach", "room": room, "after": 0})] {
            messages.push(wire.refused(frame, "not_found").await["message"].clone());
        }
    }
    assert!(messages.iter().all(|message| *message == messages[0]), "{messages:?}");
}

#[tokio::test]
async fn hello_resumes_every_room_that_can_be_on_any_gateway() {
    let world = shared().await;
    for encoding in Encoding::ALL {
        let (ann, room, mut wire) = alone(world, encoding).await;
        let (seen, ahead) = (world.room(&ann.token, "public").await, world.room(&ann.token, "public").await);
        let cursor = seq(&wire.text(&room, "seen").await);
        let missed = [seq(&wire.text(&room, "missed").await), seq(&wire.text(&room, "missed too").await)];
        let current = seq(&wire.text(&seen, "current").await);
        let head = seq(&wire.text(&ahead, "head").await);
        drop(wire);
        let resume = json!({&room: cursor, &seen: current, &ahead: head + 100, "nowhere": 5});
        let hello = json!({"resume": resume, "attach": "none"});
        let (mut wire, _) = Wire::open(small().await, encoding, &ann.token, hello).await;
        let done = resumed(&mut wire, &room).await;
        assert_eq!(done, json!({"t": "resumed", "room": room, "after": cursor, "head": missed[1], "count": 2}));
        let done = resumed(&mut wire, &seen).await;
        assert_eq!(done, json!({"t": "resumed", "room": seen, "after": current, "head": current, "count": 0}));
        let conflict = wire.find(|frame| frame["t"] == "error" && frame["room"] == *ahead).await;
        assert_eq!((&conflict["code"], number(&conflict, "head"), conflict.get("ref")), (&json!("conflict"), head, None));
        let unknown = wire.find(|frame| frame["t"] == "error" && frame["room"] == "nowhere").await;
        assert_eq!(unknown["code"], "not_found");
        let frames = wire.drain().await;
        assert_eq!(seqs(&json!(events(&frames, &room))), missed);
        assert_eq!(frames.len(), 2, "{frames:?}");
        wire.text(&ahead, "not attached").await;
        let live = wire.text(&room, "live").await;
        let frames = wire.drain().await;
        assert_eq!((seqs(&json!(events(&frames, &room))), frames.len()), (vec![seq(&live)], 1));
    }
}

#[tokio::test]
async fn attaching_while_others_send_misses_and_doubles_nothing() {
    let world = shared().await;
    let (ann, room, mut sender) = alone(world, Encoding::Json).await;
    let mut readers = Vec::new();
    for (encoding, gateway) in Encoding::ALL.into_iter().zip([&world.gateway, small().await]) {
        readers.push(quiet(gateway, encoding, &ann).await);
    }
    let over = std::cell::Cell::new(false);
    let flood = async {
        for _ in 0..15 {
            let frames: Vec<Value> = (0..20)
                .map(|reference| {
                    let mut frame = send(&room, &fresh_id(), "flood");
                    frame["ref"] = json!(10_000 + reference);
                    frame
                })
                .collect();
            sender.say(&json!(frames)).await;
            for reference in 10_000..10_020 {
                assert_eq!(sender.find(|frame| frame["ref"] == reference).await["t"], "ok");
            }
        }
        let last = seq(&sender.text(&room, "last").await);
        over.set(true);
        last
    };
    let read = async |wire: &mut Wire| {
        let mut seen: Vec<u64> = Vec::new();
        let mut cursor = 0;
        loop {
            wire.ok(json!({"t": "attach", "room": room, "after": cursor})).await;
            // Some live ones behind the replay, then again from there.
            resumed(wire, &room).await;
            for frame in wire.drain().await {
                if frame["t"] == "skipped" {
                    let entries = seqs(&frame["entries"]);
                    let from = number(&frame, "after");
                    let log = log(wire, &room)
                        .await
                        .iter()
                        .map(seq)
                        .filter(|seq| *seq > from && *seq <= number(&frame, "until"))
                        .collect::<Vec<_>>();
                    assert!(log.ends_with(&entries) || entries.ends_with(&log), "{entries:?} {log:?}");
                    seen.extend(log);
                } else {
                    seen.push(seq(&frame));
                }
            }
            wire.ok(json!({"t": "detach", "room": room})).await;
            seen.extend(events(&wire.drain().await, &room).iter().map(seq));
            cursor = *seen.last().unwrap();
            let last = over.get();
            let page = wire.ok(json!({"t": "events", "room": room, "after": cursor, "limit": 1})).await;
            if last && page["events"] == json!([]) {
                return seen;
            }
        }
    };
    let [first, second] = &mut readers[..] else { unreachable!("two readers") };
    let (last, one, other) = tokio::join!(flood, read(first), read(second));
    let all: Vec<u64> = log(&mut sender, &room).await.iter().map(seq).collect();
    assert_eq!(all.last(), Some(&last));
    assert_eq!(one, all);
    assert_eq!(other, all);
}

#[tokio::test]
async fn two_hundred_rooms_resume_at_once() {
    let world = shared().await;
    let ann = world.guest().await;
    let mut cursors = Map::new();
    for _ in 0..50 {
        let rooms = tokio::join!(
            world.room(&ann.token, "public"),
            world.room(&ann.token, "public"),
            world.room(&ann.token, "private"),
            world.room(&ann.token, "private"),
        );
        for room in [rooms.0, rooms.1, rooms.2, rooms.3] {
            cursors.insert(room, json!(0));
        }
    }
    let hello = json!({"resume": cursors, "attach": "none"});
    let (mut wire, _) = Wire::open(small().await, Encoding::MessagePack, &ann.token, hello).await;
    for room in cursors.keys() {
        assert_eq!(resumed(&mut wire, room).await["count"], 2);
    }
    let frames = wire.drain().await;
    assert_eq!(frames.len(), 400, "created and joined of each");
    assert!(cursors.keys().all(|room| seqs(&json!(events(&frames, room))).is_sorted_by(|one, next| one < next)));
}
