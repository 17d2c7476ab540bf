//! Batches of several shards in one transaction: what is wrong with one shard stays with it.

use fabric::Publish;
use persister::position::Position;
use persister::store::{Content, Part, Row, StoreError, store};
use protocol::id::RoomId;
use protocol::subject::{Shard, message_id};
use testkit::eventually_for;

use crate::world::{SOON, World, message};

/// A world with a room in each of its two shards.
async fn two() -> (World, [(Shard, RoomId); 2]) {
    let world = World::new().await;
    let rooms = [world.room("public", &[]).await, world.room("public", &[]).await];
    let shards = world.fabric.shards().to_vec();
    for shard in &shards {
        world.fabric.ensure_stream(shard, None).await.unwrap();
    }
    let [first, second] = rooms;
    (world, [(shards[0].clone(), first), (shards[1].clone(), second)])
}

/// Says the same in both rooms, at once.
async fn say(world: &World, places: &[(Shard, RoomId); 2], text: &str) {
    let say = async |(shard, room): &(Shard, RoomId)| {
        let envelope = message("ann", text);
        let (room, msg_id) = (room.clone(), message_id(room, &envelope.from.id, envelope.id));
        let publish = Publish { shard: shard.clone(), room, msg_id, payload: envelope.encode().into(), traceparent: None };
        world.fabric.publish(publish).await.unwrap();
    };
    tokio::join!(say(&places[0]), say(&places[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_two_shards_share_a_transaction_and_what_postgres_refuses_of_one_harms_no_other() {
    let (world, places) = two().await;
    let bad = format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.room = '{}' AND NEW.error IS NULL AND position('refused'::bytea IN NEW.payload) > 0 THEN
                 RAISE EXCEPTION 'not this one' USING ERRCODE = '22000';
             END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse()",
        places[1].1
    );
    world.sql(&bad).await;
    let writer = world.writer();
    let count = "SELECT count(*) FROM events";
    // Both are at work from the beginning.
    say(&world, &places, "first").await;
    eventually_for(SOON, "the first come", async || (world.number(count).await == 2).then_some(())).await;
    for round in 0..30 {
        let text = if round % 10 == 9 { "refused" } else { "taken" };
        say(&world, &places, text).await;
    }
    eventually_for(SOON, "all rows come", async || (world.number(count).await == 62).then_some(())).await;
    let poison = "SELECT count(*) FROM events WHERE error LIKE '%not this one%'";
    assert_eq!(world.number(poison).await, 3, "kept with their error");
    assert_eq!(world.number("SELECT count(*) FROM events WHERE kind = 99").await, 3);
    let shared = "SELECT count(*) FROM (SELECT xmin::text FROM events GROUP BY 1 HAVING count(DISTINCT room) = 2) t";
    eventually_for(SOON, "batches of both shards are stored together", async || {
        say(&world, &places, "taken").await;
        (world.number(shared).await > 0).then_some(())
    })
    .await;
    writer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_was_moved_by_another_writer_keeps_all_from_being_stored() {
    let (world, places) = two().await;
    let mut client = world.pools.writer().await.unwrap();
    for (shard, _) in &places {
        persister::position::read(&client, shard).await.unwrap();
    }
    let row = |room: &RoomId| {
        let envelope = message("ann", "x");
        let (payload, content) = (envelope.encode().into(), Content::Envelope(Box::new(envelope)));
        Row { room: room.clone(), seq: 1, at: 1_000, payload, traceparent: None, content }
    };
    let rows = [[row(&places[0].1)], [row(&places[1].1)]];
    let part = |at: usize, from: Position| Part { shard: &places[at].0, from, rows: &rows[at] };
    let start = Position::default();
    let elsewhere = Position { seq: 7, ts: 0 };
    let fenced = store(&mut client, &[part(0, start), part(1, elsewhere)]).await;
    assert!(matches!(fenced, Err(StoreError::Fenced)), "{fenced:?}");
    assert_eq!(world.number("SELECT count(*) FROM events").await, 0);
    store(&mut client, &[part(0, start), part(1, start)]).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM events WHERE prev = 0").await, 2);
    assert_eq!(world.number("SELECT count(*) FROM shard_position WHERE position = 1 AND ts = 1000").await, 2);
    let again = store(&mut client, &[part(0, start), part(1, start)]).await;
    assert!(matches!(again, Err(StoreError::Fenced)), "only once: {again:?}");
}
