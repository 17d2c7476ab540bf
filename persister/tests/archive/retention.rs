//! The log loses what is archived and old, or beyond half of its size; never anything else.

use std::time::Duration;

use persister::retention::purge;
use protocol::rpc::archive::GetEvents;

use crate::world::{World, message, name, now_ms};

const KEEP: Duration = Duration::from_secs(900);

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_archived_and_old_goes() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    for number in 0..40 {
        world.publish(&room, &message("ann", &number.to_string())).await;
    }
    let first = async || world.fabric.info(&world.shard).await.unwrap().first_seq;
    purge(&world.fabric, &world.shard, 40, KEEP, now_ms()).await.unwrap();
    assert_eq!(first().await, 1, "nothing is old");
    let later = now_ms() + 1_000_000;
    purge(&world.fabric, &world.shard, 0, KEEP, later).await.unwrap();
    assert_eq!(first().await, 1, "nothing is archived");
    purge(&world.fabric, &world.shard, 25, KEEP, later).await.unwrap();
    assert_eq!(first().await, 26, "the archive stands at 25");
    purge(&world.fabric, &world.shard, 40, KEEP, later).await.unwrap();
    assert_eq!(first().await, 41);
    let next = world.publish(&room, &message("ann", "next")).await;
    assert_eq!(next, 41, "numbers go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_beyond_half_is_cut_and_the_archive_serves_the_rest() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let text = "x".repeat(200_000);
    let mut last = 0;
    for _ in 0..200 {
        last = world.publish(&room, &message("ann", &text)).await;
    }
    let writer = world.writer();
    world.archived(last).await;
    purge(&world.fabric, &world.shard, last, Duration::from_secs(3_600), now_ms()).await.unwrap();
    let info = world.fabric.info(&world.shard).await.unwrap();
    assert!(info.first_seq > 20 && info.bytes <= 34 << 20 && info.bytes > 25 << 20, "{info:?}");
    let ask = GetEvents { room, viewer: name("ann"), after: 0, limit: 10 };
    let events = world.archive().events(ask).await.unwrap();
    assert_eq!((events.events.len(), events.more), (1, true), "a page ends at 256 KiB but is never empty");
    writer.stop().await;
}
