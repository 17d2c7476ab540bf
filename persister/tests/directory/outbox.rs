//! The way of changes into the log: once, in order, whoever carries them.

use futures_util::future::join_all;
use protocol::envelope::Envelope;
use protocol::event::{Author, Body, Kind};
use protocol::id::{EventId, UserId};
use protocol::room::RoomType;
use protocol::rpc::directory::{LeaveRoom, PatchRoom, PlacedRoom};
use testkit::{Postgres, eventually_for};

use crate::world::{SOON, World, now_ms};

async fn empty(world: &World) {
    eventually_for(SOON, "the outbox is empty", async || (world.number("SELECT count(*) FROM outbox").await == 0).then_some(()))
        .await;
}

/// Puts a change into the outbox as if a persister had written it and ended.
async fn leave_behind(world: &World, placed: &PlacedRoom, ver: u64, envelope: &Envelope, tried: Option<&str>) {
    let client = world.pools.writer().await.unwrap();
    let insert = "INSERT INTO outbox (home, shard, room, ver, author, event_id, payload, tried_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() - $8::text::interval)";
    let (home, shard) = (placed.shard.home.as_str(), i32::from(placed.shard.number));
    let (room, author) = (placed.room.room.as_str(), envelope.from.id.as_str());
    let (ver, payload, id) = (ver as i64, envelope.encode(), envelope.id.uuid());
    client.execute(insert, &[&home, &shard, &room, &ver, &author, &id, &payload, &tried]).await.unwrap();
}

fn topic(from: &UserId, ver: u64, text: &str) -> Envelope {
    Envelope {
        kind: Kind::Topic,
        id: EventId::at(now_ms()),
        from: Author { id: from.clone(), name: "ann".into(), author_type: Default::default() },
        target: None,
        emoji: None,
        remove: false,
        body: Some(Body::text(text)),
        ver: Some(ver),
    }
}

#[tokio::test]
async fn two_relays_side_by_side_keep_the_order() {
    let mut world = World::on(Postgres::shared().await.database().await).await;
    world.persister();
    world.persister();
    world.ready().await;
    let ann = world.user("ann").await;
    let rooms = [
        world.room(&ann, RoomType::Public).await,
        world.room(&ann, RoomType::Public).await,
        world.room(&ann, RoomType::Public).await,
    ];
    let users = join_all((0..4).map(async |n| world.user(&format!("user {n}")).await)).await;
    let joins = users.iter().flat_map(|user| rooms.iter().map(move |placed| (user, placed)));
    let joins = join_all(joins.map(async |(user, placed)| {
        for _ in 0..3 {
            world.join(user, placed).await;
            world.ask(LeaveRoom { user: user.clone(), room: placed.room.room.clone() }).await.unwrap();
        }
    }));
    let renames = join_all(rooms.iter().map(async |placed| {
        for n in 0..12 {
            let (user, room) = (ann.clone(), placed.room.room.clone());
            world.ask(PatchRoom { user, room, name: Some(format!("Name {n}")), topic: None }).await.unwrap();
        }
    }));
    futures_util::future::join(joins, renames).await;
    for placed in &rooms {
        let log = world.log(placed).await;
        // Created, joined; four users three times in and out; twelve names.
        let expected: Vec<u64> = (1..=2 + 4 * 3 * 2 + 12).collect();
        assert_eq!(log.iter().map(|(_, event)| event.ver.unwrap()).collect::<Vec<_>>(), expected);
    }
    empty(&world).await;
    world.stop().await;
}

#[tokio::test]
async fn what_a_crash_left_behind_is_carried_unasked() {
    let world = World::new().await;
    let ann = world.user("ann").await;
    let placed = world.room(&ann, RoomType::Public).await;
    leave_behind(&world, &placed, 3, &topic(&ann, 3, "never tried"), None).await;
    leave_behind(&world, &placed, 4, &topic(&ann, 4, "tried, and lost"), Some("10 minutes")).await;
    empty(&world).await;
    let log = world.log(&placed).await;
    let told: Vec<_> = log[2..].iter().map(|(_, event)| event.body.clone().unwrap().text.unwrap()).collect();
    assert_eq!(told, ["never tried", "tried, and lost"]);
}

#[tokio::test]
async fn a_late_row_that_is_in_the_log_is_not_published_again() {
    let world = World::new().await;
    let ann = world.user("ann").await;
    let placed = world.room(&ann, RoomType::Public).await;
    let stored = topic(&ann, 3, "stored, but nobody noted it");
    // Under another message id: the log's own window knows nothing of it, as after 5 minutes.
    world.say(&placed, &stored).await;
    leave_behind(&world, &placed, 3, &stored, Some("10 minutes")).await;
    empty(&world).await;
    assert_eq!(world.log(&placed).await.len(), 3);
}
