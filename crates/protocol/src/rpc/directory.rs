//! `directory.*` requests about rooms and members. Answers come from the primary and carry the room's `ver`.

use serde::{Deserialize, Serialize};

use super::{Done, request};
use crate::entry::EntryView;
use crate::id::{RoomId, UserId};
use crate::presence::{State, Status};
use crate::room::{Role, Room, RoomType, User};
use crate::subject::Shard;

/// One user's standing in one room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub room: RoomId,
    pub room_type: RoomType,
    pub shard: Shard,
    pub role: Role,
    /// Version of the room in which this is true.
    pub ver: u64,
    /// Members of the room, for the rule of pins.
    pub members: u64,
}

/// A room's fixed and changing facts, without any viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    pub room: RoomId,
    pub room_type: RoomType,
    pub shard: Shard,
    pub ver: u64,
    pub members: u64,
}

/// Who a user is and where he is a member, a page at a time in the order of room ids; for a gateway at `hello`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetMemberships {
    pub user: UserId,
    pub after: Option<RoomId>,
    /// At most 5,000.
    pub limit: u64,
}
request!(GetMemberships => Memberships, "directory.memberships");

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memberships {
    pub user: User,
    pub status: Status,
    pub rooms: Vec<Membership>,
    pub more: bool,
}

/// A room and one user's role in it, whether or not he may know of it. `not_found` when there is no such room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetStanding {
    pub room: RoomId,
    pub user: UserId,
}
request!(GetStanding => Standing, "directory.standing");

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub info: RoomInfo,
    pub role: Option<Role>,
}

/// A viewer's `Room` with what a gateway needs of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlacedRoom {
    pub room: Room,
    pub shard: Shard,
    pub ver: u64,
}

/// The user's own rooms, newest activity first, after the room `after` in that order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListOwnRooms {
    pub user: UserId,
    pub after: Option<RoomId>,
    /// At most 200.
    pub limit: u64,
}
request!(ListOwnRooms => RoomPage, "directory.own_rooms");

/// Public rooms in a stable order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListPublicRooms {
    pub user: UserId,
    pub after: Option<RoomId>,
    pub limit: u64,
}
request!(ListPublicRooms => RoomPage, "directory.public_rooms");

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomPage {
    pub rooms: Vec<PlacedRoom>,
    pub more: bool,
}

/// One room as the user may see it; `not_found` for a private or direct room of others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetRoom {
    pub user: UserId,
    pub room: RoomId,
}
request!(GetRoom => PlacedRoom, "directory.room");

/// `peer` is for `direct` alone: the one room of the two.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreateRoom {
    pub user: UserId,
    pub room_type: RoomType,
    pub name: Option<String>,
    pub topic: Option<String>,
    pub peer: Option<UserId>,
}
request!(CreateRoom => CreatedRoom, "directory.create_room");

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreatedRoom {
    pub placed: PlacedRoom,
    /// False when a direct room of the two was there.
    pub created: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PatchRoom {
    pub user: UserId,
    pub room: RoomId,
    pub name: Option<String>,
    pub topic: Option<String>,
}
request!(PatchRoom => PlacedRoom, "directory.patch_room");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinRoom {
    pub user: UserId,
    pub room: RoomId,
}
request!(JoinRoom => PlacedRoom, "directory.join");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LeaveRoom {
    pub user: UserId,
    pub room: RoomId,
}
request!(LeaveRoom => Done, "directory.leave");

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: UserId,
    pub name: String,
    pub role: Role,
    /// His read mark, in rooms of up to 50 members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<u64>,
    /// Told by the presence service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When he was last seen online, in milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListMembers {
    pub user: UserId,
    pub room: RoomId,
    pub after: Option<UserId>,
    pub limit: u64,
}
request!(ListMembers => MemberPage, "directory.members");

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPage {
    /// The role of who asks.
    pub viewer: Option<Role>,
    pub members: Vec<Member>,
    pub more: bool,
}

/// Adds a member; of a member it sets the role when one is named.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddMember {
    pub actor: UserId,
    pub room: RoomId,
    pub user: UserId,
    pub role: Option<Role>,
}
request!(AddMember => Member, "directory.add_member");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetRole {
    pub actor: UserId,
    pub room: RoomId,
    pub user: UserId,
    pub role: Role,
}
request!(SetRole => Member, "directory.set_role");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RemoveMember {
    pub actor: UserId,
    pub room: RoomId,
    pub user: UserId,
}
request!(RemoveMember => Done, "directory.remove_member");

/// Moves a member's read mark. `head` bounds it; the answer is the mark as it stands now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MarkRead {
    pub user: UserId,
    pub room: RoomId,
    pub seq: u64,
    pub head: u64,
    /// The reader is invisible: others do not see the mark move.
    #[serde(default)]
    pub unseen: bool,
}
request!(MarkRead => ReadMark, "directory.read");

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMark {
    pub seq: u64,
    /// It moved by this request: others must be told.
    pub moved: bool,
    pub members: u64,
}

/// Keeps what a user chose to be, and tells his other devices.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetStatus {
    pub user: UserId,
    pub status: Status,
}
request!(SetStatus => Done, "directory.set_status");

/// When users were last seen online, in milliseconds since 1970 UTC; an older time changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteSeen {
    pub users: Vec<(UserId, u64)>,
}
request!(NoteSeen => Done, "directory.note_seen");

/// Somebody sent or read in a public room, in a minute since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub room: RoomId,
    pub user: UserId,
    pub minute: u64,
}

/// Keeps the newest mark of each (room, user) for the ranking after a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteActive {
    pub marks: Vec<Mark>,
}
request!(NoteActive => Done, "directory.note_active");

/// Marks since a minute, in the order of (room, user), a page after a place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetActive {
    pub since: u64,
    pub after: Option<(RoomId, UserId)>,
    /// At most 5,000.
    pub limit: u64,
}
request!(GetActive => Vec<Mark>, "directory.active");

/// What the ranked list shows of public rooms; others are left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetFacts {
    /// At most 200.
    pub rooms: Vec<RoomId>,
}
request!(GetFacts => Vec<RoomFacts>, "directory.facts");

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomFacts {
    pub room: RoomId,
    pub name: String,
    pub last: Option<EntryView>,
}
