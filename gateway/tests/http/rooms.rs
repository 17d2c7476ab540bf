//! Rooms, members, history: statuses and shapes, and what strangers do not see.

use http::{Method, StatusCode};
use serde_json::json;

use crate::world::shared;

#[tokio::test]
async fn a_room_is_made_changed_joined_and_left() {
    let world = shared().await;
    let (owner, other) = (world.account().await, world.guest().await);
    let body = json!({"name": " Tea \u{1112}\u{1161}\u{11ab}", "type": "public", "topic": "green"});
    let made = world.post("/v1/rooms", &owner.token, body).await.is(StatusCode::CREATED);
    let room = made.json();
    assert_eq!((&room["name"], &room["type"], &room["role"]), (&json!("Tea 한"), &json!("public"), &json!("owner")));
    let path = format!("/v1/rooms/{}", room["room"].as_str().unwrap());
    assert_eq!(made.header("location"), path);
    world.patch(&path, &other.token, json!({"name": "Coffee"})).await.fails(403, "forbidden");
    world.patch(&path, &owner.token, json!({})).await.fails(400, "bad_request");
    world.patch(&path, &owner.token, json!({"name": "x".repeat(81)})).await.fails(400, "bad_request");
    let changed = world.patch(&path, &owner.token, json!({"name": "Coffee", "topic": ""})).await.is(StatusCode::OK).json();
    assert!(changed["name"] == "Coffee" && changed.get("topic").is_none(), "{changed}");
    for _ in 0..2 {
        let joined = world.call(Method::POST, &format!("{path}/join"), &other.token, None).await.is(StatusCode::OK).json();
        assert_eq!(joined["role"], "member");
    }
    let page = world.get(&format!("{path}/members?limit=1"), &other.token).await.is(StatusCode::OK).json();
    assert_eq!(page["members"].as_array().unwrap().len(), 1);
    let next = page["next"].as_str().unwrap();
    let rest = world.get(&format!("{path}/members?after={next}"), &other.token).await.is(StatusCode::OK).json();
    assert!(rest["members"].as_array().unwrap().len() == 1 && rest.get("next").is_none(), "{rest}");
    for _ in 0..2 {
        world.call(Method::POST, &format!("{path}/leave"), &other.token, None).await.is(StatusCode::NO_CONTENT);
    }
    let events = world.get(&format!("{path}/events?after=0"), &owner.token).await.is(StatusCode::OK).json();
    let kinds: Vec<_> = events["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "joined", "renamed", "topic", "joined", "left"]);
    assert_eq!(events["more"], false);
}

#[tokio::test]
async fn a_private_room_does_not_exist_for_others() {
    let world = shared().await;
    let (owner, other) = (world.account().await, world.guest().await);
    let room = world.room(&owner.token, "private").await;
    let path = format!("/v1/rooms/{room}");
    let unknown = world.get("/v1/rooms/0000000000000000000000", &other.token).await.fails(404, "not_found").bytes;
    for suffix in ["", "/members", "/history", "/events?after=0"] {
        let hidden = world.get(&format!("{path}{suffix}"), &other.token).await.fails(404, "not_found").bytes;
        assert_eq!(hidden, unknown, "{suffix}");
    }
    world.call(Method::POST, &format!("{path}/join"), &other.token, None).await.fails(404, "not_found");
    world.patch(&path, &other.token, json!({"name": "mine"})).await.fails(404, "not_found");
    world.post(&format!("{path}/members"), &other.token, json!({"user": other.id})).await.fails(404, "not_found");

    let add =
        world.post(&format!("{path}/members"), &owner.token, json!({"user": other.id})).await.is(StatusCode::CREATED).json();
    assert_eq!((&add["id"], &add["role"]), (&json!(other.id), &json!("member")));
    let history = world.get(&format!("{path}/history?limit=2"), &other.token).await.is(StatusCode::OK).json();
    assert!(
        history["entries"].as_array().unwrap().len() == 2 && history["older"] == true && history["newer"] == false,
        "{history}"
    );
    let member = format!("{path}/members/{}", other.id);
    world.patch(&member, &other.token, json!({"role": "owner"})).await.fails(403, "forbidden");
    world.patch(&member, &owner.token, json!({"role": "king"})).await.fails(400, "bad_request");
    let raised = world.patch(&member, &owner.token, json!({"role": "moderator"})).await.is(StatusCode::OK).json();
    assert_eq!(raised["role"], "moderator");
    world.delete(&member, &owner.token).await.is(StatusCode::NO_CONTENT);
    for suffix in ["", "/members", "/history", "/events"] {
        world.get(&format!("{path}{suffix}"), &other.token).await.fails(404, "not_found");
    }
}

#[tokio::test]
async fn two_users_have_one_direct_room() {
    let world = shared().await;
    let (ann, bo) = (world.account().await, world.guest().await);
    let direct = async |me: &str, peer: &str| world.post("/v1/rooms", me, json!({"type": "direct", "user": peer})).await;
    let made = direct(&ann.token, &bo.id).await.is(StatusCode::CREATED).json();
    let found = direct(&bo.token, &ann.id).await.is(StatusCode::OK).json();
    assert_eq!(made["room"], found["room"]);
    assert_eq!((&made["name"], &found["name"]), (&json!(bo.name), &json!(ann.name)));
    let leave = format!("/v1/rooms/{}/leave", made["room"].as_str().unwrap());
    world.call(Method::POST, &leave, &ann.token, None).await.fails(409, "conflict");
    direct(&ann.token, &ann.id).await.fails(400, "bad_request");
    direct(&ann.token, "nobody").await.fails(404, "not_found");
    direct(&ann.token, "no.body").await.fails(400, "bad_request");
}

#[tokio::test]
async fn pages_refuse_what_they_cannot_mean() {
    let world = shared().await;
    let owner = world.account().await;
    let path = format!("/v1/rooms/{}", world.room(&owner.token, "public").await);
    let queries =
        ["history?before=1&after=1", "history?limit=0", "history?after=-1", "history?around=9007199254740992", "history?after=x"];
    for query in queries.iter().chain(&["events?after=1.5", "events?limit=0", "members?after=a.b", "members?limit=0"]) {
        world.get(&format!("{path}/{query}"), &owner.token).await.fails(400, "bad_request");
    }
    let page =
        world.get(&format!("{path}/events?limit=9007199254740991&unknown=1"), &owner.token).await.is(StatusCode::OK).json();
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
    for body in
        [json!({"name": "x"}), json!({"type": "public"}), json!({"name": "x", "type": "secret"}), json!({"type": "direct"})]
    {
        world.post("/v1/rooms", &owner.token, body).await.fails(400, "bad_request");
    }
    let stats = world.get("/v1/stats", &owner.token).await.is(StatusCode::OK).json();
    assert!(stats["users"].as_u64().unwrap() > 0 && stats["rooms"].as_u64().unwrap() > 0, "{stats}");
    assert!(stats["sockets"].is_u64() && stats["messages_per_second"].is_number(), "{stats}");
}
