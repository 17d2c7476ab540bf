//! Parts that die: gateways, replicas of the presence service, and beats that are none.

use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::Service;

use crate::world::{People, Place};

#[tokio::test]
async fn a_dead_gateway_takes_its_people_along_and_a_replica_takes_over() {
    let place = Place::start(&[]).await;
    let second = Service::presence(&place.nats);
    second.ready().await;
    let (ann, ben, room) = place.pair("private").await;
    let (mut watcher, _) = place.open(&place.gateway, &ann).await;
    let (_lost, _) = place.open(&place.other, &ben).await;
    let mut seen = People::default();
    seen.until(&mut watcher, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    // The replica that publishes dies; the other one knows everybody: nobody flickers.
    place.presence.kill();
    tokio::time::sleep(Duration::from_secs(8)).await;
    let told: Vec<Value> = watcher.drain().await.into_iter().filter(|frame| frame["t"] == "presence").collect();
    assert!(told.is_empty(), "{told:?}");
    place.other.kill();
    let began = Instant::now();
    seen.until(&mut watcher, &room, &[(&ann.id, "online")]).await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // A restarted one, alone, knows everybody again.
    second.kill();
    place.presence.start_again().await;
    place.other.start_again().await;
    let (mut back, _) = place.open(&place.other, &ben).await;
    seen.until(&mut watcher, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
    People::default().until(&mut back, &room, &[(&ann.id, "online"), (&ben.id, "online")]).await;
}

#[tokio::test]
async fn nobody_flickers_when_the_fabric_was_away() {
    let place = Place::start(&[]).await;
    let (ann, ben, room) = place.pair("private").await;
    let (mut watcher, _) = place.open(&place.gateway, &ann).await;
    let (mut other, _) = place.open(&place.other, &ben).await;
    let both = [(ann.id.as_str(), "online"), (ben.id.as_str(), "online")];
    let mut seen = People::default();
    seen.until(&mut watcher, &room, &both).await;
    People::default().until(&mut other, &room, &both).await;
    place.nats.kill().await;
    // Longer than a gateway may be silent, and than a broken socket counts.
    tokio::time::sleep(Duration::from_secs(12)).await;
    place.nats.restart().await;
    place.gateway.ready().await;
    place.other.ready().await;
    // It works again when somebody new is seen; until then nobody was told to have left.
    let cat = testkit::eventually_for(testkit::SOON, "an account", async || {
        let name = testkit::fresh_name();
        let answer = place.post("/v1/auth/guest", "", serde_json::json!({"name": name[..20]})).await;
        (answer.status == 201).then(|| answer.person())
    })
    .await;
    place.add(&room, &ann.token, &cat.id).await;
    let (_third, _) = place.open(&place.other, &cat).await;
    seen.until(&mut watcher, &room, &[both[0], both[1], (&cat.id, "online")]).await;
    let left = seen.frames.iter().find(|frame| !frame["leaves"].as_array().unwrap().is_empty());
    assert_eq!(left, None);
}

#[tokio::test]
async fn a_gateway_that_nobody_hears_any_more_is_not_ready() {
    let place = Place::start(&[]).await;
    let ready = async || {
        let (status, report) = testkit::get(place.gateway.ops(), "/readyz").await?;
        Some((status, serde_json::from_str::<Value>(&report).ok()?["checks"]["presence"].clone()))
    };
    testkit::eventually_for(testkit::SOON, "ready", async || ready().await.filter(|(status, _)| *status == 200)).await;
    // Heard at least once.
    tokio::time::sleep(Duration::from_secs(4)).await;
    place.presence.kill();
    let (_, check) =
        testkit::eventually_for(testkit::SOON, "not ready", async || ready().await.filter(|(status, _)| *status == 503)).await;
    assert!(check["reason"].as_str().unwrap().contains("beats"), "{check}");
    place.presence.start_again().await;
    testkit::eventually_for(testkit::SOON, "ready again", async || ready().await.filter(|(status, _)| *status == 200)).await;
}
