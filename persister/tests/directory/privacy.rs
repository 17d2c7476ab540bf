//! Private and direct rooms do not exist for others.

use protocol::code::{Code, Refusal};
use protocol::id::UserId;
use protocol::room::{Role, RoomType};
use protocol::rpc::directory::{
    AddMember, GetRoom, JoinRoom, LeaveRoom, ListMembers, ListOwnRooms, ListPublicRooms, MarkRead, PatchRoom, PlacedRoom,
    RemoveMember, SetRole,
};

use crate::world::World;

/// Every way to a room; each answer as if there were none.
async fn invisible(world: &World, placed: &PlacedRoom, outsider: &UserId, insider: &UserId) {
    let (room, nowhere) = (placed.room.room.clone(), protocol::id::Name::fresh());
    let mut answers: Vec<(&str, [Option<Refusal>; 2])> = Vec::new();
    macro_rules! both {
        ($name:literal, $request:expr) => {
            let ask = async |room: UserId| world.ask($request(room)).await.err();
            answers.push(($name, [ask(room.clone()).await, ask(nowhere.clone()).await]));
        };
    }
    let user = || outsider.clone();
    both!("room", |room| GetRoom { user: user(), room });
    both!("join", |room| JoinRoom { user: user(), room });
    both!("patch", |room| PatchRoom { user: user(), room, name: Some("mine".into()), topic: None });
    both!("members", |room| ListMembers { user: user(), room, after: None, limit: 10 });
    both!("add", |room| AddMember { actor: user(), room, user: user(), role: None });
    both!("remove", |room| RemoveMember { actor: user(), room, user: insider.clone() });
    both!("role", |room| SetRole { actor: user(), room, user: user(), role: Role::Owner });
    both!("read", |room| MarkRead { user: user(), room, seq: 1, head: 1, unseen: false });
    for (name, [hidden, missing]) in answers {
        assert_eq!(hidden.as_ref().map(|refusal| refusal.code), Some(Code::NotFound), "{name}");
        assert_eq!(hidden, missing, "{name} tells that there is a room");
    }
    let public = world.ask(ListPublicRooms { user: user(), after: None, limit: 200 }).await.unwrap();
    let own = world.ask(ListOwnRooms { user: user(), after: None, limit: 200 }).await.unwrap();
    assert!(public.rooms.iter().chain(&own.rooms).all(|listed| listed.room.room != room));
}

#[tokio::test]
async fn a_private_room_is_not_there_for_others() {
    let world = World::new().await;
    let (ann, bo, eve) = (world.user("ann").await, world.user("bo").await, world.user("eve").await);
    let private = world.room(&ann, RoomType::Private).await;
    let direct = world.direct(&ann, &bo).await;
    for placed in [&private, &direct] {
        invisible(&world, placed, &eve, &ann).await;
        let leave = LeaveRoom { user: eve.clone(), room: placed.room.room.clone() };
        assert_eq!(world.refused(leave).await, Code::NotFound);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_removed_member_is_an_outsider_again() {
    let world = World::new().await;
    let (ann, eve) = (world.user("ann").await, world.user("eve").await);
    let placed = world.room(&ann, RoomType::Private).await;
    world.add(&ann, &placed, &eve, Role::Member).await;
    assert_eq!(world.look(&eve, &placed).await.room.members, 2);
    let remove = RemoveMember { actor: ann.clone(), room: placed.room.room.clone(), user: eve.clone() };
    world.ask(remove).await.unwrap();
    invisible(&world, &placed, &eve, &ann).await;
    // Leaving again is the same for one who left, and no event.
    let events = world.log(&placed).await.len();
    world.ask(LeaveRoom { user: eve.clone(), room: placed.room.room.clone() }).await.unwrap();
    assert_eq!(world.log(&placed).await.len(), events);
}
