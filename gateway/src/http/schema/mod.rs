//! Shapes of the wire for the description of the API; what is sent and read are `protocol`'s types and the handlers' own.

mod params;
mod presence;
mod request;
mod said;

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

pub use params::{Cursor, MemberPath, Page, RoomPath, Search, Size, UserPath, Window};
pub use presence::{Overview, People, Ranked, State};
pub use request::{Credentials, GuestBody, LogoutBody, MeBody, NewMember, NewRole, NewRoom, RefreshBody, RoomPatch};
pub use said::{Entry, Events, History};

/// Every refusal of the API.
pub struct Refused;

impl IntoResponses for Refused {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        const REFUSALS: [(u16, &str); 12] = [
            (400, "`bad_request`: what was sent is wrong"),
            (401, "`unauthenticated`: log in, or refresh the token"),
            (403, "`forbidden`"),
            (404, "`not_found`: it does not exist, or not for you"),
            (405, "`bad_request`: the address does not know the method"),
            (408, "`bad_request`: the body did not come in time"),
            (409, "`conflict`"),
            (413, "`too_large`: the body has more than 64 KiB"),
            (415, "`bad_request`: the body is no JSON"),
            (429, "`rate_limited`: try again after `Retry-After` seconds"),
            (500, "`internal`"),
            (503, "`unavailable`: try again after `Retry-After` seconds"),
        ];
        let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response =
            |description| ResponseBuilder::new().description(description).content("application/problem+json", content());
        REFUSALS.map(|(status, description)| (status.to_string(), response(description).build().into())).into()
    }
}

/// RFC 9457.
#[derive(ToSchema)]
pub struct Problem {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    /// Stable; a client ignores codes that it does not know.
    code: String,
    retry_after_ms: Option<u64>,
    head: Option<u64>,
}

/// An opaque name of a user or a room.
#[derive(ToSchema)]
#[schema(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "0FQ3zA9cQvWb6lRfR9mXyC")]
pub struct Id(String);

/// A login with its tokens.
#[derive(ToSchema)]
pub struct Session {
    user: User,
    access_token: String,
    refresh_token: String,
    /// Of the access token, in milliseconds since 1970 UTC.
    expires_at: u64,
}

#[derive(ToSchema)]
pub struct User {
    id: Id,
    name: String,
    /// `admin`, `moderator` or `member` of the site.
    role: String,
    guest: bool,
}

#[derive(ToSchema)]
pub struct FoundUsers {
    users: Vec<FoundUser>,
}

#[derive(ToSchema)]
pub struct FoundUser {
    id: Id,
    name: String,
    guest: bool,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum RoomType {
    Public,
    Private,
    Direct,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Moderator,
    Member,
}

/// A room as one user sees it, as of `head`.
#[derive(ToSchema)]
pub struct Room {
    room: Id,
    name: String,
    r#type: RoomType,
    topic: Option<String>,
    /// Absent: no member.
    role: Option<Role>,
    head: u64,
    read: u64,
    /// 1,000: more than 999.
    unread: u64,
    mentions: u64,
    members: u64,
    last: Option<Entry>,
}

#[derive(ToSchema)]
pub struct Rooms {
    rooms: Vec<Room>,
    /// `after` of the next page.
    next: Option<String>,
}

#[derive(ToSchema)]
pub struct Member {
    id: Id,
    name: String,
    role: Role,
    /// His read mark, in rooms of up to 50 members.
    read: Option<u64>,
    /// Absent: offline, or invisible, or the caller is no member.
    state: Option<State>,
    text: Option<String>,
    /// When he was last seen online, in milliseconds since 1970 UTC.
    seen: Option<u64>,
}

#[derive(ToSchema)]
pub struct Members {
    members: Vec<Member>,
    /// `after` of the next page.
    next: Option<String>,
}

#[derive(ToSchema)]
pub struct Stats {
    users: u64,
    sockets: u64,
    rooms: u64,
    messages_per_second: f64,
}
