//! What is wrong is refused as a problem, with the status that says why.

use http::{Method, Request, StatusCode, header};

use crate::world::shared;

#[tokio::test]
async fn unknown_addresses_and_methods_below_v1_are_problems() {
    let world = shared().await;
    for path in ["/v1", "/v1/", "/v1/nothing", "/v1/me/", "/v1/rooms/a/b"] {
        world.get(path, "").await.fails(404, "not_found");
    }
    let member = world.guest().await;
    world.call(Method::POST, "/v1/rooms//join", &member.token, None).await.fails(404, "not_found");
    for (method, path, allow) in
        [(Method::PUT, "/v1/me", "PATCH"), (Method::GET, "/v1/auth/login", "POST"), (Method::DELETE, "/v1/me", "GET")]
    {
        let answer = world.call(method, path, "", None).await.fails(405, "bad_request");
        assert!(answer.header("allow").contains(allow), "{path}: {}", answer.header("allow"));
    }
}

#[tokio::test]
async fn bodies_are_refused_with_their_status() {
    let world = shared().await;
    let send = async |content_type: &str, body: Vec<u8>| {
        let request = Request::builder().method(Method::POST).header(header::CONTENT_TYPE, content_type);
        world.send(request, "/v1/auth/login", body).await
    };
    let deep = "[".repeat(5_000);
    let bodies = [
        "{",
        "null",
        "[\"a\",\"b\"]",
        "{\"name\":1,\"password\":\"p\"}",
        "{\"name\":\"a\"}",
        "{\"name\":\"\\ud800\",\"password\":\"p\"}",
        &deep,
    ];
    for body in bodies {
        send("application/json", body.into()).await.fails(400, "bad_request");
    }
    send("application/json", vec![b'{', 0xff, b'}']).await.fails(400, "bad_request");
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonish", ""] {
        send(content_type, b"{}".to_vec()).await.fails(415, "bad_request");
    }
    let full = |name_bytes| format!("{{\"name\":\"{}\",\"password\":\"p\"}}", "x".repeat(name_bytes)).into_bytes();
    send("application/json", full(65_000)).await.fails(401, "unauthenticated");
    send("application/json; charset=utf-8", full(66_000)).await.fails(413, "too_large");
}

#[tokio::test]
async fn tokens_that_were_not_given_here_are_refused() {
    let world = shared().await;
    let guest = world.guest().await;
    world.get("/v1/me", "").await.fails(401, "unauthenticated");
    world.get(&format!("/v1/me?access_token={}", guest.token), "").await.fails(401, "unauthenticated");
    let parts: Vec<&str> = guest.token.split('.').collect();
    let [head, claims, signature] = parts[..] else { panic!("no JWT: {}", guest.token) };
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let kid = serde_json::from_slice::<serde_json::Value>(&base64.decode(head).unwrap()).unwrap()["kid"].clone();
    let none = base64.encode(serde_json::json!({"typ": "JWT", "alg": "none", "kid": kid}).to_string());
    let hmac = base64.encode(serde_json::json!({"typ": "JWT", "alg": "HS256", "kid": kid}).to_string());
    let foreign = base64.encode(serde_json::json!({"typ": "JWT", "alg": "EdDSA", "kid": "foreign"}).to_string());
    let text = String::from_utf8(base64.decode(claims).unwrap()).unwrap();
    let admin = base64.encode(text.replace("\"role\":\"member\"", "\"role\":\"admin\""));
    assert_ne!(admin, claims);
    let forged = [
        format!("{none}.{claims}."),
        format!("{hmac}.{claims}.{signature}"),
        format!("{foreign}.{claims}.{signature}"),
        format!("{head}.{admin}.{signature}"),
        format!("{head}.{claims}."),
        format!("{head}.{claims}"),
        "x".repeat(10_000),
        "x".into(),
    ];
    for token in forged {
        let answer = world.get("/v1/me", &token).await.fails(401, "unauthenticated");
        assert!(answer.header("www-authenticate").contains("invalid_token"), "{token}");
    }
    let twice = Request::builder()
        .header(header::AUTHORIZATION, format!("Bearer {}", guest.token))
        .header(header::AUTHORIZATION, "Bearer x");
    world.send(twice, "/v1/me", "").await.fails(401, "unauthenticated");
    let basic = Request::builder().header(header::AUTHORIZATION, "Basic YTpi");
    world.send(basic, "/v1/me", "").await.fails(401, "unauthenticated");
    let lower = Request::builder().header(header::AUTHORIZATION, format!("bearer {}", guest.token));
    world.send(lower, "/v1/me", "").await.is(StatusCode::OK);
}

#[tokio::test]
async fn only_configured_origins_may_read_answers() {
    let world = shared().await;
    let from = |origin: &str| Request::builder().header(header::ORIGIN, origin);
    let foreign = world.send(from("https://evil.example"), "/v1/me", "").await.fails(401, "unauthenticated");
    assert!(!foreign.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    let known = world.send(from("https://chat.example.org"), "/v1/me", "").await.fails(401, "unauthenticated");
    assert_eq!(known.header("access-control-allow-origin"), "https://chat.example.org");
    let preflight = |origin: &str| {
        let asks = Request::builder().method(Method::OPTIONS).header(header::ORIGIN, origin);
        asks.header(header::ACCESS_CONTROL_REQUEST_METHOD, "PATCH")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
    };
    let answer = world.send(preflight("https://chat.example.org"), "/v1/me", "").await;
    assert!(answer.status < 300 && answer.header("access-control-allow-methods").contains("PATCH"), "{}", answer.status);
    let answer = world.send(preflight("https://evil.example"), "/v1/me", "").await;
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    world.send(from("https://evil.example"), "/v1/connect", "").await.fails(403, "forbidden");
    world.send(from("https://chat.example.org"), "/v1/connect", "").await.fails(400, "bad_request");
}
