//! Lists of rooms, also of a user with 5,000.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use protocol::room::{RoomType, may_read};
use protocol::rpc::directory::{GetMemberships, ListOwnRooms, ListPublicRooms};

use crate::world::World;

#[tokio::test]
async fn own_rooms_come_newest_first_and_page_by_page() {
    let world = World::new().await;
    let (ann, bo) = (world.user("ann").await, world.user("bo").await);
    let mut made = Vec::new();
    for room_type in [RoomType::Public, RoomType::Private, RoomType::Public, RoomType::Private, RoomType::Public] {
        made.push(world.room(&ann, room_type).await);
    }
    // The first becomes the newest.
    world.join(&bo, &made[0]).await;
    for placed in &made {
        let head = world.log(placed).await.last().unwrap().0;
        world.archived(placed, head).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = world.ask(ListOwnRooms { user: ann.clone(), after, limit: 2 }).await.unwrap();
        after = page.rooms.last().map(|placed| placed.room.room.clone());
        seen.extend(page.rooms.into_iter().map(|placed| placed.room.room));
        if !page.more {
            break;
        }
    }
    let expected = [0, 4, 3, 2, 1].map(|n: usize| made[n].room.room.clone());
    assert_eq!(seen, expected);

    let (mut public, mut after) = (HashSet::new(), None);
    loop {
        let page = world.ask(ListPublicRooms { user: bo.clone(), after, limit: 1 }).await.unwrap();
        after = page.rooms.last().map(|placed| placed.room.room.clone());
        assert!(page.rooms.iter().all(|placed| may_read(placed.room.room_type, None)));
        for placed in page.rooms {
            assert!(public.insert(placed.room.room), "no room comes twice");
        }
        if !page.more {
            break;
        }
    }
    assert_eq!(public, [0, 2, 4].map(|n: usize| made[n].room.room.clone()).into());
}

#[tokio::test]
async fn five_thousand_rooms_are_no_burden() {
    let world = World::new().await;
    let ann = world.user("ann").await;
    let client = world.pools.writer().await.unwrap();
    let rooms = "INSERT INTO rooms (id, type, name, home, shard, ver, members) \
         SELECT 'room' || n, 'private', 'Room ' || n, 'local', n % 2, 2, 1 FROM generate_series(1, 5000) n";
    client.execute(rooms, &[]).await.unwrap();
    let members = "INSERT INTO members (room, user_id, role, joined_seq) SELECT 'room' || n, $1, 'owner', 1 FROM generate_series(1, 5000) n";
    client.execute(members, &[&ann.as_str()]).await.unwrap();
    let state =
        "INSERT INTO room_state (room, head, last_entry, active_ts) SELECT 'room' || n, 1, 0, n FROM generate_series(1, 5000) n";
    client.execute(state, &[]).await.unwrap();
    client.batch_execute("ANALYZE").await.unwrap();
    drop(client);

    let began = Instant::now();
    let (mut seen, mut after) = (HashSet::new(), None);
    loop {
        let page = world.ask(GetMemberships { user: ann.clone(), after, limit: 2_000 }).await.unwrap();
        after = page.rooms.last().map(|known| known.room.clone());
        seen.extend(page.rooms.into_iter().map(|known| known.room));
        if !page.more {
            break;
        }
    }
    let memberships = began.elapsed();
    let newest = world.ask(ListOwnRooms { user: ann.clone(), after: None, limit: 100 }).await.unwrap();
    let took = began.elapsed();
    assert_eq!(seen.len(), 5_000);
    assert_eq!((newest.rooms.len(), newest.more, newest.rooms[0].room.name.as_str()), (100, true, "Room 5000"));
    assert_eq!(newest.rooms[99].room.name, "Room 4901");
    assert!(took < Duration::from_secs(2), "a hello took {took:?}");
    println!("memberships of 5,000 rooms in {memberships:?}, the newest 100 rooms in {:?}", took - memberships);
}
