//! Joining, leaving, roles, removals, read marks.

use futures_util::future::join_all;
use protocol::code::Code;
use protocol::event::{Author, Body, Kind};
use protocol::id::{EventId, UserId};
use protocol::room::{Role, RoomType};
use protocol::rpc::directory::{
    AddMember, GetMemberships, GetStanding, JoinRoom, LeaveRoom, ListMembers, MarkRead, PlacedRoom, RemoveMember, SetRole,
};

use crate::world::{World, now_ms};

fn leave(user: &UserId, placed: &PlacedRoom) -> LeaveRoom {
    LeaveRoom { user: user.clone(), room: placed.room.room.clone() }
}

fn remove(actor: &UserId, placed: &PlacedRoom, user: &UserId) -> RemoveMember {
    RemoveMember { actor: actor.clone(), room: placed.room.room.clone(), user: user.clone() }
}

fn set_role(actor: &UserId, placed: &PlacedRoom, user: &UserId, role: Role) -> SetRole {
    SetRole { actor: actor.clone(), room: placed.room.room.clone(), user: user.clone(), role }
}

#[tokio::test]
async fn joining_and_leaving_again_is_the_same() {
    let world = World::new().await;
    let (ann, bo) = (world.user("ann").await, world.user("bo").await);
    let placed = world.room(&ann, RoomType::Public).await;
    for _ in 0..3 {
        assert_eq!(world.join(&bo, &placed).await.room.role, Some(Role::Member));
    }
    join_all((0..10).map(|_| world.join(&bo, &placed))).await;
    for _ in 0..3 {
        world.ask(leave(&bo, &placed)).await.unwrap();
    }
    let log = world.log(&placed).await;
    assert_eq!(log[2..].iter().map(|(_, event)| event.kind).collect::<Vec<_>>(), [Kind::Joined, Kind::Left]);
    assert!(log[2..].iter().all(|(_, event)| event.from.id == bo && event.target.is_none() && event.body.is_none()));
    assert_eq!(world.look(&ann, &placed).await.room.members, 1);
    world.stop().await;
}

#[tokio::test]
async fn fifty_join_at_once() {
    let world = World::new().await;
    let ann = world.user("ann").await;
    let placed = world.room(&ann, RoomType::Public).await;
    let users = join_all((0..50).map(async |n| world.user(&format!("user {n}")).await)).await;
    let joined = join_all(users.iter().map(|user| world.join(user, &placed))).await;
    assert!(joined.iter().all(|placed| placed.room.role == Some(Role::Member)));
    let log = world.log(&placed).await;
    assert_eq!(log.iter().map(|(_, event)| event.ver.unwrap()).collect::<Vec<_>>(), (1..=52).collect::<Vec<_>>());
    let mut named: Vec<_> = log[2..].iter().map(|(_, event)| event.from.id.clone()).collect();
    named.sort_unstable();
    let mut expected = users.clone();
    expected.sort_unstable();
    assert_eq!(named, expected);
    assert_eq!(world.look(&ann, &placed).await.room.members, 51);
    let list = |after: Option<UserId>| ListMembers { user: ann.clone(), room: placed.room.room.clone(), after, limit: 20 };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = world.ask(list(after)).await.unwrap();
        assert!(page.members.iter().all(|member| member.read.is_none()), "above 50 members nobody sees the marks");
        after = page.members.last().map(|member| member.id.clone());
        seen.extend(page.members);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen.len(), 51);
    assert_eq!(seen.iter().filter(|member| member.role == Role::Owner).map(|member| &member.id).collect::<Vec<_>>(), [&ann]);
}

