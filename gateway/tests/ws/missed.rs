//! Rule 9: what was missed is pushed up to a bound, and never makes a reader slow.

use serde_json::{Value, json};
use testkit::{Encoding, Wire, fresh_id, send};

use crate::world::{alone, events, number, quiet, resumed, seq, seqs, shared, small, until_resumed};

#[tokio::test]
async fn more_than_the_bound_is_skipped_with_the_newest_entries() {
    let world = shared().await;
    for encoding in Encoding::ALL {
        let (ann, room, mut wire) = alone(world, encoding).await;
        let mut stored = Vec::new();
        for text in 0..20 {
            stored.push(seq(&wire.text(&room, &format!("number {text}")).await));
        }
        let mut reader = quiet(small().await, encoding, &ann).await;
        let from = stored[0] - 1;
        reader.ok(json!({"t": "attach", "room": room, "after": from})).await;
        let done = resumed(&mut reader, &room).await;
        assert_eq!((number(&done, "count"), number(&done, "head")), (20, stored[19]), "just the bound");
        assert_eq!(seqs(&json!(events(&reader.drain().await, &room))), stored);
        reader.ok(json!({"t": "detach", "room": room})).await;

        // One more; not all of them begin an entry.
        let edit = json!({"t": "edit", "room": room, "id": fresh_id(), "target": stored[3], "body": {"text": "changed"}});
        let last = seq(&wire.ok(edit).await);
        let ok = reader.ok(json!({"t": "attach", "room": room, "after": from})).await;
        assert_eq!(number(&ok, "head"), last);
        let frames = until_resumed(&mut reader, &room).await;
        assert_eq!(frames.len(), 2, "{frames:?}");
        let (skipped, done) = (&frames[0], &frames[1]);
        assert_eq!((&skipped["t"], &skipped["room"]), (&json!("skipped"), &json!(room)));
        assert_eq!((number(skipped, "after"), number(skipped, "until")), (from, last));
        assert_eq!(*done, json!({"t": "resumed", "room": room, "after": from, "head": last, "count": 0}));
        let page = wire.ok(json!({"t": "history", "room": room, "limit": 50})).await;
        assert_eq!(skipped["entries"], page["entries"]);
        assert_eq!(skipped["entries"][5]["body"]["text"], "changed", "folded: {skipped}");
        let live = wire.text(&room, "live").await;
        assert_eq!(seq(&reader.find(|frame| frame["t"] == "event").await), seq(&live));
    }
}

/// So many messages from sockets side by side; gives the `seq` of the last.
async fn crowd(gateway: &testkit::Service, token: &str, room: &str, messages: u64) -> u64 {
    const SPEAKERS: u64 = 8;
    const AT_ONCE: u64 = 50;
    let speak = async |speaker: u64| {
        let (mut wire, _) = Wire::open(gateway, Encoding::MessagePack, token, json!({"attach": "none"})).await;
        let mut last = 0;
        for begin in (0..messages / SPEAKERS).step_by(AT_ONCE as usize) {
            let sends = (begin..begin + AT_ONCE).map(|number| {
                let mut frame = send(room, &fresh_id(), &format!("{speaker} {number}"));
                frame["ref"] = json!(number);
                frame
            });
            wire.say(&Value::Array(sends.collect())).await;
            for _ in 0..AT_ONCE {
                let ok = wire.frame().await;
                assert_eq!(ok["t"], "ok", "{ok}");
                last = seq(&ok);
            }
        }
        last
    };
    futures_util::future::join_all((0..SPEAKERS).map(speak)).await.into_iter().max().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_missed_events_are_one_skip_and_all_there_to_be_read() {
    const MESSAGES: u64 = 100_000;
    let world = shared().await;
    let (ann, room, _) = alone(world, Encoding::MessagePack).await;
    let last = crowd(&world.gateway, &ann.token, &room, MESSAGES).await;
    for encoding in Encoding::ALL {
        let (mut wire, _) =
            Wire::open(&world.gateway, encoding, &ann.token, json!({"attach": "none", "resume": {&room: 0}})).await;
        let frames = until_resumed(&mut wire, &room).await;
        let skipped = frames.iter().find(|frame| frame["t"] == "skipped").expect("more than the bound was missed");
        assert_eq!((number(skipped, "after"), number(skipped, "until")), (0, last));
        assert_eq!(skipped["entries"].as_array().unwrap().len(), 50);
        assert!(events(&frames, &room).is_empty(), "nothing of it is pushed");
    }
    // Opened now: one that says nothing while they are written would be silent for too long.
    let (mut reader, _) = Wire::open(&world.gateway, Encoding::MessagePack, &ann.token, json!({"attach": "none"})).await;
    // Back to the beginning, a page at a time: each message once, each speaker's in his order.
    let (mut read, mut before, mut expected) = (0, None, [MESSAGES / 8; 8]);
    loop {
        let page = reader.ok(json!({"t": "history", "room": room, "limit": 200, "before": before})).await;
        for entry in page["entries"].as_array().unwrap().iter().rev().filter(|entry| entry["kind"] == "message") {
            let mut words = entry["body"]["text"].as_str().unwrap().split(' ').map(|word| word.parse::<usize>().unwrap());
            let (speaker, number) = (words.next().unwrap(), words.next().unwrap() as u64);
            expected[speaker] -= 1;
            assert_eq!(number, expected[speaker], "speaker {speaker} before {before:?}");
            read += 1;
        }
        before = Some(seq(&page["entries"][0]));
        if page["older"] != true {
            break;
        }
    }
    assert_eq!(read, MESSAGES);
}
