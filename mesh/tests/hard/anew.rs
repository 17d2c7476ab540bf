//! A log that lost its tail behind everybody's back.

use persister::intake::LEAP;
use protocol::decode::Encoding;
use serde_json::json;
use testkit::{Service, Wire, World, eventually_for, get};

use crate::LONG;
use crate::store::Store;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_gateway_gives_no_number_that_was_archived() {
    let world = World::start(&[], &[]).await;
    let store = Store::open(&world.nats, &world.database).await;
    let ann = world.guest().await;
    let room = world.room(&ann.token, "public").await;
    let shard = store.shard(&room).await;
    let (mut wire, _) = Wire::open(&world.gateway, Encoding::Json, &ann.token, json!({})).await;
    let mut last = 0;
    for number in 0..5 {
        last = wire.text(&room, &number.to_string()).await["seq"].as_u64().unwrap();
    }
    store.archived(&shard, last).await;
    world.persister.kill();
    world.gateway.kill();
    // As a disk does that forgot the last minutes: the log is there, with lower numbers.
    world.nats.delete_stream(&shard.stream()).await;
    store.fabric.ensure_stream(&shard, None).await.unwrap();
    let gateway = Service::gateway(&world.nats, &[]);
    let silent = format!("{shard}");
    eventually_for(LONG, "the gateway waits for the archive", async || {
        get(gateway.ops(), "/readyz").await.filter(|(status, body)| *status == 503 && body.contains(&silent))
    })
    .await;
    world.persister.start_again().await;
    gateway.ready().await;
    let (mut wire, _) = Wire::open(&gateway, Encoding::Json, &ann.token, json!({"resume": {&room: 0}})).await;
    let said = wire.text(&room, "after").await["seq"].as_u64().unwrap();
    assert_eq!(said, last + LEAP);
    let event = wire.find(|frame| frame["t"] == "event" && frame["seq"] == said).await;
    assert_eq!(event["body"]["text"], "after");
}
