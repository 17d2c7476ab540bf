//! What the client does when a server says what it rarely says: gaps, strangers, refusals, close codes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chatmesh_client::protocol::frame::ServerFrame;
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{ClientError, ClientOptions, NewChange, Update};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::server::{Peer, Server, event};
use crate::world::SOON;

fn room() -> RoomId {
    RoomId::parse("r").unwrap()
}

fn from(seq: u64) -> ClientOptions {
    ClientOptions { resume: HashMap::from([(room(), seq)]), recent: false, ..ClientOptions::default() }
}

async fn next_event(updates: &mut mpsc::Receiver<Update>) -> u64 {
    loop {
        if let Update::Event(event) = timeout(SOON, updates.recv()).await.expect("an event comes").unwrap() {
            return event.seq;
        }
    }
}

async fn closed(updates: &mut mpsc::Receiver<Update>) -> ClientError {
    loop {
        if let Update::Closed(error) = timeout(SOON, updates.recv()).await.expect("an end comes").unwrap() {
            return error;
        }
    }
}

fn resumed(after: u64, head: u64) -> Value {
    json!({ "t": "resumed", "room": "r", "after": after, "head": head, "count": 0 })
}

fn ok(to: &Value, more: &Value) -> Value {
    let mut ok = json!({ "t": "ok", "ref": to["ref"], "room": "r" });
    ok.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ok
}

fn stored(to: &Value, seq: u64) -> Value {
    ok(to, &json!({ "id": to["id"], "seq": seq, "ts": 1, "level": "stored" }))
}

#[tokio::test]
async fn a_gap_is_attached_again_behind_the_last_event_seen() {
    let (server, _client, mut updates) = Server::start(from(10)).await;
    let (mut peer, hello) = server.welcome().await;
    assert_eq!(hello["resume"], json!({ "r": 10 }));
    // An array; an event of a kind that nobody knows keeps its place in the chain.
    let mut stranger = event(12, 11);
    stranger["kind"] = "poll".into();
    peer.say(&json!([event(11, 10), stranger, resumed(10, 12), event(13, 12)])).await;
    peer.say(&event(17, 15)).await;
    assert_eq!(peer.expect("detach").await["room"], "r");
    let attach = peer.expect("attach").await;
    assert_eq!(attach["after"], 13);
    peer.say(&event(18, 17)).await;
    peer.say(&ok(&attach, &json!({ "head": 18 }))).await;
    peer.say(&json!([event(15, 13), event(17, 15), event(18, 17), resumed(13, 18), event(18, 17), event(19, 18)])).await;
    for seq in [11, 13, 15, 17, 18, 19] {
        assert_eq!(next_event(&mut updates).await, seq);
    }
}

