//! Rule 10: which rooms a socket has attached, and what it hears of the others.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use testkit::{Encoding, Wire, fresh_id, send};

use crate::world::{alone, attach, events, number, quiet, seq, seqs, shared, small};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn recent_rooms_are_live_and_others_give_activity_once_a_second() {
    let world = shared().await;
    let (ann, bo) = (world.guest().await, world.guest().await);
    let mut writer = quiet(&world.gateway, Encoding::Json, &bo).await;
    for encoding in Encoding::ALL {
        let mut rooms = Vec::new();
        for _ in 0..3 {
            let room = world.room(&ann.token, "public").await;
            world.join(&room, &bo.token).await;
            rooms.push(room);
        }
        for room in &rooms {
            let mut said = send(room, &fresh_id(), "newest activity");
            said["ack"] = json!("archived");
            assert_eq!(writer.ok(said).await["level"], "archived");
        }
        let (mut wire, welcome) = Wire::open(small().await, encoding, &ann.token, json!({})).await;
        let shown: Vec<&str> = welcome["rooms"].as_array().unwrap().iter().map(|room| room["room"].as_str().unwrap()).collect();
        assert_eq!((shown.as_slice(), &welcome["more_rooms"]), (&[rooms[2].as_str(), rooms[1].as_str()][..], &json!(true)));
        assert_eq!(wire.drain().await, Vec::<Value>::new(), "live from their heads, without `resumed`");
        let live = writer.text(&rooms[1], "live").await;
        let event = wire.find(|frame| frame["t"] == "event").await;
        assert_eq!((seq(&event), &event["room"]), (seq(&live), &json!(rooms[1])));

        let began = Instant::now();
        let mut last = 0;
        for number in 0..30 {
            last = seq(&writer.text(&rooms[0], &format!("news {number} for <@{}> {}", ann.id, "x".repeat(200))).await);
        }
        let mut told = Vec::new();
        while told.last().is_none_or(|news| number(news, "head") < last) {
            told.push(wire.find(|frame| frame["t"] == "activity").await);
        }
        assert!(told.len() as u128 <= began.elapsed().as_millis() / 1_000 + 1, "{} in {:?}", told.len(), began.elapsed());
        let news = told.last().unwrap();
        assert_eq!((&news["room"], number(news, "head")), (&json!(rooms[0]), last));
        assert!(number(news, "unread") >= 30 && number(news, "mentions") >= 30, "{news}");
        assert_eq!(seq(&news["last"]), last);
        assert_eq!(news["last"]["body"]["text"].as_str().unwrap().chars().count(), 120);
        let frames = wire.drain().await;
        assert!(events(&frames, &rooms[0]).is_empty(), "{frames:?}");

        wire.ok(json!({"t": "detach", "room": rooms[1]})).await;
        let unseen = writer.text(&rooms[1], "unseen").await;
        let news = wire.find(|frame| frame["t"] == "activity" && frame["room"] == *rooms[1]).await;
        assert_eq!(number(&news, "head"), seq(&unseen));
        assert!(events(&wire.drain().await, &rooms[1]).is_empty());
    }
}

#[tokio::test]
async fn with_none_exactly_the_resumed_rooms_are_attached() {
    let world = shared().await;
    let (ann, room, mut wire) = alone(world, Encoding::MessagePack).await;
    let other = world.room(&ann.token, "public").await;
    let cursor = seq(&wire.text(&room, "seen").await);
    let hello = json!({"attach": "none", "resume": {&room: cursor}});
    let (mut reader, welcome) = Wire::open(&world.gateway, Encoding::Json, &ann.token, hello).await;
    assert_eq!(welcome["rooms"].as_array().unwrap().len(), 2);
    let mut listener = Wire::open(&world.gateway, Encoding::Json, &ann.token, json!({"attach": "recent"})).await.0;
    listener.ok(json!({"t": "detach", "room": other})).await;
    wire.text(&other, "unheard").await;
    let heard = wire.text(&room, "heard").await;
    // Once another socket of the user has the news, this one would have it too.
    listener.find(|frame| frame["t"] == "activity" && frame["room"] == *other).await;
    reader.find(|frame| frame["t"] == "event" && frame["seq"] == heard["seq"]).await;
    let frames = reader.drain().await;
    assert!(frames.iter().all(|frame| frame["t"] == "resumed"), "{frames:?}");
}