#[tokio::test]
async fn who_may_leave() {
    let world = World::new().await;
    let (ann, bo) = (world.user("ann").await, world.user("bo").await);
    let placed = world.room(&ann, RoomType::Public).await;
    world.join(&bo, &placed).await;
    assert_eq!(world.refused(leave(&ann, &placed)).await, Code::Conflict, "the only owner of a room with others");
    assert_eq!(world.refused(set_role(&ann, &placed, &ann, Role::Member)).await, Code::Conflict);
    world.ask(set_role(&ann, &placed, &bo, Role::Owner)).await.unwrap();
    world.ask(leave(&ann, &placed)).await.unwrap();
    world.ask(leave(&bo, &placed)).await.unwrap();
    assert_eq!(world.look(&bo, &placed).await.room.members, 0);
    let direct = world.direct(&ann, &bo).await;
    assert_eq!(world.refused(leave(&ann, &direct)).await, Code::Conflict);
    assert_eq!(world.refused(remove(&ann, &direct, &bo)).await, Code::Conflict);
}

#[tokio::test]
async fn roles_are_given_by_those_above() {
    let world = World::new().await;
    let [owner, moderator, member, stranger] = ["o", "m", "x", "s"].map(|name| world.user(name));
    let (owner, moderator, member, stranger) = (owner.await, moderator.await, member.await, stranger.await);
    let placed = world.room(&owner, RoomType::Private).await;
    let add = |actor: &UserId, user: &UserId, role: Option<Role>| AddMember {
        actor: actor.clone(),
        room: placed.room.room.clone(),
        user: user.clone(),
        role,
    };
    assert_eq!(world.ask(add(&owner, &moderator, Some(Role::Moderator))).await.unwrap().role, Role::Moderator);
    assert_eq!(world.ask(add(&moderator, &member, None)).await.unwrap().role, Role::Member);
    let ver = world.look(&owner, &placed).await.ver;
    world.ask(add(&moderator, &member, None)).await.unwrap();
    assert_eq!(world.look(&owner, &placed).await.ver, ver, "a member already");
    assert_eq!(world.refused(add(&moderator, &stranger, Some(Role::Moderator))).await, Code::Forbidden);
    assert_eq!(world.refused(add(&member, &stranger, None)).await, Code::Forbidden);
    assert_eq!(world.refused(add(&stranger, &stranger, None)).await, Code::NotFound);
    assert_eq!(world.refused(set_role(&moderator, &placed, &member, Role::Moderator)).await, Code::Forbidden);
    assert_eq!(world.refused(set_role(&owner, &placed, &stranger, Role::Member)).await, Code::NotFound);
    assert_eq!(world.refused(remove(&moderator, &placed, &owner)).await, Code::Forbidden);
    assert_eq!(world.refused(remove(&member, &placed, &moderator)).await, Code::Forbidden);
    world.ask(remove(&moderator, &placed, &member)).await.unwrap();
    world.ask(remove(&moderator, &placed, &member)).await.unwrap();
    let removed = world.log(&placed).await.pop().unwrap().1;
    assert_eq!((removed.kind, &removed.from.id, removed.concerned()), (Kind::Left, &moderator, &member));
    world.ask(set_role(&owner, &placed, &moderator, Role::Owner)).await.unwrap();
    world.ask(set_role(&moderator, &placed, &owner, Role::Member)).await.unwrap();
    let told = world.log(&placed).await.pop().unwrap().1;
    assert_eq!((told.kind, told.concerned(), told.body.clone()), (Kind::Role, &owner, Some(Body::text("member"))));
}

