//! `/v1/rooms`: making, finding, changing, joining, leaving.

use axum::Json;
use axum::extract::State;
use http::{StatusCode, header};
use protocol::code::Refusal;
use protocol::id::{Name, RoomId};
use protocol::room::{Room, RoomType};
use protocol::rpc::directory::{CreateRoom, GetRoom, JoinRoom, LeaveRoom, ListPublicRooms, PatchRoom};
use serde::{Deserialize, Serialize};

use super::Http;
use super::body::{Body, Text};
use super::caller::Caller;
use super::problem::Problem;
use super::query::{Ids, Params};
use super::schema;

/// Rooms of a page when the caller names no limit, and at most.
const PAGE: u64 = 50;
const MOST: u64 = 200;

#[derive(Deserialize)]
pub struct NewRoom {
    name: Option<Text>,
    #[serde(rename = "type")]
    room_type: Text,
    topic: Option<Text>,
    user: Option<Text>,
}

#[derive(Deserialize)]
pub struct RoomPatch {
    name: Option<Text>,
    topic: Option<Text>,
}

#[derive(Serialize)]
pub struct Rooms {
    rooms: Vec<Room>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<RoomId>,
}

/// Public rooms.
#[utoipa::path(get, path = "/v1/rooms", tag = "rooms", params(schema::Page),
    responses((status = 200, description = "A page of rooms", body = schema::Rooms), schema::Refused))]
pub async fn list_rooms(State(http): State<Http>, Caller(claims): Caller, params: Params) -> Result<Json<Rooms>, Problem> {
    let limit = params.limit()?.unwrap_or(PAGE).min(MOST);
    let page = http.ask(&ListPublicRooms { user: claims.sub, after: params.id("after")?, limit }).await?;
    let next = page.rooms.last().filter(|_| page.more).map(|placed| placed.room.room.clone());
    Ok(Json(Rooms { rooms: page.rooms.into_iter().map(|placed| placed.room).collect(), next }))
}

/// Make a room, or find the one direct room with another user.
#[utoipa::path(post, path = "/v1/rooms", tag = "rooms", request_body = schema::NewRoom,
    responses((status = 201, description = "The new room", body = schema::Room),
        (status = 200, description = "The direct room that was there", body = schema::Room), schema::Refused))]
pub async fn create_room(
    State(http): State<Http>,
    Caller(claims): Caller,
    Body(body): Body<NewRoom>,
) -> Result<(StatusCode, [(header::HeaderName, String); 1], Json<Room>), Problem> {
    let ill_formed = |_| Refusal::bad_request("`user` must be 1–64 of A-Z a-z 0-9 _ -");
    let peer = body.user.map(|Text(user)| Name::parse(&user)).transpose().map_err(ill_formed)?;
    let room_type =
        RoomType::parse(&body.room_type.0).ok_or_else(|| Refusal::bad_request("`type` must be public, private or direct"))?;
    let (name, topic) = (Text::take(body.name), Text::take(body.topic));
    let made = http.ask(&CreateRoom { user: claims.sub, room_type, name, topic, peer }).await?;
    let status = if made.created { StatusCode::CREATED } else { StatusCode::OK };
    let room = made.placed.room;
    Ok((status, [(header::LOCATION, format!("/v1/rooms/{}", room.room))], Json(room)))
}

/// A room as the user may see it.
#[utoipa::path(get, path = "/v1/rooms/{room}", tag = "rooms", params(schema::RoomPath),
    responses((status = 200, description = "The room", body = schema::Room), schema::Refused))]
pub async fn room(State(http): State<Http>, Caller(claims): Caller, Ids(room): Ids<RoomId>) -> Result<Json<Room>, Problem> {
    Ok(Json(http.ask(&GetRoom { user: claims.sub, room }).await?.room))
}

/// Change a room's name or topic, as its owner or moderator. An empty topic is none.
#[utoipa::path(patch, path = "/v1/rooms/{room}", tag = "rooms", params(schema::RoomPath), request_body = schema::RoomPatch,
    responses((status = 200, description = "The room as it is now", body = schema::Room), schema::Refused))]
pub async fn update_room(
    State(http): State<Http>,
    Caller(claims): Caller,
    Ids(room): Ids<RoomId>,
    Body(body): Body<RoomPatch>,
) -> Result<Json<Room>, Problem> {
    let (name, topic) = (Text::take(body.name), Text::take(body.topic));
    if name.is_none() && topic.is_none() {
        return Err(Refusal::bad_request("nothing to change: send `name` or `topic`").into());
    }
    let request = PatchRoom { user: claims.sub, room, name, topic };
    Ok(Json(http.ask(&request).await?.room))
}

/// Join a public room.
#[utoipa::path(post, path = "/v1/rooms/{room}/join", tag = "rooms", params(schema::RoomPath),
    responses((status = 200, description = "The room", body = schema::Room), schema::Refused))]
pub async fn join_room(State(http): State<Http>, Caller(claims): Caller, Ids(room): Ids<RoomId>) -> Result<Json<Room>, Problem> {
    Ok(Json(http.ask(&JoinRoom { user: claims.sub, room }).await?.room))
}

/// Leave a public or private room.
#[utoipa::path(post, path = "/v1/rooms/{room}/leave", tag = "rooms", params(schema::RoomPath),
    responses((status = 204, description = "Left"), schema::Refused))]
pub async fn leave_room(State(http): State<Http>, Caller(claims): Caller, Ids(room): Ids<RoomId>) -> Result<StatusCode, Problem> {
    http.ask(&LeaveRoom { user: claims.sub, room }).await?;
    Ok(StatusCode::NO_CONTENT)
}
