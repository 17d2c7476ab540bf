//! Whatever ends a writer, each event of the log is archived once.

use std::time::Duration;

use testkit::{Postgres, Process, eventually_for, free_port};

use crate::world::{SOON, World, message};

/// Every event of the log is in the archive, once, and nothing else is.
async fn check(world: &World, count: i64, last: u64) {
    world.archived(last).await;
    let count_in = |what: &'static str| async move { world.number(what).await };
    assert_eq!(count_in("SELECT count(*) FROM events").await, count);
    assert_eq!(count_in("SELECT count(DISTINCT seq) FROM events").await, count);
    assert_eq!(count_in("SELECT max(seq) - min(seq) + 1 FROM events").await, count, "no hole");
    let broken = "SELECT count(*) FROM (SELECT prev, lag(seq, 1, 0::bigint) OVER (PARTITION BY room ORDER BY seq) AS before
        FROM events) t WHERE prev <> before";
    assert_eq!(count_in(broken).await, 0, "each names the one before it in its room");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_one_ended_again_and_again_in_mid_batch() {
    let world = World::new().await;
    world.log().await;
    let rooms = [world.room("public", &[]).await, world.room("public", &[]).await];
    let steady = world.writer();
    let mut last = 0;
    let mut count = 0;
    for round in 0..8 {
        let writer = world.writer();
        for number in 0..150 {
            last = world.publish(&rooms[number % 2], &message("ann", &format!("{round} {number}"))).await;
            count += 1;
        }
        // Dropped wherever it is.
        writer.task.abort();
    }
    steady.task.abort();
    assert!(steady.task.await.unwrap_err().is_cancelled());
    let heir = world.writer();
    check(&world, count, last).await;
    heir.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_is_succeeded_within_five_seconds() {
    let world = World::new().await;
    let (first, second) = (persister(&world), persister(&world));
    first.1.ready(first.0).await;
    second.1.ready(second.0).await;
    eventually_for(SOON, "the streams are made", async || world.fabric.info(&world.shard).await.ok()).await;
    let room = world.room("public", &[]).await;
    let mut last = 0;
    for number in 0..500 {
        last = world.publish(&room, &message("ann", &number.to_string())).await;
        if number == 250 {
            first.1.kill();
        }
    }
    let reached =
        eventually_for(Duration::from_secs(5), "the other goes on", async || (world.position().await >= last).then_some(()));
    reached.await;
    check(&world, 500, last).await;
}

fn persister(world: &World) -> (u16, Process) {
    let ops = free_port();
    let (listen, nats) = (format!("127.0.0.1:{ops}"), world.nats.url());
    let variables = [
        ("CHATMESH__POSTGRES__URL", world.url.as_str()),
        ("CHATMESH__NATS__URL", nats.as_str()),
        ("CHATMESH__NATS__SHARDS", "2"),
        ("CHATMESH__NATS__SHARD_MAX_BYTES", "67108864"),
        ("CHATMESH__OPS__LISTEN", listen.as_str()),
    ];
    (ops, Process::start("persister", &variables))
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_away_for_longer_than_the_log_is_kept() {
    let postgres = Postgres::start().await;
    let world = World::on(postgres.database().await).await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let writer = world.writer();
    let mut last = world.publish(&room, &message("ann", "before")).await;
    world.archived(last).await;
    postgres.kill().await;
    for number in 0..300 {
        last = world.publish(&room, &message("ann", &number.to_string())).await;
    }
    // By the clock of a month later everything is too old; what was archived may go, no more.
    let later = crate::world::now_ms() + 30 * 24 * 3_600_000;
    persister::retention::purge(&world.fabric, &world.shard, 1, Duration::from_secs(900), later).await.unwrap();
    assert_eq!(world.fabric.info(&world.shard).await.unwrap().first_seq, 2);
    postgres.start_again().await;
    check(&world, 301, last).await;
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_killed_under_the_writer() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let writer = world.writer();
    let mut count = 0;
    for _ in 0..3 {
        for number in 0..50 {
            world.publish(&room, &message("ann", &number.to_string())).await;
            count += 1;
        }
        world.nats.kill().await;
        world.nats.restart().await;
    }
    let last = world.publish(&room, &message("ann", "last")).await;
    check(&world, count + 1, last).await;
    writer.stop().await;
}