#[tokio::test]
async fn a_room_joined_later_is_attached_and_one_that_was_left_is_not() {
    let world = shared().await;
    let owner = world.account().await;
    for (encoding, room_type) in Encoding::ALL.into_iter().zip(["public", "private"]) {
        let room = world.room(&owner.token, room_type).await;
        let mut writer = quiet(&world.gateway, Encoding::Json, &owner).await;
        writer.text(&room, "before").await;
        let ann = world.guest().await;
        let mut wire = Wire::open(small().await, encoding, &ann.token, json!({})).await.0;
        let mut bare = quiet(&world.gateway, encoding, &ann).await;
        let began = Instant::now();
        if room_type == "public" {
            world.join(&room, &ann.token).await;
        } else {
            world.add(&room, &owner.token, &ann.id).await;
        }
        let shown = wire.frame().await;
        assert_eq!((&shown["t"], &shown["room"], &shown["role"]), (&json!("room"), &json!(room), &json!("member")));
        assert!(["head", "read", "unread", "mentions", "members"].iter().all(|key| shown[key].is_u64()), "{shown}");
        let joined = wire.frame().await;
        assert_eq!((&joined["t"], &joined["kind"]), (&json!("event"), &json!("joined")));
        let concerned = if room_type == "public" { &joined["from"]["id"] } else { &joined["target"] };
        assert_eq!(concerned, &json!(ann.id));
        assert!(began.elapsed() < 3 * SECOND, "{:?}", began.elapsed());
        let live = writer.text(&room, "live").await;
        assert_eq!(seq(&wire.frame().await), seq(&live));
        assert_eq!(bare.find(|frame| frame["t"] == "room").await["room"], *room);

        let answered = if room_type == "public" {
            world.leave(&room, &ann.token).await;
            Instant::now()
        } else {
            world.delete(&format!("/v1/rooms/{room}/members/{}", ann.id), &owner.token).await.is(http::StatusCode::NO_CONTENT);
            Instant::now()
        };
        let left = wire.frame().await;
        assert_eq!((&left["t"], &left["kind"]), (&json!("event"), &json!("left")));
        let gone = wire.frame().await;
        assert_eq!((&gone["t"], &gone["room"]), (&json!("room_gone"), &json!(room)));
        assert!(gone["reason"].is_string() && answered.elapsed() < SECOND, "{gone} {:?}", answered.elapsed());
        writer.text(&room, "behind his back").await;
        assert_eq!(bare.find(|frame| frame["t"] == "room_gone").await["room"], *room);
        for socket in [&mut wire, &mut bare] {
            assert_eq!(socket.drain().await, Vec::<Value>::new());
        }
    }
}

#[tokio::test]
async fn a_view_that_changes_is_told_to_every_socket_of_its_members() {
    let world = shared().await;
    let owner = world.account().await;
    let room = world.room(&owner.token, "public").await;
    let ann = world.guest().await;
    world.join(&room, &ann.token).await;
    let mut sockets = Vec::new();
    for (encoding, attach) in Encoding::ALL.into_iter().zip(["none", "recent"]) {
        sockets.push(Wire::open(&world.gateway, encoding, &ann.token, json!({"attach": attach})).await.0);
    }
    let path = format!("/v1/rooms/{room}");
    let renamed = json!({"name": "Renamed", "topic": "new"});
    world.call(Method::PATCH, &path, &owner.token, Some(renamed)).await.is(http::StatusCode::OK);
    let raised = json!({"role": "moderator"});
    for wire in &mut sockets {
        let shown = wire.find(|frame| frame["t"] == "room" && frame["topic"] == "new").await;
        assert_eq!((&shown["name"], &shown["role"]), (&json!("Renamed"), &json!("member")));
    }
    world.call(Method::PATCH, &format!("{path}/members/{}", ann.id), &owner.token, Some(raised)).await.is(http::StatusCode::OK);
    for wire in &mut sockets {
        wire.find(|frame| frame["t"] == "room" && frame["role"] == "moderator").await;
    }
    let frames = sockets[1].drain().await;
    let mut kinds: Vec<&Value> = frames.iter().filter(|frame| frame["t"] == "event").map(|frame| &frame["kind"]).collect();
    // `welcome` may have been made from an archive that did not have her `joined` yet.
    kinds.retain(|kind| *kind != "joined");
    assert_eq!(kinds, ["renamed", "topic", "role"], "{frames:?}");
    assert!(events(&sockets[0].drain().await, &room).is_empty());
}

#[tokio::test]
async fn a_read_mark_is_told_to_the_users_other_sockets_and_to_a_small_room() {
    let world = shared().await;
    let (ann, room, mut wire) = alone(world, Encoding::Json).await;
    let bo = world.guest().await;
    world.join(&room, &bo.token).await;
    let (mut other, mut reader) =
        (quiet(small().await, Encoding::MessagePack, &ann).await, quiet(&world.gateway, Encoding::Json, &bo).await);
    attach(&mut reader, &room).await;
    let (one, two) = (seq(&wire.text(&room, "one").await), seq(&wire.text(&room, "two").await));
    let ok = wire.ok(json!({"t": "read", "room": room, "seq": one})).await;
    assert_eq!((&ok["room"], seq(&ok)), (&json!(room), one));
    let told = json!({"t": "read", "room": room, "user": ann.id, "seq": one});
    for socket in [&mut other, &mut reader] {
        assert_eq!(socket.find(|frame| frame["t"] == "read").await, told);
    }
    assert_eq!(seqs(&json!([wire.ok(json!({"t": "read", "room": room, "seq": 1})).await])), [one], "never backwards");
    assert_eq!(
        seqs(&json!([wire.ok(json!({"t": "read", "room": room, "seq": 1u64 << 50})).await])),
        [two],
        "never beyond the head"
    );
    assert!(wire.drain().await.iter().all(|frame| frame["t"] != "read"), "not to the one who said it");
}
