//! Tokens that run out, and a directory that is away.

use http::StatusCode;
use serde_json::json;

use testkit::{SOON, World};

#[tokio::test]
async fn a_token_runs_out_and_a_directory_that_is_away_is_unavailable() {
    let world = World::start(&[("CHATMESH__AUTH__ACCESS_TTL_S", "3")], &[]).await;
    let guest = world.guest().await;
    world.get("/v1/me", &guest.token).await.is(StatusCode::OK);
    let expired = testkit::eventually(SOON, async || {
        let answer = world.get("/v1/me", &guest.token).await;
        (answer.status != 200).then_some(answer)
    });
    let expired = expired.await.fails(401, "unauthenticated").json();
    assert!(expired["detail"].as_str().unwrap().contains("expired"), "{expired}");
    world.post("/v1/auth/refresh", "", json!({"refresh_token": guest.refresh})).await.is(StatusCode::OK);

    world.persister.kill();
    world.post("/v1/auth/guest", "", json!({})).await.fails(503, "unavailable");
    world.post("/v1/auth/refresh", "", json!({"refresh_token": guest.refresh})).await.fails(503, "unavailable");
    world.get("/docs", "").await.is(StatusCode::OK);
    world.persister.start_again().await;
    testkit::eventually(SOON, async || (world.post("/v1/auth/guest", "", json!({})).await.status == 201).then_some(())).await;
}
