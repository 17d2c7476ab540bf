//! NATS or Postgres away, and back.

use std::time::{Duration, Instant};

use protocol::code::Code;
use protocol::event::Kind;
use protocol::room::{Role, RoomType};
use protocol::rpc::account::{GetUser, Guest};
use protocol::rpc::directory::{GetRoom, JoinRoom};
use testkit::{Postgres, eventually_for};

use crate::world::{SOON, World};

/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(13);

#[tokio::test]
async fn a_join_while_the_log_is_frozen_is_made_once_later() {
    let world = World::new().await;
    let (ann, bo) = (world.user("ann").await, world.user("bo").await);
    let placed = world.room(&ann, RoomType::Public).await;
    let join = || JoinRoom { user: bo.clone(), room: placed.room.room.clone() };
    // The change is committed while the log takes nothing: as if NATS had died right after the request came.
    let client = world.pools.writer().await.unwrap();
    let number = i32::from(placed.shard.number);
    client.execute("SELECT pg_advisory_lock($1, $2)", &[&0x6f75_7462_i32, &number]).await.unwrap();
    let began = Instant::now();
    assert_eq!(world.refused(join()).await, Code::Unavailable);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    let kinds = async || world.log(&placed).await.iter().map(|(_, event)| event.kind).collect::<Vec<_>>();
    assert_eq!(kinds().await, [Kind::Created, Kind::Joined]);
    client.execute("SELECT pg_advisory_unlock($1, $2)", &[&0x6f75_7462_i32, &number]).await.unwrap();
    drop(client);
    let joined = eventually_for(SOON, "the retry passes", async || world.ask(join()).await.ok()).await;
    assert_eq!(joined.room.role, Some(Role::Member));
    assert_eq!(kinds().await, [Kind::Created, Kind::Joined, Kind::Joined]);
}

#[tokio::test]
async fn the_directory_survives_a_restart_of_nats() {
    let world = World::new().await;
    let (ann, bo) = (world.user("ann").await, world.user("bo").await);
    let placed = world.room(&ann, RoomType::Public).await;
    let join = || JoinRoom { user: bo.clone(), room: placed.room.room.clone() };
    world.nats.kill().await;
    assert_eq!(world.refused(join()).await, Code::Unavailable);
    world.nats.restart().await;
    eventually_for(SOON, "the retry passes", async || world.ask(join()).await.ok()).await;
    assert_eq!(world.log(&placed).await.len(), 3);
    world.stop().await;
}

#[tokio::test]
async fn requests_are_refused_while_postgres_is_away_and_pass_again() {
    let postgres = Postgres::start().await;
    let mut world = World::on(postgres.database().await).await;
    world.persister();
    world.ready().await;
    let ann = world.user("ann").await;
    let placed = world.room(&ann, RoomType::Public).await;
    postgres.kill().await;
    let began = Instant::now();
    assert_eq!(world.refused(GetRoom { user: ann.clone(), room: placed.room.room.clone() }).await, Code::Unavailable);
    assert_eq!(world.refused(Guest { name: None }).await, Code::Unavailable);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    postgres.start_again().await;
    eventually_for(SOON, "the directory is back", async || world.ask(GetUser { user: ann.clone() }).await.ok()).await;
    assert_eq!(world.look(&ann, &placed).await.room.members, 1);
    world.ready().await;
    world.stop().await;
}
