//! Rule 25: what goes on while the archive or the fabric is away, and how the rest is refused.

use http::StatusCode;
use serde_json::json;
use testkit::{Encoding, Wire, World, fresh_id, send};
use tokio::time::{Duration, Instant};

use crate::world::{is_open, seq, soon};

#[tokio::test]
async fn without_the_archive_sending_and_resuming_go_on_and_history_is_unavailable() {
    let world = World::start(&[], &[("CHATMESH__LIMITS__PER_MINUTE", "0")]).await;
    let (owner, reader) = (world.account().await, world.guest().await);
    let room = world.room(&owner.token, "private").await;
    world.add(&room, &owner.token, &reader.id).await;
    let (mut speaker, _) = Wire::open(&world.gateway, Encoding::Json, &owner.token, json!({})).await;
    let (mut listener, _) = Wire::open(&world.gateway, Encoding::MessagePack, &reader.token, json!({})).await;
    let first = seq(&speaker.text(&room, "with the archive").await);
    world.persister.freeze();
    let second = speaker.text(&room, "without it").await;
    listener.find(|frame| frame["t"] == "event" && frame["seq"] == second["seq"]).await;
    let target = seq(&second);
    speaker.ok(json!({"t": "edit", "room": room, "id": fresh_id(), "target": target, "body": {"text": "edited"}})).await;
    listener.ok(json!({"t": "detach", "room": room})).await;
    listener.ok(json!({"t": "attach", "room": room, "after": first})).await;
    let resumed = listener.find(|frame| frame["t"] == "resumed").await;
    assert_eq!(resumed["count"], 2, "{resumed}");
    let mut archived = send(&room, &fresh_id(), "wait for it");
    archived["ack"] = json!("archived");
    let begun = Instant::now();
    let (page, waited) = tokio::join!(
        async { listener.refused(json!({"t": "history", "room": room}), "unavailable").await },
        speaker.ok(archived.clone()),
    );
    assert_eq!(page["retryable"], true);
    assert_eq!(waited["level"], "stored", "it waits 10 s at most");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    world.get(&format!("/v1/rooms/{room}/history"), &owner.token).await.fails(503, "unavailable");
    world.post("/v1/auth/guest", "", json!({})).await.fails(503, "unavailable");
    world.persister.thaw();
    soon("history is back", async || (listener.ask(json!({"t": "history", "room": room})).await["t"] == "ok").then_some(()))
        .await;
    let again = speaker.ok(archived).await;
    assert_eq!((&again["dup"], &again["level"], &again["seq"]), (&json!(true), &json!("archived"), &waited["seq"]));
}

#[tokio::test]
async fn without_the_fabric_sends_are_unavailable_within_10_s_and_the_socket_stays() {
    let world = World::start(&[], &[("CHATMESH__LIMITS__PER_MINUTE", "0")]).await;
    let owner = world.account().await;
    let room = world.room(&owner.token, "public").await;
    let (mut wire, _) = Wire::open(&world.gateway, Encoding::Json, &owner.token, json!({})).await;
    wire.text(&room, "before").await;
    world.nats.stop().await;
    let begun = Instant::now();
    let frame = send(&room, &fresh_id(), "meanwhile");
    let refused = wire.refused(frame.clone(), "unavailable").await;
    assert_eq!(refused["retryable"], true);
    assert!(begun.elapsed() < Duration::from_secs(11), "{:?}", begun.elapsed());
    is_open(&mut wire).await;
    soon("the gateway is not ready", async || {
        testkit::get(world.gateway.ops(), "/readyz").await.filter(|(status, _)| *status == 503)
    })
    .await;
    world.get("/v1/me", &owner.token).await.fails(503, "unavailable");
    world.nats.restart().await;
    let stored = soon("sends pass again", async || {
        let answer = wire.ask(frame.clone()).await;
        (answer["t"] == "ok").then_some(answer)
    })
    .await;
    let log = soon("the log is read", async || {
        let page = world.get(&format!("/v1/rooms/{room}/events?limit=200"), &owner.token).await;
        (page.status == StatusCode::OK).then(|| page.json())
    })
    .await;
    let texts: Vec<_> =
        log["events"].as_array().unwrap().iter().filter(|event| event["body"]["text"] == "meanwhile").map(seq).collect();
    assert_eq!(texts, [seq(&stored)]);
}
