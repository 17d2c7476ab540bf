//! The HTTP table: rooms, members and roles, and what each change leaves in the log.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{shared, soon};

#[tokio::test]
async fn a_room_keeps_an_owner() {
    let edge = shared().await;
    let (owner, heir) = (edge.account().await, edge.account().await);
    let room = edge.room_with(&owner, "private", &[&heir]).await;
    let (path, leave) = (format!("/v1/rooms/{room}"), format!("/v1/rooms/{room}/leave"));
    edge.call(Method::POST, &leave, &owner.token, None).await.fails(409, "conflict");
    let me = format!("{path}/members/{}", owner.id);
    edge.patch(&me, &owner.token, json!({"role": "member"})).await.fails(409, "conflict");
    edge.delete(&me, &owner.token).await.fails(409, "conflict");
    let other = format!("{path}/members/{}", heir.id);
    let raised = edge.post(&format!("{path}/members"), &owner.token, json!({"user": heir.id, "role": "owner"})).await;
    assert_eq!(raised.is(StatusCode::CREATED).json()["role"], "owner", "of a member it sets the role");
    edge.leave(&room, &owner.token).await;
    edge.leave(&room, &owner.token).await;
    edge.get(&path, &owner.token).await.fails(404, "not_found");
    edge.patch(&other, &heir.token, json!({"role": "member"})).await.fails(409, "conflict");
    edge.leave(&room, &heir.token).await;
}

#[tokio::test]
async fn roles_decide_who_changes_whom() {
    let edge = shared().await;
    let (owner, moderator, member, new) = (edge.account().await, edge.account().await, edge.guest().await, edge.guest().await);
    let room = edge.room_with(&owner, "public", &[&moderator, &member]).await;
    let path = format!("/v1/rooms/{room}");
    let of = |id: &str| format!("{path}/members/{id}");
    edge.patch(&of(&moderator.id), &owner.token, json!({"role": "moderator"})).await.is(StatusCode::OK);
    for token in [&member.token, &new.token] {
        edge.post(&format!("{path}/members"), token, json!({"user": new.id})).await.fails(403, "forbidden");
        edge.delete(&of(&moderator.id), token).await.fails(403, "forbidden");
        edge.patch(&of(&member.id), token, json!({"role": "owner"})).await.fails(403, "forbidden");
    }
    edge.patch(&of(&member.id), &moderator.token, json!({"role": "moderator"})).await.fails(403, "forbidden");
    edge.post(&format!("{path}/members"), &moderator.token, json!({"user": new.id, "role": "owner"}))
        .await
        .fails(403, "forbidden");
    edge.delete(&of(&owner.id), &moderator.token).await.fails(403, "forbidden");
    let added =
        edge.post(&format!("{path}/members"), &moderator.token, json!({"user": new.id})).await.is(StatusCode::CREATED).json();
    assert_eq!(added, json!({"id": new.id, "name": new.name, "role": "member"}));
    edge.patch(&path, &moderator.token, json!({"name": "Renamed", "topic": "t"})).await.is(StatusCode::OK);
    edge.delete(&of(&new.id), &moderator.token).await.is(StatusCode::NO_CONTENT);
    edge.delete(&of(&new.id), &moderator.token).await.is(StatusCode::NO_CONTENT);
    edge.delete(&of("nobody"), &owner.token).await.fails(404, "not_found");
    edge.patch(&of("nobody"), &owner.token, json!({"role": "member"})).await.fails(404, "not_found");
    edge.post(&format!("{path}/members"), &owner.token, json!({"user": "nobody"})).await.fails(404, "not_found");
    edge.delete(&of(&member.id), &member.token).await.is(StatusCode::NO_CONTENT);
    for body in [json!({}), json!({"role": "king"}), json!({"role": 1}), json!([])] {
        edge.patch(&of(&moderator.id), &owner.token, body).await.fails(400, "bad_request");
    }
    let log = edge.log(&room, &owner.token).await;
    let said: Vec<_> =
        log.iter().map(|event| (event["kind"].as_str().unwrap(), &event["target"], &event["from"]["id"])).collect();
    let (owner, moderator, member, new) = (&json!(owner.id), &json!(moderator.id), &json!(member.id), &json!(new.id));
    let expected = [
        ("created", &Value::Null, owner),
        ("joined", &Value::Null, owner),
        ("joined", moderator, owner),
        ("joined", member, owner),
        ("role", moderator, owner),
        ("joined", new, moderator),
        ("renamed", &Value::Null, moderator),
        ("topic", &Value::Null, moderator),
        ("left", new, moderator),
        ("left", &Value::Null, member),
    ];
    assert_eq!(said, expected);
    assert_eq!(
        (&log[4]["body"], &log[6]["body"], &log[7]["body"]),
        (&json!({"text": "moderator"}), &json!({"text": "Renamed"}), &json!({"text": "t"}))
    );
}

