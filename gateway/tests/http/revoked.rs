//! Ended logins: tokens are void at once, and live sockets are cut within a second.

use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::json;
use testkit::{Encoding, Wire};

use crate::world::shared;

#[tokio::test]
async fn logout_ends_one_login_and_its_sockets() {
    let world = shared().await;
    let first = world.account().await;
    let password = format!("password of {}", first.name);
    let second = world.post("/v1/auth/login", "", json!({"name": first.name, "password": password})).await.person();
    let welcomed = async |token: &str| Wire::open(&world.gateway, Encoding::Json, token, json!({})).await.0;
    let (mut cut, mut kept) = (welcomed(&first.token).await, welcomed(&second.token).await);
    world.post("/v1/auth/logout", &first.token, json!({})).await.is(StatusCode::NO_CONTENT);
    let answered = Instant::now();
    assert_eq!(cut.closed().await, 4401);
    assert!(answered.elapsed() < Duration::from_secs(1), "{:?}", answered.elapsed());
    world.get("/v1/me", &first.token).await.fails(401, "unauthenticated");
    world.post("/v1/auth/refresh", "", json!({"refresh_token": first.refresh})).await.fails(401, "unauthenticated");
    world.get("/v1/me", &second.token).await.is(StatusCode::OK);
    kept.drain().await;

    let third = world.post("/v1/auth/login", "", json!({"name": first.name, "password": password})).await.person();
    world.post("/v1/auth/logout", &third.token, json!({"all": true})).await.is(StatusCode::NO_CONTENT);
    assert_eq!(kept.closed().await, 4401);
    for person in [&second, &third] {
        world.get("/v1/me", &person.token).await.fails(401, "unauthenticated");
        world.post("/v1/auth/refresh", "", json!({"refresh_token": person.refresh})).await.fails(401, "unauthenticated");
    }
    world.post("/v1/auth/login", "", json!({"name": first.name, "password": password})).await.is(StatusCode::OK);
}
