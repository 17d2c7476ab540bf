//! Idempotency keys, long after the log's dedup window.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use protocol::code::{Code, Refusal};
use protocol::envelope::Envelope;
use protocol::id::{EventId, RoomId};
use protocol::rpc::archive::{GetSent, Wait};
use tokio_util::sync::CancellationToken;

use crate::world::{SOON, World, message, name, now_ms};

fn ask(world: &World, room: &RoomId, author: &str, id: EventId, at_least: u64) -> GetSent {
    GetSent { shard: world.shard.clone(), room: room.clone(), author: name(author), id, at_least }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_known_after_days_and_only_as_a_whole() {
    let world = World::new().await;
    world.log().await;
    let (room, other) = (world.room("public", &[]).await, world.room("public", &[]).await);
    // Made three days ago, sent then; retried now.
    let id = EventId::at(now_ms() - 3 * 24 * 3_600_000);
    let first = Envelope { id, ..message("ann", "once") };
    let seq = world.publish(&room, &first).await;
    let elsewhere = world.publish(&other, &first).await;
    let by_bo = world.publish(&room, &Envelope { id, ..message("bo", "mine") }).await;
    let writer = world.writer();
    let archive = world.archive();
    let sent = archive.sent(ask(&world, &room, "ann", id, by_bo)).await.unwrap().unwrap();
    assert_eq!((sent.seq, sent.digest), (seq, first.digest()));
    assert_ne!(sent.digest, message("ann", "another body").digest());
    assert_eq!(archive.sent(ask(&world, &other, "ann", id, by_bo)).await.unwrap().unwrap().seq, elsewhere);
    assert_eq!(archive.sent(ask(&world, &room, "bo", id, by_bo)).await.unwrap().unwrap().seq, by_bo);
    assert_eq!(archive.sent(ask(&world, &other, "bo", id, by_bo)).await.unwrap(), None);
    assert_eq!(archive.sent(ask(&world, &room, "ann", EventId::at(now_ms()), by_bo)).await.unwrap(), None);
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_before_the_position_is_reached() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let seq = world.publish(&room, &message("ann", "unseen")).await;
    let archive = world.archive();
    let wait = |wait_ms| archive.wait(Wait { shard: world.shard.clone(), seq, wait_ms });
    let began = Instant::now();
    let refusal: Refusal = wait(200).await.unwrap_err().into();
    assert_eq!(refusal.code, Code::Unavailable);
    assert!(began.elapsed() < Duration::from_secs(2));
    let refusal: Refusal = archive.sent(ask(&world, &room, "ann", EventId::at(now_ms()), seq)).await.unwrap_err().into();
    assert_eq!(refusal.code, Code::Unavailable, "unknown is not the same as never");

    // Those who wait hear of it, also from another process's writer.
    let (waiting, writer) = tokio::join!(wait(20_000), async { world.writer() });
    waiting.unwrap();
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_does_not_wait_for_a_batch_to_grow() {
    const ROUNDS: u32 = 20;
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let (intake, _health) = world.intake();
    let stop = CancellationToken::new();
    let writing = tokio::spawn(persister::intake::run(intake.clone(), stop.clone()));
    let mut waited = Duration::ZERO;
    for round in 0..ROUNDS {
        // Enough for the shard to count as busy: its batches wait for more by themselves.
        let messages: Vec<_> = (0..5).map(|id| message("ann", &format!("{round}.{id}"))).collect();
        let last = join_all(messages.iter().map(|message| world.publish(&room, message))).await.into_iter().max().unwrap();
        let began = Instant::now();
        let deadline = tokio::time::Instant::now() + SOON;
        assert!(intake.positions.reach(&world.pools.write, &world.shard, last, deadline).await.unwrap());
        waited += if round > 0 { began.elapsed() } else { Duration::ZERO };
    }
    assert!(waited < intake.config.linger() * ROUNDS * 3 / 4, "{waited:?}");
    stop.cancel();
    writing.await.unwrap();
}