#[tokio::test]
async fn the_same_again_is_no_second_event() {
    let edge = shared().await;
    let (owner, other) = (edge.account().await, edge.guest().await);
    let room = edge.room(&owner.token, "public").await;
    let path = format!("/v1/rooms/{room}");
    let joins = (0..8).map(|_| edge.join(&room, &other.token));
    futures_util::future::join_all(joins).await;
    for _ in 0..2 {
        edge.add(&room, &owner.token, &other.id).await;
        edge.patch(&format!("{path}/members/{}", other.id), &owner.token, json!({"role": "moderator"})).await.is(StatusCode::OK);
        edge.patch(&path, &owner.token, json!({"name": "Same", "topic": "same"})).await.is(StatusCode::OK);
    }
    futures_util::future::join_all((0..8).map(|_| edge.leave(&room, &other.token))).await;
    let log = edge.log(&room, &owner.token).await;
    let kinds: Vec<_> = log.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "joined", "joined", "role", "renamed", "topic", "left"]);
}

#[tokio::test]
async fn a_direct_room_is_one_and_bears_the_others_name() {
    let edge = shared().await;
    let (ann, bo, stranger) = (edge.account().await, edge.account().await, edge.account().await);
    let ask = async |me: &str, peer: &str| edge.post("/v1/rooms", me, json!({"type": "direct", "user": peer})).await;
    let both = futures_util::future::join_all([ask(&ann.token, &bo.id), ask(&bo.token, &ann.id), ask(&ann.token, &bo.id)]).await;
    let created = both.iter().filter(|answer| answer.status == 201).count();
    assert!(created == 1 && both.iter().all(|answer| [200, 201].contains(&answer.status)));
    let room = both[0].json()["room"].as_str().unwrap().to_owned();
    assert!(both.iter().all(|answer| answer.json()["room"] == room.as_str()));
    let path = format!("/v1/rooms/{room}");
    let name = testkit::fresh_name();
    edge.patch("/v1/me", &bo.token, json!({"name": name})).await.is(StatusCode::OK);
    for (viewer, shown) in [(&ann, &name), (&bo, &ann.name)] {
        let view = edge.get(&path, &viewer.token).await.is(StatusCode::OK).json();
        assert_eq!((&view["name"], &view["type"], &view["members"]), (&json!(shown), &json!("direct"), &json!(2)));
        edge.call(Method::POST, &format!("{path}/leave"), &viewer.token, None).await.fails(409, "conflict");
        edge.patch(&path, &viewer.token, json!({"name": "x"})).await.fails(409, "conflict");
        edge.post(&format!("{path}/members"), &viewer.token, json!({"user": stranger.id})).await.fails(409, "conflict");
    }
    edge.call(Method::POST, &format!("{path}/join"), &stranger.token, None).await.fails(404, "not_found");
    ask(&ann.token, &ann.id).await.fails(400, "bad_request");
    let kinds: Vec<_> = edge.log(&room, &bo.token).await.iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["created", "joined", "joined"]);
}

#[tokio::test]
async fn public_rooms_are_listed_page_by_page() {
    let edge = shared().await;
    let (owner, viewer) = (edge.account().await, edge.guest().await);
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(edge.room(&owner.token, "public").await);
    }
    let hidden = edge.room(&owner.token, "private").await;
    let all = soon("all pages", async || {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = edge.get(&format!("/v1/rooms?limit=2{after}"), &viewer.token).await.is(StatusCode::OK).json();
            let rooms = page["rooms"].as_array().unwrap();
            assert!(rooms.len() <= 2);
            all.extend(rooms.iter().map(|room| room["room"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Some(all),
            }
        }
    })
    .await;
    assert!(own.iter().all(|room| all.iter().filter(|listed| *listed == room).count() == 1));
    assert!(!all.contains(&hidden));
    edge.get("/v1/rooms?limit=0", &viewer.token).await.fails(400, "bad_request");
    edge.get("/v1/rooms?after=a.b", &viewer.token).await.fails(400, "bad_request");
}
