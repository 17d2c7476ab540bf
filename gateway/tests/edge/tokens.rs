//! Rules 15–17 and 21: logins, their tokens, and what their end does to open sockets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use testkit::{Encoding, Person, Wire, World, hello, now_ms};
use tokio::time::{Duration, Instant};

use crate::world::{BOTH, Edge, error, is_open, shared};

/// Tokens that nobody gave: made of a good one.
fn forged(token: &str) -> Vec<String> {
    let [head, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("no JWT: {token}") };
    let read = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let write = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let kid = read(head)["kid"].as_str().unwrap().to_owned();
    let with = |field: &str, value: Value| {
        let mut claims = read(claims);
        claims[field] = value;
        format!("{head}.{}.{signature}", write(&claims))
    };
    let signed = |algorithm: Algorithm, key: &[u8]| {
        let header = Header { kid: Some(kid.clone()), ..Header::new(algorithm) };
        encode(&header, &read(claims), &EncodingKey::from_secret(key)).unwrap()
    };
    let seed = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let foreign = |kid: &str| {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, &read(claims), &EncodingKey::from_ed_der(&[&seed[..], &[7; 32]].concat())).unwrap()
    };
    vec![
        String::new(),
        "x".into(),
        format!("{head}.{claims}"),
        format!("{head}.{claims}."),
        format!("{}.{claims}.", write(&json!({"alg": "none", "kid": kid}))),
        format!("{}.{claims}.{signature}", write(&json!({"alg": "EdDSA"}))),
        with("sub", json!("somebody")),
        with("role", json!("admin")),
        with("exp", json!(now_ms() / 1_000 + 99_999)),
        signed(Algorithm::HS256, kid.as_bytes()),
        signed(Algorithm::HS512, b""),
        foreign(&kid),
        foreign("another"),
        "x".repeat(20_000),
    ]
}

#[tokio::test]
async fn forged_tokens_are_unauthenticated() {
    let edge = shared().await;
    let person = edge.guest().await;
    let mut open = edge.quiet(Encoding::Json, &person).await;
    for token in forged(&person.token) {
        for encoding in BOTH {
            let mut wire = Wire::connect(&edge.gateway, encoding).await;
            wire.say(&hello(&token, json!({}))).await;
            let refused = error(&mut wire, "unauthenticated").await;
            assert_eq!(refused["retryable"], false);
            assert_eq!(wire.closed().await, 4401, "{token}");
        }
        open.refused(json!({"t": "refresh", "token": token}), "unauthenticated").await;
        if !token.is_empty() {
            edge.get("/v1/me", &token).await.fails(401, "unauthenticated");
        }
    }
    is_open(&mut open).await;
    edge.wrote_no_error();
}

async fn refreshed(world: &World, token: &str) -> Person {
    world.post("/v1/auth/refresh", "", json!({"refresh_token": token})).await.is(StatusCode::OK).person()
}

#[tokio::test]
async fn a_socket_lives_as_long_as_its_newest_token() {
    let world = World::start(&[("CHATMESH__AUTH__ACCESS_TTL_S", "4")], &[]).await;
    let (person, other) = (world.guest().await, world.guest().await);
    let (mut left, welcome) = Wire::open(&world.gateway, Encoding::Json, &person.token, json!({})).await;
    let (mut kept, _) = Wire::open(&world.gateway, Encoding::MessagePack, &person.token, json!({})).await;
    let first = welcome["expires_at"].as_u64().unwrap();
    kept.refused(json!({"t": "refresh", "token": other.token}), "forbidden").await;
    let newer = testkit::eventually(testkit::SOON, async || (now_ms() + 2_000 > first).then_some(()));
    newer.await;
    let newer = refreshed(&world, &person.refresh).await;
    let ok = kept.ok(json!({"t": "refresh", "token": newer.token})).await;
    let second = ok["expires_at"].as_u64().unwrap();
    assert!(second > first + 1_000, "{ok}");
    let older = kept.ok(json!({"t": "refresh", "token": person.token})).await;
    assert_eq!(older["expires_at"], second, "an older token takes nothing away");
    assert_eq!(left.closed().await, 4401);
    assert!((first..first + 1_000).contains(&now_ms()), "{} after", now_ms() - first);
    is_open(&mut kept).await;
    kept.refused(json!({"t": "refresh", "token": person.token}), "unauthenticated").await;
    assert_eq!(kept.closed().await, 4401);
    assert!((second..second + 1_000).contains(&now_ms()), "{} after", now_ms() - second);
    let mut late = Wire::connect(&world.gateway, Encoding::Json).await;
    late.say(&hello(&person.token, json!({}))).await;
    error(&mut late, "unauthenticated").await;
    assert_eq!(late.closed().await, 4401);
    let again = refreshed(&world, &newer.refresh).await;
    Wire::open(&world.gateway, Encoding::Json, &again.token, json!({})).await;
}

/// Sockets of both encodings.
async fn sockets(edge: &Edge, person: &Person) -> [Wire; 2] {
    [edge.quiet(Encoding::MessagePack, person).await, edge.quiet(Encoding::Json, person).await]
}

/// Both are closed with 4401, not later than a second after `since`.
async fn are_cut(sockets: &mut [Wire], since: Instant) {
    for wire in sockets {
        assert_eq!(wire.closed().await, 4401);
    }
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
}

