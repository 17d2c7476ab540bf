//! Rules 3, 7 and 9 when a shard's log is lost and made anew under those who resume.

use serde_json::json;
use testkit::{Encoding, Incoming, SOON, Wire, World, eventually_for, fresh_id, hello, id_at, now_ms, send};

use crate::world::{UNLIMITED, alone, attach, number, resumed, seq, seqs};

#[tokio::test]
async fn numbers_only_grow_when_a_log_is_made_anew() {
    let world = World::start(&[("CHATMESH__NATS__SHARDS", "1")], &[UNLIMITED]).await;
    let (ann, room, mut wire) = alone(&world, Encoding::Json).await;
    attach(&mut wire, &room).await;
    let (kept, late) = (send(&room, &fresh_id(), "kept"), send(&room, &id_at(now_ms() - 3 * 3_600_000), "late"));
    let first = wire.ok(kept.clone()).await;
    let mut archived = late.clone();
    archived["ack"] = json!("archived");
    let second = wire.ok(archived).await;
    assert_eq!(second["level"], "archived");

    let answer = world.nats.ask("$JS.API.STREAM.DELETE.LOG_local_0", "").await;
    assert!(answer.contains("\"success\":true"), "{answer}");
    assert_eq!(wire.closed().await, 1012, "sockets are sent to resume");
    // Until the log is there again, and heard, sends are unavailable and sockets are sent away once more.
    let next = send(&room, &fresh_id(), "on the new log");
    let (mut wire, ok) = eventually_for(SOON, "the log takes sends again", async || {
        let mut wire = Wire::connect(&world.gateway, Encoding::MessagePack).await;
        wire.say(&hello(&ann.token, json!({"attach": "none"}))).await;
        let mut next = next.clone();
        next["ref"] = json!(1_000);
        wire.say(&next).await;
        loop {
            match wire.incoming().await {
                Incoming::Frame(frame) if frame["ref"] == 1_000 => {
                    assert!(frame["t"] == "ok" || frame["code"] == "unavailable", "{frame}");
                    return (frame["t"] == "ok").then_some((wire, frame));
                }
                Incoming::Frame(frame) => assert_eq!(frame["t"], "welcome"),
                Incoming::Closed(code) => {
                    assert_eq!(code, 1012);
                    return None;
                }
            }
        }
    })
    .await;
    assert!(seq(&ok) >= 1 << 32, "{ok}");
    for (change, first) in [(kept, &first), (late, &second)] {
        let retry = wire.ok(change).await;
        assert_eq!((&retry["dup"], &retry["seq"], &retry["ts"]), (&json!(true), &first["seq"], &first["ts"]));
    }
    wire.ok(json!({"t": "attach", "room": room, "after": seq(&first)})).await;
    let done = resumed(&mut wire, &room).await;
    assert_eq!((number(&done, "count"), number(&done, "head")), (2, seq(&ok)));
    assert_eq!(seqs(&json!(wire.drain().await)), [seq(&second), seq(&ok)]);
    let live = wire.text(&room, "live").await;
    let event = wire.find(|frame| frame["t"] == "event").await;
    assert_eq!((seq(&event), number(&event, "prev")), (seq(&live), seq(&ok)));
    let page = wire.ok(json!({"t": "history", "room": room, "limit": 3})).await;
    assert_eq!(seqs(&page["entries"]), [seq(&second), seq(&ok), seq(&live)]);
    wire.ok(json!({"t": "detach", "room": room})).await;
    let lost = json!({"t": "attach", "room": room, "after": seq(&live) + 1});
    assert_eq!(number(&wire.refused(lost, "conflict").await, "head"), seq(&live));
}
