//! A persister that neither dies nor works: stopped in the middle, as by a debugger or a machine that swaps.

use protocol::decode::Encoding;
use serde_json::json;
use testkit::{Service, Wire, World};

use crate::store::Store;

#[tokio::test(flavor = "multi_thread")]
async fn a_persister_that_stands_still_is_succeeded_and_comes_back_to_no_harm() {
    let world = World::start(&[], &[]).await;
    let store = Store::open(&world.nats, &world.database).await;
    let ann = world.guest().await;
    let room = world.room(&ann.token, "public").await;
    let shard = store.shard(&room).await;
    let second = Service::persister(&world.nats, &world.database, &[]);
    second.ready().await;
    let (mut wire, _) = Wire::open(&world.gateway, Encoding::Json, &ann.token, json!({})).await;
    let said = wire.text(&room, "before").await["seq"].as_u64().unwrap();
    store.archived(&shard, said).await;
    world.persister.freeze();
    let mut last = 0;
    for number in 0..20 {
        last = wire.text(&room, &number.to_string()).await["seq"].as_u64().unwrap();
    }
    store.archived(&shard, last).await;
    world.persister.thaw();
    let last = wire.text(&room, "after").await["seq"].as_u64().unwrap();
    store.archived(&shard, last).await;
    let counts = "SELECT count(*), count(DISTINCT seq) FROM events WHERE room = $1";
    let row = store.database.query_one(counts, &[&room]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2 + 22, 2 + 22));
    world.persister.ready().await;
}
