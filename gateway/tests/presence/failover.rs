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
