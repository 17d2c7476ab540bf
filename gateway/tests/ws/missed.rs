//! Rule 9: what was missed is pushed up to a bound, and never makes a reader slow.

use serde_json::json;
use testkit::{Encoding, fresh_id};

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
