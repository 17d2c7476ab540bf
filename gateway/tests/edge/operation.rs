//! "Operation" and the rest of the HTTP table: what the API describes is what it answers, and where the operator looks.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Encoding, fresh_id, fresh_name};

use crate::schema::faults;
use crate::world::{seq, shared};

#[tokio::test]
async fn health_and_metrics_are_on_the_operations_port_alone() {
    let edge = shared().await;
    let (status, report) = testkit::get(edge.gateway.ops(), "/readyz").await.unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((status, &report["ready"]), (200, &json!(true)));
    assert!(report["checks"].as_object().unwrap().len() >= 3, "{report}");
    let (status, _) = testkit::get(edge.gateway.ops(), "/healthz").await.unwrap();
    assert_eq!(status, 200);
    let (status, metrics) = testkit::get(edge.gateway.ops(), "/metrics").await.unwrap();
    assert!(status == 200 && metrics.contains("# TYPE chatmesh_gateway_sockets gauge"), "{metrics}");
    for path in ["/healthz", "/readyz", "/metrics"] {
        let public = edge.get(path, "").await;
        let text = String::from_utf8_lossy(&public.bytes);
        assert!(!text.contains("chatmesh_gateway") && !text.contains("\"checks\""), "{path}: {text}");
    }
    let (status, _) = testkit::get(edge.gateway.ops(), "/v1/openapi.json").await.unwrap();
    assert_eq!(status, 404);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_below_v1() {
    let edge = shared().await;
    let token = edge.guest().await.token;
    for path in ["/v1", "/v1/", "/v1/search", "/v1/files", "/v1/admin/users", "/v1/stream", "/v2"] {
        let answer = edge.get(path, &token).await;
        if path.starts_with("/v1") {
            answer.fails(404, "not_found");
        } else {
            assert!(answer.header("content-type").starts_with("text/html") || answer.status == 404, "{path}");
        }
    }
    for (method, path) in [
        (Method::OPTIONS, "/v1/me"),
        (Method::PUT, "/v1/rooms"),
        (Method::TRACE, "/v1/stats"),
        (Method::DELETE, "/v1/auth/login"),
    ] {
        let answer = edge.call(method, path, &token, None).await.fails(405, "bad_request");
        assert!(!answer.header("allow").is_empty(), "{path}");
    }
    edge.call(Method::POST, "/v1/rooms/x/y/z", &token, Some(json!({}))).await.fails(404, "not_found");
    for (path, body) in [("/v1/rooms", "{\"type\":"), ("/v1/auth/guest", "[]"), ("/v1/auth/refresh", "{}")] {
        let request = http::Request::builder().method(Method::POST).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {token}"));
        let answer = edge.send(request, path, body).await.fails(400, "bad_request");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for id in ["a.b", "*", "%3E", "a%20b", "%00", "%2E%2E", "..%2fme", &"x".repeat(65)] {
        edge.get(&format!("/v1/rooms/{id}"), &token).await.fails(404, "not_found");
        edge.get(&format!("/v1/rooms/{id}/history"), &token).await.fails(404, "not_found");
        edge.get(&format!("/v1/users/{id}"), &token).await.fails(404, "not_found");
    }
}

/// Calls everything once as it is meant, and checks each answer by the description.
#[tokio::test]
async fn answers_are_as_the_description_says() {
    let edge = shared().await;
    let document = edge.get("/v1/openapi.json", "").await.is(StatusCode::OK).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut called = Vec::new();
    let mut call = async |method: Method, template: &str, path: String, token: &str, body: Option<Value>, status: u16| {
        let answer = edge.call(method.clone(), &path, token, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", String::from_utf8_lossy(&answer.bytes));
        let operation = &document["paths"][template][method.as_str().to_lowercase()];
        let described = &operation["responses"][status.to_string()];
        assert!(described.is_object(), "{method} {template} does not describe {status}");
        called.push(format!("{method} {template}"));
        if status == 204 {
            assert!(answer.bytes.is_empty() && described.get("content").is_none());
            return Value::Null;
        }
        let kind = if status < 400 { "application/json" } else { "application/problem+json" };
        assert_eq!(answer.header("content-type"), kind);
        let wrong = faults(&document, &described["content"][kind]["schema"], &answer.json(), template);
        assert!(wrong.is_empty(), "{wrong:#?}");
        answer.json()
    };
    let (name, password) = (fresh_name(), "a good password");
    let credentials = json!({"name": name, "password": password});
    let guest = call(Method::POST, "/v1/auth/guest", "/v1/auth/guest".into(), "", Some(json!({})), 201).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (id, token) = (text(&guest["user"]["id"]), text(&guest["access_token"]));
    call(Method::POST, "/v1/auth/signup", "/v1/auth/signup".into(), "", Some(credentials.clone()), 201).await;
    call(Method::POST, "/v1/auth/signup", "/v1/auth/signup".into(), "", Some(credentials.clone()), 409).await;
    call(Method::POST, "/v1/auth/login", "/v1/auth/login".into(), "", Some(json!({"name": name, "password": "wrong"})), 401)
        .await;
    let login = call(Method::POST, "/v1/auth/login", "/v1/auth/login".into(), "", Some(credentials), 200).await;
    let (me, owner) = (text(&login["user"]["id"]), text(&login["access_token"]));
    let refresh = json!({"refresh_token": login["refresh_token"]});
    call(Method::POST, "/v1/auth/refresh", "/v1/auth/refresh".into(), "", Some(refresh), 200).await;
    call(Method::GET, "/v1/me", "/v1/me".into(), &owner, None, 200).await;
    call(Method::GET, "/v1/me", "/v1/me".into(), "", None, 401).await;
    call(Method::PATCH, "/v1/me", "/v1/me".into(), &owner, Some(json!({"name": fresh_name()})), 200).await;
    call(Method::GET, "/v1/users/{user}", format!("/v1/users/{id}"), &owner, None, 200).await;
    call(Method::GET, "/v1/users/{user}", "/v1/users/nobody".into(), &owner, None, 404).await;
    call(Method::GET, "/v1/users", "/v1/users?q=u&limit=3".into(), &owner, None, 200).await;
    let room = json!({"type": "public", "name": "Described", "topic": "all of it"});
    let room = text(&call(Method::POST, "/v1/rooms", "/v1/rooms".into(), &owner, Some(room), 201).await["room"]);
    let direct = json!({"type": "direct", "user": id});
    call(Method::POST, "/v1/rooms", "/v1/rooms".into(), &owner, Some(direct.clone()), 201).await;
    call(Method::POST, "/v1/rooms", "/v1/rooms".into(), &owner, Some(direct), 200).await;
    call(Method::POST, "/v1/rooms/{room}/join", format!("/v1/rooms/{room}/join"), &token, None, 200).await;
    let person = testkit::Person { id: me.clone(), name, token: owner.clone(), refresh: String::new() };
    let mut wire = edge.quiet(Encoding::Json, &person).await;
    let root = seq(&wire.text(&room, &format!("hello <@{id}>")).await);
    for (field, body) in
        [("thread", json!({"text": "in a thread", "thread": root})), ("reply_to", json!({"text": "a reply", "reply_to": root}))]
    {
        assert!(body[field].is_u64());
        wire.ok(json!({"t": "send", "room": room, "id": fresh_id(), "body": body})).await;
    }
    for (t, more) in [("edit", json!({"text": "edited"})), ("react", json!({})), ("pin", json!({}))] {
        wire.ok(json!({"t": t, "room": room, "id": fresh_id(), "target": root, "emoji": "x", "body": more})).await;
    }
    let of = |suffix: &str| (format!("/v1/rooms/{{room}}{suffix}"), format!("/v1/rooms/{room}{suffix}"));
    let (template, path) = of("/history");
    let page = call(Method::GET, &template, path.clone(), &token, None, 200).await;
    let entry = page["entries"].as_array().unwrap().iter().find(|entry| entry["seq"] == root).unwrap();
    assert!(
        entry["edited"] == true && entry["pinned"] == true && entry["reactions"].is_array() && entry["thread"].is_object(),
        "{entry}"
    );
    call(Method::GET, &template, format!("{path}?thread={root}&limit=1"), &token, None, 200).await;
    call(Method::GET, &template, format!("{path}?limit=0"), &token, None, 400).await;
    let (template, path) = of("/events");
    call(Method::GET, &template, format!("{path}?after=0&limit=200"), &token, None, 200).await;
    call(Method::GET, "/v1/rooms", "/v1/rooms?limit=5".into(), &token, None, 200).await;
    let (template, path) = of("");
    call(Method::GET, &template, path.clone(), &token, None, 200).await;
    call(Method::PATCH, &template, path.clone(), &owner, Some(json!({"topic": "more"})), 200).await;
    call(Method::PATCH, &template, path, &token, Some(json!({"topic": "mine"})), 403).await;
    let (template, path) = of("/leave");
    call(Method::POST, &template, path, &token, None, 204).await;
    let (template, path) = of("/members");
    call(Method::POST, &template, path.clone(), &owner, Some(json!({"user": id})), 201).await;
    call(Method::GET, &template, format!("{path}?limit=1"), &owner, None, 200).await;
    let member = format!("{path}/{id}");
    call(Method::PATCH, "/v1/rooms/{room}/members/{user}", member.clone(), &owner, Some(json!({"role": "moderator"})), 200).await;
    call(Method::DELETE, "/v1/rooms/{room}/members/{user}", member, &owner, None, 204).await;
    let stats = call(Method::GET, "/v1/stats", "/v1/stats".into(), &owner, None, 200).await;
    assert!(
        stats["users"].as_u64().unwrap() >= 2 && stats["rooms"].as_u64().unwrap() >= 2 && stats["sockets"].as_u64().unwrap() >= 1
    );
    call(Method::GET, "/v1/lobby", "/v1/lobby?limit=3".into(), "", None, 200).await;
    // What administrators are told is tried where there is a presence service.
    call(Method::GET, "/v1/admin/presence", "/v1/admin/presence".into(), &owner, None, 403).await;
    call(Method::GET, "/v1/admin/presence/{room}", "/v1/admin/presence/room".into(), &owner, None, 403).await;
    call(Method::GET, "/v1/admin/ranking", "/v1/admin/ranking".into(), &owner, None, 403).await;
    call(Method::POST, "/v1/auth/logout", "/v1/auth/logout".into(), &owner, Some(json!({})), 204).await;
    let mut missing = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let name = format!("{} {path}", method.to_uppercase());
            if !called.contains(&name) {
                missing.push(name);
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "described and not called");
}
