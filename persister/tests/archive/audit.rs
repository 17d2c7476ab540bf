//! The auditor: what log and archive both must hold, by count and hash.

use persister::audit::{self, Difference, Report};
use tokio_util::sync::CancellationToken;

use crate::world::{World, message};

async fn audited(world: &World) -> Report {
    audit::run(&world.pools, &world.fabric, &CancellationToken::new()).await.unwrap()
}

/// Exactly one difference; its counts.
async fn differs(world: &World) -> (u64, u64) {
    let report = audited(world).await;
    assert_eq!(report.differences.len(), 1, "{report:?}");
    let Difference { log, archive, .. } = &report.differences[0];
    (log.count, archive.count)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_a_changed_and_a_foreign_row_are_found() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let writer = world.writer();
    let mut last = 0;
    for number in 0..50 {
        last = world.publish(&room, &message("ann", &number.to_string())).await;
    }
    world.raw(&room, "poison".into(), b"\xc1".to_vec()).await;
    last += 1;
    world.archived(last).await;
    writer.stop().await;
    // What is in the log alone is no difference.
    world.publish(&room, &message("ann", "not yet archived")).await;
    let report = audited(&world).await;
    assert_eq!((report.events, report.differences), (51, vec![]));

    // Purged from the log and archived: nothing to compare.
    world.fabric.purge_below(&world.shard, 11).await.unwrap();
    let report = audited(&world).await;
    assert_eq!((report.events, report.differences), (41, vec![]));

    world.sql("CREATE TABLE kept AS SELECT * FROM events").await;
    world.sql("DELETE FROM events WHERE seq = 20").await;
    assert_eq!(differs(&world).await, (41, 40));
    world.sql("INSERT INTO events SELECT * FROM kept WHERE seq = 20").await;
    assert_eq!(audited(&world).await.differences, []);

    world.sql("UPDATE events SET payload = payload || '\\x00' WHERE seq = 20").await;
    assert_eq!(differs(&world).await, (41, 41));
    world.sql("DELETE FROM events; INSERT INTO events SELECT * FROM kept").await;
    let other = world.room("public", &[]).await;
    world.sql(&format!("UPDATE kept SET room = '{other}'; INSERT INTO events SELECT * FROM kept WHERE seq = 20")).await;
    assert_eq!(differs(&world).await, (41, 42));
}