#[tokio::test]
async fn a_gateway_learns_where_a_user_stands() {
    let world = World::new().await;
    let (ann, bo) = (world.user("ann").await, world.user("bo").await);
    let mut rooms = Vec::new();
    for _ in 0..5 {
        rooms.push(world.room(&ann, RoomType::Private).await);
    }
    let page = |after| GetMemberships { user: ann.clone(), after, limit: 3 };
    let first = world.ask(page(None)).await.unwrap();
    assert_eq!((first.user.name.as_str(), first.rooms.len(), first.more), ("ann", 3, true));
    let second = world.ask(page(Some(first.rooms[2].room.clone()))).await.unwrap();
    assert!(!second.more);
    let mut seen: Vec<_> = first.rooms.iter().chain(&second.rooms).map(|known| known.room.clone()).collect();
    assert!(first.rooms.iter().all(|known| known.role == Role::Owner && known.ver == 2 && known.members == 1));
    seen.sort_unstable();
    let mut expected: Vec<_> = rooms.iter().map(|placed| placed.room.room.clone()).collect();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    let standing = world.ask(GetStanding { room: rooms[0].room.room.clone(), user: bo.clone() }).await.unwrap();
    assert_eq!((standing.role, standing.info.shard, standing.info.ver), (None, rooms[0].shard.clone(), 2));
    assert_eq!(world.refused(GetStanding { room: bo.clone(), user: ann }).await, Code::NotFound);
    let nobody = GetMemberships { user: protocol::id::Name::fresh(), after: None, limit: 1 };
    assert_eq!(world.refused(nobody).await, Code::NotFound);
    assert_eq!(world.refused(JoinRoom { user: bo.clone(), room: bo }).await, Code::NotFound);
}

#[tokio::test]
async fn read_marks_only_rise_and_count_what_is_new() {
    let world = World::new().await;
    let (ann, bo) = (world.user("ann").await, world.user("bo").await);
    let placed = world.room(&ann, RoomType::Public).await;
    let message = |from: &UserId, text: String, mentions: Vec<UserId>| protocol::envelope::Envelope {
        kind: Kind::Message,
        id: EventId::at(now_ms()),
        from: Author { id: from.clone(), name: "x".into(), author_type: Default::default() },
        target: None,
        emoji: None,
        remove: false,
        body: Some(Body { mentions, ..Body::text(text) }),
        ver: None,
    };
    world.say(&placed, &message(&ann, "before".into(), vec![])).await;
    world.join(&bo, &placed).await;
    let joined = world.log(&placed).await.last().unwrap().0;
    world.archived(&placed, joined).await;
    let seen = world.look(&bo, &placed).await.room;
    assert_eq!((seen.read, seen.unread), (joined, 0), "reading begins at one's own joined");
    let one = world.say(&placed, &message(&ann, "one".into(), vec![])).await;
    let two = world.say(&placed, &message(&ann, format!("<@{bo}>"), vec![bo.clone()])).await;
    world.say(&placed, &message(&bo, "mine".into(), vec![])).await;
    let seen = world.look(&bo, &placed).await.room;
    assert_eq!((seen.unread, seen.mentions), (2, 1));
    assert_eq!(seen.last.unwrap().body.unwrap().text.as_deref(), Some("mine"));

    let mark =
        |user: &UserId, seq, head| MarkRead { user: user.clone(), room: placed.room.room.clone(), seq, head, unseen: false };
    let marked = world.ask(mark(&bo, one, two)).await.unwrap();
    assert_eq!((marked.seq, marked.moved, marked.members), (one, true, 2));
    let back = world.ask(mark(&bo, 1, two)).await.unwrap();
    assert_eq!((back.seq, back.moved), (one, false));
    assert_eq!(world.look(&bo, &placed).await.room.unread, 1);
    let above = world.ask(mark(&bo, u64::MAX >> 11, two)).await.unwrap();
    assert_eq!((above.seq, above.moved), (two, true), "beyond the head is the head");
    let seen = world.look(&bo, &placed).await.room;
    assert_eq!((seen.unread, seen.mentions), (0, 0));
    let members = ListMembers { user: ann.clone(), room: placed.room.room.clone(), after: None, limit: 10 };
    let marks = world.ask(members).await.unwrap().members;
    assert_eq!(marks.iter().find(|member| member.id == bo).unwrap().read, Some(two));
    let stranger = world.user("stranger").await;
    assert_eq!(world.refused(mark(&stranger, 1, 1)).await, Code::NotFound);
}
