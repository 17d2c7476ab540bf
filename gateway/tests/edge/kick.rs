//! Rule 15: a member is removed while a thousand sends race; nothing above his `left` reaches him, and what was accepted stays.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http::StatusCode;
use serde_json::{Value, json};
use testkit::{Encoding, Incoming, Person, SOON, Wire, fresh_id, send};

use crate::world::{Edge, seq, shared};

/// Of each speaker; there are eight.
const SENDS: usize = 125;

/// Sends all at once and gives the `seq`s that were acknowledged, until the last send is answered.
async fn speak(edge: &Edge, person: &Person, room: &str, half: &AtomicBool) -> HashSet<u64> {
    let all = futures_util::future::join_all((0..4).map(|_| speak_alone(edge, person, room, half))).await;
    all.into_iter().flatten().collect()
}

async fn speak_alone(edge: &Edge, person: &Person, room: &str, half: &AtomicBool) -> HashSet<u64> {
    let mut wire = edge.quiet(Encoding::MessagePack, person).await;
    let mut stored = HashSet::new();
    for at in 0..SENDS {
        let mut frame = send(room, &fresh_id(), &format!("{at}"));
        frame["ref"] = json!(at);
        wire.say(&frame).await;
        // The answers must not fill the socket.
        if at % 25 == 24 {
            for back in at - 24..=at {
                let answer = wire.find(|frame| frame["ref"] == back).await;
                stored.extend(answer["seq"].as_u64().filter(|_| answer["t"] == "ok"));
            }
        }
        if at == SENDS / 2 {
            half.store(true, Ordering::Relaxed);
        }
    }
    stored
}

/// All that an attached socket is shown, until `room_gone`, and a moment after it.
async fn listen(mut wire: Wire) -> Vec<u64> {
    let mut seen = Vec::new();
    let mut gone = false;
    let listening = async {
        loop {
            match wire.incoming().await {
                Incoming::Frame(frame) if frame["t"] == "event" => seen.push(seq(&frame)),
                Incoming::Frame(frame) if frame["t"] == "room_gone" => {
                    gone = true;
                    wire.say(&json!({"t": "ping"})).await;
                }
                Incoming::Frame(frame) if gone && frame["t"] == "pong" => return,
                Incoming::Frame(frame) => seen.extend(frame["last"]["seq"].as_u64()),
                Incoming::Closed(code) => panic!("closed with {code}"),
            }
        }
    };
    tokio::time::timeout(SOON, listening).await.unwrap();
    seen
}

/// Asks over and over, until it is refused, and gives every `seq` that was told; counts itself in `answered` at the first.
async fn ask(mut wire: Wire, question: Value, answered: &AtomicUsize) -> Vec<u64> {
    let mut seen = Vec::new();
    let mut first = 1;
    loop {
        let mut asked = question.clone();
        if asked["t"] != "history" {
            asked["after"] = json!(seen.last().copied().unwrap_or(0));
        }
        let answer = wire.ask(asked).await;
        if answer["t"] == "error" {
            assert_eq!(answer["code"], "not_found", "{answer}");
            return seen;
        }
        for list in ["events", "entries"] {
            seen.extend(answer[list].as_array().into_iter().flatten().map(seq));
        }
        if question["t"] == "attach" {
            // Replayed, and let go again.
            wire.find(|frame| frame["t"] == "resumed" || frame["t"] == "room_gone" || frame["t"] == "error").await;
            let room = &question["room"];
            wire.ok(json!({"t": "detach", "room": room})).await;
            seen.extend(wire.drain().await.iter().filter(|frame| frame["t"] == "event").map(seq));
        }
        answered.fetch_add(std::mem::take(&mut first), Ordering::Relaxed);
    }
}

