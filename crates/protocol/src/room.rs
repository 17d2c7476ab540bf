//! Rooms: what they are, who may do what in them, and a user's view of one.

use serde::{Deserialize, Serialize};

use crate::entry::EntryView;
use crate::id::{RoomId, UserId};
use crate::limits::SMALL_ROOM;

/// Who may read and join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomType {
    Public,
    Private,
    Direct,
}

/// A member's role in one room; greater may more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Member,
    Moderator,
    Owner,
}

/// A user's role on the whole site; greater may more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteRole {
    Member,
    Moderator,
    Admin,
}

macro_rules! texts {
    ($name:ident { $($variant:ident = $text:literal),+ }) => {
        impl $name {
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
texts!(RoomType { Public = "public", Private = "private", Direct = "direct" });
texts!(Role { Member = "member", Moderator = "moderator", Owner = "owner" });
texts!(SiteRole { Member = "member", Moderator = "moderator", Admin = "admin" });

/// Reading (attach, history, HTTP, resume): anyone signed in in public rooms, else members.
pub fn may_read(room_type: RoomType, role: Option<Role>) -> bool {
    room_type == RoomType::Public || role.is_some()
}

/// Deleting another's message.
pub fn may_delete_others(role: Option<Role>, site: SiteRole) -> bool {
    role >= Some(Role::Moderator) || site >= SiteRole::Moderator
}

/// Pinning: owner and moderators, in rooms of up to 50 members every member.
pub fn may_pin(role: Role, members: u64) -> bool {
    role >= Role::Moderator || members <= SMALL_ROOM
}

/// A user as the server shows him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub role: SiteRole,
    pub guest: bool,
}

/// A user's view of a room, as it stands on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Room {
    pub room: RoomId,
    pub name: String,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    pub head: u64,
    pub read: u64,
    pub unread: u64,
    pub mentions: u64,
    pub members: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<EntryView>,
}