#[tokio::test]
async fn the_end_of_a_login_cuts_its_sockets_and_no_others() {
    let edge = shared().await;
    let first = edge.account().await;
    let (second, third, stranger) = (edge.login(&first).await, edge.login(&first).await, edge.account().await);
    let [mut a, mut b, mut c, mut other] =
        [sockets(edge, &first).await, sockets(edge, &second).await, sockets(edge, &third).await, sockets(edge, &stranger).await];
    edge.call(Method::POST, "/v1/auth/logout", &first.token, None).await.is(StatusCode::NO_CONTENT);
    are_cut(&mut a, Instant::now()).await;
    edge.post("/v1/auth/refresh", "", json!({"refresh_token": first.refresh})).await.fails(401, "unauthenticated");
    for wire in b.iter_mut().chain(&mut c) {
        is_open(wire).await;
    }
    // A socket belongs to the login of its newest token.
    b[0].ok(json!({"t": "refresh", "token": third.token})).await;
    let body = json!({"password": "a new password", "old_password": format!("password of {}", first.name)});
    edge.patch("/v1/me", &third.token, body).await.is(StatusCode::OK);
    are_cut(&mut b[1..], Instant::now()).await;
    edge.get("/v1/me", &second.token).await.fails(401, "unauthenticated");
    for wire in b[..1].iter_mut().chain(&mut c) {
        is_open(wire).await;
    }
    edge.post("/v1/auth/logout", &third.token, json!({"all": true})).await.is(StatusCode::NO_CONTENT);
    let since = Instant::now();
    are_cut(&mut b[..1], since).await;
    are_cut(&mut c, since).await;
    edge.post("/v1/auth/refresh", "", json!({"refresh_token": third.refresh})).await.fails(401, "unauthenticated");
    for wire in &mut other {
        is_open(wire).await;
    }
}

#[tokio::test]
async fn a_refresh_token_used_after_its_successor_ends_the_login() {
    let edge = shared().await;
    let a = edge.account().await;
    let apart = edge.login(&a).await;
    let (mut cut, mut kept) = (sockets(edge, &a).await, sockets(edge, &apart).await);
    let refused = async |token: &str| {
        edge.post("/v1/auth/refresh", "", json!({"refresh_token": token})).await.fails(401, "unauthenticated")
    };
    let b = refreshed(&edge.world, &a.refresh).await;
    // The answer was lost, or there are two tabs: a new successor, and the unused one is void.
    let c = refreshed(&edge.world, &a.refresh).await;
    refused(&b.refresh).await;
    let d = refreshed(&edge.world, &c.refresh).await;
    for wire in &mut cut {
        is_open(wire).await;
    }
    refused(&a.refresh).await;
    are_cut(&mut cut, Instant::now()).await;
    refused(&d.refresh).await;
    for person in [&a, &b, &c, &d] {
        edge.get("/v1/me", &person.token).await.fails(401, "unauthenticated");
    }
    for wire in &mut kept {
        is_open(wire).await;
    }
    refreshed(&edge.world, &apart.refresh).await;
}

#[tokio::test]
async fn two_tabs_refresh_at_once_and_one_successor_lives() {
    let edge = shared().await;
    let person = edge.guest().await;
    let (one, two) = tokio::join!(refreshed(&edge.world, &person.refresh), refreshed(&edge.world, &person.refresh));
    edge.get("/v1/me", &one.token).await.is(StatusCode::OK);
    edge.get("/v1/me", &two.token).await.is(StatusCode::OK);
    let mut lived = 0;
    for refresh in [&one.refresh, &two.refresh] {
        lived += u32::from(edge.post("/v1/auth/refresh", "", json!({"refresh_token": refresh})).await.status == 200);
    }
    assert_eq!(lived, 1);
}

#[tokio::test]
async fn a_guest_becomes_an_account_under_its_open_sockets() {
    let edge = shared().await;
    let guest = edge.guest().await;
    let room = edge.room(&guest.token, "public").await;
    let (mut wire, _) = Wire::open(&edge.gateway, Encoding::Json, &guest.token, json!({})).await;
    let sent = wire.text(&room, "as a guest").await;
    let event = wire.find(|frame| frame["seq"] == sent["seq"] && frame["t"] == "event").await;
    assert_eq!(event["from"]["type"], "guest");
    let name = testkit::fresh_name();
    let body = json!({"name": name, "password": "long enough"});
    let account = edge.post("/v1/auth/signup", &guest.token, body.clone()).await.is(StatusCode::CREATED).json();
    let user = json!({"id": guest.id, "name": name, "role": "member", "guest": false});
    assert_eq!(account["user"], user);
    assert_eq!(wire.find(|frame| frame["t"] == "me").await["user"], user);
    let sent = wire.text(&room, "as an account").await;
    let event = wire.find(|frame| frame["seq"] == sent["seq"] && frame["t"] == "event").await;
    assert_eq!(event["from"], json!({"id": guest.id, "name": name}));
    edge.post("/v1/auth/signup", &guest.token, json!({"name": testkit::fresh_name(), "password": "long enough"}))
        .await
        .fails(409, "conflict");
}