/// The same over HTTP, for somebody without sockets here as well.
async fn fetch(edge: &Edge, person: &Person, room: &str, page: &str, answered: &AtomicUsize) -> Vec<u64> {
    let mut seen: Vec<u64> = Vec::new();
    let mut first = 1;
    loop {
        let after = if page == "events" { format!("&after={}", seen.last().copied().unwrap_or(0)) } else { String::new() };
        let answer = edge.get(&format!("/v1/rooms/{room}/{page}?limit=200{after}"), &person.token).await;
        if answer.status == 404 {
            return seen;
        }
        let page = answer.is(StatusCode::OK).json();
        for list in ["events", "entries"] {
            seen.extend(page[list].as_array().into_iter().flatten().map(seq));
        }
        answered.fetch_add(std::mem::take(&mut first), Ordering::Relaxed);
    }
}

#[tokio::test]
async fn nothing_above_the_left_reaches_one_who_was_removed() {
    let edge = shared().await;
    let (owner, member, absent) = (edge.account().await, edge.account().await, edge.account().await);
    let room = edge.room_with(&owner, "private", &[&member, &absent]).await;
    let half = AtomicBool::new(false);
    let (attached, _) = Wire::open(&edge.gateway, Encoding::Json, &member.token, json!({})).await;
    let (news, _) = Wire::open(&edge.gateway, Encoding::MessagePack, &member.token, json!({})).await;
    let mut news = news;
    news.ok(json!({"t": "detach", "room": room})).await;
    let events = edge.quiet(Encoding::Json, &member).await;
    let history = edge.quiet(Encoding::MessagePack, &member).await;
    let replay = edge.quiet(Encoding::Json, &member).await;
    // Each way of asking must have shown something before there is something to hide.
    let answered = AtomicUsize::new(0);
    let kick = async {
        let begun = async || (half.load(Ordering::Relaxed) && answered.load(Ordering::Relaxed) == 6).then_some(());
        crate::world::soon("half of the sends, and an answer each way", begun).await;
        for user in [&member, &absent] {
            let path = format!("/v1/rooms/{room}/members/{}", user.id);
            edge.delete(&path, &owner.token).await.is(StatusCode::NO_CONTENT);
        }
    };
    let idle = AtomicBool::new(false);
    let (by_owner, by_member, (), heard, told, of_events, of_history, of_replay, fetched, unheld, pages) = tokio::join!(
        speak(edge, &owner, &room, &half),
        speak(edge, &member, &room, &idle),
        kick,
        listen(attached),
        listen(news),
        ask(events, json!({"t": "events", "room": room, "limit": 200}), &answered),
        ask(history, json!({"t": "history", "room": room, "limit": 200}), &answered),
        ask(replay, json!({"t": "attach", "room": room}), &answered),
        fetch(edge, &member, &room, "events", &answered),
        fetch(edge, &absent, &room, "events", &answered),
        fetch(edge, &absent, &room, "history", &answered),
    );
    let log = edge.log(&room, &owner.token).await;
    let left =
        |person: &Person| seq(log.iter().find(|event| event["kind"] == "left" && event["target"] == person.id.as_str()).unwrap());
    assert_eq!(by_owner.len(), 4 * SENDS);
    assert!(!by_member.is_empty() && by_member.len() < 4 * SENDS, "{} were stored", by_member.len());
    let logged: HashSet<u64> = log.iter().map(seq).collect();
    assert!(by_owner.is_subset(&logged) && by_member.is_subset(&logged), "what was accepted stays");
    for (way, seen, last) in [
        ("live", &heard, left(&member)),
        ("activity", &told, left(&member)),
        ("events", &of_events, left(&member)),
        ("history", &of_history, left(&member)),
        ("replay", &of_replay, left(&member)),
        ("events over HTTP", &fetched, left(&member)),
        ("events over HTTP without a socket", &unheld, left(&absent)),
        ("history over HTTP without a socket", &pages, left(&absent)),
    ] {
        let leaked: Vec<_> = seen.iter().filter(|seq| **seq > last).collect();
        assert!(leaked.is_empty(), "{way} showed {leaked:?} above {last}");
        assert!(way == "activity" || !seen.is_empty(), "{way} showed nothing");
    }
    assert_eq!(heard.last(), Some(&left(&member)), "the own left is the last");
    assert!(heard.is_sorted_by(|a, b| a < b));
}
