//! Streams made anew, lost tails, gaps; replay.

use persister::intake::LEAP;
use testkit::eventually_for;
use tokio_util::sync::CancellationToken;

use crate::world::{SOON, World, message};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_stream_is_made_anew_above_all_numbers() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let writer = world.writer();
    let old = world.publish(&room, &message("ann", "old")).await;
    world.archived(old).await;
    world.nats.delete_stream(&world.shard.stream()).await;
    let info = eventually_for(SOON, "the stream is made anew", async || world.fabric.info(&world.shard).await.ok()).await;
    assert_eq!(info.first_seq, old + LEAP);
    let new = world.publish(&room, &message("ann", "new")).await;
    assert_eq!(new, old + LEAP);
    world.archived(new).await;
    let prev = world.number(&format!("SELECT prev FROM events WHERE seq = {new}")).await;
    assert_eq!(prev as u64, old, "the room is one chain");
    assert_eq!(world.number("SELECT count(*) FROM shard_break WHERE reason = 'made anew'").await, 1);
    assert!(writer.health.report().ready, "an alarm, not a stop");
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_tail_is_jumped_over() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let writer = world.writer();
    let mut last = 0;
    for _ in 0..5 {
        last = world.publish(&room, &message("ann", "x")).await;
    }
    world.archived(last).await;
    // The stream comes back with lower numbers.
    world.nats.delete_stream(&world.shard.stream()).await;
    world.log().await;
    let new = eventually_for(SOON, "the log goes on above", async || {
        world.fabric.info(&world.shard).await.ok().filter(|info| info.first_seq == last + LEAP)
    })
    .await;
    let seq = world.publish(&room, &message("ann", "after")).await;
    assert_eq!(seq, new.first_seq);
    world.archived(seq).await;
    assert_eq!(world.number("SELECT count(*) FROM shard_break").await, 1);
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_stops_the_shard_and_replay_fills_what_is_left() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    for number in 0..20 {
        world.publish(&room, &message("ann", &number.to_string())).await;
    }
    world.fabric.purge_below(&world.shard, 11).await.unwrap();
    let writer = world.writer();
    eventually_for(SOON, "the shard stops", async || (!writer.health.report().ready).then_some(())).await;
    assert_eq!(world.number("SELECT count(*) FROM events").await, 0, "never skipped");
    writer.stop().await;
    let (intake, _health) = world.intake();
    persister::replay::run(intake, CancellationToken::new()).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM events").await, 10);
    assert_eq!(world.number("SELECT count(*) FROM shard_break WHERE reason = 'replay'").await, 1);
    // A writer goes on from there by itself.
    let writer = world.writer();
    let last = world.publish(&room, &message("ann", "next")).await;
    world.archived(last).await;
    eventually_for(SOON, "the shard is ready", async || writer.health.report().ready.then_some(())).await;
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_archive_equals_the_first() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let writer = world.writer();
    let mut last = 0;
    for number in 0..100 {
        let target = last;
        last = world.publish(&room, &message("ann", &number.to_string())).await;
        if number % 3 == 1 {
            let kind = if number % 2 == 0 { protocol::event::Kind::Deleted } else { protocol::event::Kind::Pinned };
            last = world.publish(&room, &crate::world::change(kind, "ann", target)).await;
        }
    }
    world.archived(last).await;
    writer.stop().await;
    let hash = async |table: &str, order: &str| {
        let sql = format!("SELECT md5(string_agg(t::text, '' ORDER BY {order})) FROM {table} t");
        world.pools.writer().await.unwrap().query_one(&sql, &[]).await.unwrap().get::<_, String>(0)
    };
    let tables = [("events", "seq"), ("entries", "seq"), ("room_state", "room"), ("shard_position", "shard")];
    let mut before = Vec::new();
    for (table, order) in tables {
        before.push(hash(table, order).await);
    }
    let (intake, _health) = world.intake();
    let refused = persister::replay::run(intake.clone(), CancellationToken::new()).await.unwrap_err();
    assert!(refused.to_string().contains("not empty"), "{refused}");
    world.sql("TRUNCATE events, entries, mentions, room_state, shard_position, shard_break").await;
    let rows = persister::replay::run(intake, CancellationToken::new()).await.unwrap();
    assert_eq!(rows, 133);
    for ((table, order), before) in tables.into_iter().zip(before) {
        assert_eq!(hash(table, order).await, before, "{table}");
    }
}