#[tokio::test]
async fn a_cursor_of_another_log_is_given_up() {
    let (server, _client, mut updates) = Server::start(from(10)).await;
    let (mut peer, _) = server.welcome().await;
    peer.say(&json!({ "t": "error", "room": "r", "code": "conflict", "message": "m", "retryable": false, "head": 5 })).await;
    peer.expect("detach").await;
    let attach = peer.expect("attach").await;
    assert!(attach["after"].is_null(), "from the head: {attach}");
    peer.say(&json!([ok(&attach, &json!({ "head": 5 })), resumed(5, 5), event(6, 5)])).await;
    let mut anew = false;
    loop {
        match timeout(SOON, updates.recv()).await.unwrap().unwrap() {
            Update::Anew(of) => anew = of == room(),
            Update::Event(event) => break assert!(event.seq == 6 && anew, "what is held is void before anything new comes"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn an_overloaded_server_is_left_alone_as_long_as_it_asks() {
    let (server, _client, _updates) = Server::start(from(1)).await;
    let (mut peer, _) = server.accept().await;
    peer.say(&json!({ "t": "goaway", "retry_after_ms": 1_700, "spread_ms": 0, "reason": "overloaded" })).await;
    let begun = Instant::now();
    peer.close(4003).await;
    server.welcome().await;
    assert!(begun.elapsed() >= Duration::from_millis(1_700), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn sends_wait_for_resumed_and_go_again_from_the_first() {
    let (server, client, _updates) = Server::start(from(1)).await;
    let (mut peer, _) = server.welcome().await;
    let mut tickets = Vec::new();
    for text in ["a", "b", "c"] {
        tickets.push(client.submit(NewChange::message(&room(), text)).await.unwrap());
    }
    // In another room nothing has to be waited for.
    let elsewhere = client.submit(NewChange::message(&RoomId::parse("s").unwrap(), "x")).await.unwrap();
    let first = peer.expect("send").await;
    assert_eq!(first["room"], "s", "{first}");
    peer.say(&stored(&first, 1)).await;
    elsewhere.stored().await.unwrap();
    peer.say(&resumed(1, 1)).await;
    let sends = [peer.expect("send").await, peer.expect("send").await, peer.expect("send").await];
    assert_eq!(sends.each_ref().map(|send| &send["body"]["text"]), ["a", "b", "c"]);
    peer.say(&stored(&sends[0], 2)).await;
    for send in &sends[1..] {
        let (code, after) = ("too_busy_today", 30);
        let error =
            json!({ "t": "error", "ref": send["ref"], "code": code, "message": "", "retryable": true, "retry_after_ms": after });
        peer.say(&error).await;
    }
    let again = peer.expect("send").await;
    assert_eq!((&again["id"], &again["body"]), (&sends[1]["id"], &sends[1]["body"]));
    // The connection breaks before the answer: the same once more, on the next one.
    peer.close(4000).await;
    let (mut peer, _): (Peer, Value) = server.welcome().await;
    peer.say(&resumed(1, 1)).await;
    let again = [peer.expect("send").await, peer.expect("send").await];
    assert_eq!(again.each_ref().map(|send| &send["id"]), [&sends[1]["id"], &sends[2]["id"]]);
    let refused = json!({ "t": "error", "ref": again[0]["ref"], "code": "forbidden", "message": "", "retryable": false });
    peer.say(&json!([refused, stored(&again[1], 4)])).await;
    let mut results = Vec::new();
    for ticket in tickets {
        results.push(timeout(SOON, ticket.stored()).await.unwrap());
    }
    assert_eq!(results[0].as_ref().unwrap().seq, 2);
    assert_eq!(results[1].as_ref().unwrap_err().code(), Some("forbidden"), "a final refusal fails alone");
    assert_eq!(results[2].as_ref().unwrap().seq, 4);
}

#[tokio::test]
async fn the_table_of_close_codes_is_kept() {
    for code in [1000, 4400, 4403, 4409] {
        let (server, _client, mut updates) = Server::start(from(1)).await;
        server.welcome().await.0.close(code).await;
        assert_eq!(closed(&mut updates).await, ClientError::Closed(code));
    }
    for code in [1012, 4000, 4001, 4002, 4008] {
        let (server, _client, _updates) = Server::start(from(1)).await;
        server.welcome().await.0.close(code).await;
        server.welcome().await;
    }
}

#[tokio::test]
async fn a_server_that_talks_nonsense_is_left_and_tried_again() {
    let (server, client, mut updates) = Server::start(from(1)).await;
    let (mut peer, _) = server.welcome().await;
    peer.say(&json!(["nonsense"])).await;
    peer.say(&json!({ "t": "resumed", "room": 7 })).await;
    let asking = client.clone();
    let asked = tokio::spawn(async move { asking.request(json!({ "t": "rooms" })).await });
    let rooms = peer.expect("rooms").await;
    peer.say(&json!({ "t": "ok", "ref": rooms["ref"], "seq": -1 })).await;
    let answer = asked.await.unwrap();
    assert!(matches!(answer, Err(ClientError::Unexpected(_))), "who asked is told: {answer:?}");
    peer.say(&json!("nonsense")).await;
    let (mut peer, _) = server.welcome().await;
    peer.say(&json!({ "t": "resumed", "room": "r", "after": 1, "head": 1, "count": 0 })).await;
    loop {
        match timeout(SOON, updates.recv()).await.unwrap().unwrap() {
            Update::Frame(frame) => break assert!(matches!(*frame, ServerFrame::Resumed { .. })),
            Update::Closed(error) => panic!("{error}"),
            _ => {}
        }
    }
}
