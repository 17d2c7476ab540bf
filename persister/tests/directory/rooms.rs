//! Making rooms and changing them; what the log is told of it.

use futures_util::future::join_all;
use protocol::code::Code;
use protocol::event::Kind;
use protocol::room::{Role, RoomType};
use protocol::rpc::directory::{CreateRoom, PatchRoom};

use crate::world::World;

#[tokio::test]
async fn a_room_begins_with_its_creation_and_its_creator() {
    let world = World::new().await;
    let ann = world.user("ann").await;
    let create = CreateRoom {
        user: ann.clone(),
        room_type: RoomType::Public,
        name: Some("  Tea room ".into()),
        topic: Some("leaves".into()),
        peer: None,
    };
    let made = world.ask(create).await.unwrap();
    assert!(made.created);
    let room = &made.placed.room;
    assert_eq!((room.name.as_str(), room.topic.as_deref(), room.role), ("Tea room", Some("leaves"), Some(Role::Owner)));
    assert_eq!((room.members, room.unread, made.placed.ver), (1, 0, 2));
    let log = world.log(&made.placed).await;
    let told: Vec<_> = log.iter().map(|(_, event)| (event.kind, event.ver, event.body.clone().unwrap().text.unwrap())).collect();
    assert_eq!(told, [(Kind::Created, Some(1), "Tea room".into()), (Kind::Joined, Some(2), "owner".into())]);
    assert!(log.iter().all(|(_, event)| event.from.id == ann && event.from.name == "ann" && event.target.is_none()));

    world.archived(&made.placed, log[1].0).await;
    let seen = world.look(&ann, &made.placed).await.room;
    assert_eq!((seen.head, seen.read, seen.unread), (log[1].0, log[1].0, 0), "reading begins at one's own joined");
    assert_eq!(world.number("SELECT count(*) FROM outbox").await, 0);
    world.stop().await;
}

#[tokio::test]
async fn rooms_are_dealt_out_evenly() {
    let world = World::new().await;
    let ann = world.user("ann").await;
    let mut shards = Vec::new();
    for _ in 0..6 {
        shards.push(world.room(&ann, RoomType::Private).await.shard.number);
    }
    assert_eq!(shards.iter().filter(|shard| **shard == 0).count(), 3, "{shards:?}");
}

#[tokio::test]
async fn names_and_topics_have_sizes() {
    let world = World::new().await;
    let user = world.user("ann").await;
    let create = |name: Option<&str>, topic: Option<&str>| CreateRoom {
        user: user.clone(),
        room_type: RoomType::Public,
        name: name.map(Into::into),
        topic: topic.map(Into::into),
        peer: None,
    };
    for name in [None, Some(""), Some("a\u{0}"), Some("x".repeat(81).as_str())] {
        assert_eq!(world.refused(create(name, None)).await, Code::BadRequest, "{name:?}");
    }
    assert_eq!(world.refused(create(Some("room"), Some(&"x".repeat(251)))).await, Code::BadRequest);
    world.ask(create(Some(&"방".repeat(80)), Some(&"제".repeat(250)))).await.unwrap();
}

#[tokio::test]
async fn two_have_one_direct_room() {
    let world = World::new().await;
    let (ann, bo) = (world.user("Ann").await, world.user("Bo").await);
    let create = |user: &protocol::id::UserId, peer: &protocol::id::UserId| CreateRoom {
        user: user.clone(),
        room_type: RoomType::Direct,
        name: None,
        topic: None,
        peer: Some(peer.clone()),
    };
    let asked = join_all((0..12).map(|n| world.ask(if n % 2 == 0 { create(&ann, &bo) } else { create(&bo, &ann) }))).await;
    let asked: Vec<_> = asked.into_iter().map(Result::unwrap).collect();
    assert_eq!(asked.iter().filter(|made| made.created).count(), 1);
    assert!(asked.iter().all(|made| made.placed.room.room == asked[0].placed.room.room));
    let placed = &asked[0].placed;
    assert_eq!(world.look(&ann, placed).await.room.name, "Bo");
    assert_eq!(world.look(&bo, placed).await.room.name, "Ann");
    let log = world.log(placed).await;
    assert_eq!(log.iter().map(|(_, event)| event.kind).collect::<Vec<_>>(), [Kind::Created, Kind::Joined, Kind::Joined]);
    let mut both = [log[1].1.concerned().clone(), log[2].1.concerned().clone()];
    both.sort_unstable();
    let mut expected = [ann.clone(), bo.clone()];
    expected.sort_unstable();
    assert_eq!(both, expected);
    assert_eq!(world.refused(create(&ann, &ann)).await, Code::BadRequest);
    assert_eq!(world.refused(create(&ann, &protocol::id::Name::fresh())).await, Code::NotFound);
}

#[tokio::test]
async fn renaming_is_told_once_and_only_by_those_who_may() {
    let world = World::new().await;
    let (ann, bo) = (world.user("ann").await, world.user("bo").await);
    let placed = world.room(&ann, RoomType::Public).await;
    world.join(&bo, &placed).await;
    let patch = |user: &protocol::id::UserId, name: Option<&str>, topic: Option<&str>| PatchRoom {
        user: user.clone(),
        room: placed.room.room.clone(),
        name: name.map(Into::into),
        topic: topic.map(Into::into),
    };
    assert_eq!(world.refused(patch(&bo, Some("Mine"), None)).await, Code::Forbidden);
    assert_eq!(world.refused(patch(&ann, Some(" "), None)).await, Code::BadRequest);
    let changed = world.ask(patch(&ann, Some("Yours"), Some("news"))).await.unwrap();
    assert_eq!((changed.room.name.as_str(), changed.room.topic.as_deref(), changed.ver), ("Yours", Some("news"), 5));
    assert_eq!(world.ask(patch(&ann, Some("Yours"), Some("news"))).await.unwrap().ver, 5, "again: no second event");
    world.add(&ann, &placed, &bo, Role::Moderator).await;
    let cleared = world.ask(patch(&bo, None, Some(""))).await.unwrap();
    assert_eq!(cleared.room.topic, None);
    let log = world.log(&placed).await;
    let told: Vec<_> = log[3..].iter().map(|(_, event)| (event.kind, event.body.clone().unwrap().text.unwrap())).collect();
    let expected = [(Kind::Renamed, "Yours"), (Kind::Topic, "news"), (Kind::Role, "moderator"), (Kind::Topic, "")];
    assert_eq!(told, expected.map(|(kind, text)| (kind, text.to_owned())));
    assert!(log.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1.ver.unwrap() + 1 == pair[1].1.ver.unwrap()));
}
