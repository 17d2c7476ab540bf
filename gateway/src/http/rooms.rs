//! `/v1/rooms`: making, finding, changing, joining, leaving.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use protocol::code::Refusal;
use protocol::id::{Name, RoomId};
use protocol::room::{Room, RoomType};
use protocol::rpc::directory::{CreateRoom, GetRoom, JoinRoom, LeaveRoom, ListPublicRooms, PatchRoom};
use serde::{Deserialize, Serialize};

use super::Http;
use super::body::Body;
use super::caller::Caller;
use super::problem::Problem;
use super::query::Params;

/// Rooms of a page when the caller names no limit, and at most.
const PAGE: u64 = 50;
const MOST: u64 = 200;

#[derive(Deserialize)]
pub struct NewRoom {
    name: Option<String>,
    #[serde(rename = "type")]
    room_type: RoomType,
    topic: Option<String>,
    user: Option<String>,
}

#[derive(Deserialize)]
pub struct RoomPatch {
    name: Option<String>,
    topic: Option<String>,
}

#[derive(Serialize)]
pub struct Rooms {
    rooms: Vec<Room>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<RoomId>,
}

pub async fn list(State(http): State<Http>, Caller(claims): Caller, params: Params) -> Result<Json<Rooms>, Problem> {
    let limit = params.limit()?.unwrap_or(PAGE).min(MOST);
    let page = http.ask(&ListPublicRooms { user: claims.sub, after: params.id("after")?, limit }).await?;
    let next = page.rooms.last().filter(|_| page.more).map(|placed| placed.room.room.clone());
    Ok(Json(Rooms { rooms: page.rooms.into_iter().map(|placed| placed.room).collect(), next }))
}

pub async fn create(
    State(http): State<Http>,
    Caller(claims): Caller,
    Body(body): Body<NewRoom>,
) -> Result<(StatusCode, Json<Room>), Problem> {
    let ill_formed = |_| Refusal::bad_request("`user` must be 1–64 of A-Z a-z 0-9 _ -");
    let peer = body.user.as_deref().map(Name::parse).transpose().map_err(ill_formed)?;
    let NewRoom { name, room_type, topic, .. } = body;
    let made = http.ask(&CreateRoom { user: claims.sub, room_type, name, topic, peer }).await?;
    let status = if made.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(made.placed.room)))
}

pub async fn get(State(http): State<Http>, Caller(claims): Caller, Path(room): Path<String>) -> Result<Json<Room>, Problem> {
    Ok(Json(http.ask(&GetRoom { user: claims.sub, room: super::id(&room)? }).await?.room))
}

pub async fn update(
    State(http): State<Http>,
    Caller(claims): Caller,
    Path(room): Path<String>,
    Body(body): Body<RoomPatch>,
) -> Result<Json<Room>, Problem> {
    let request = PatchRoom { user: claims.sub, room: super::id(&room)?, name: body.name, topic: body.topic };
    Ok(Json(http.ask(&request).await?.room))
}

pub async fn join(State(http): State<Http>, Caller(claims): Caller, Path(room): Path<String>) -> Result<Json<Room>, Problem> {
    Ok(Json(http.ask(&JoinRoom { user: claims.sub, room: super::id(&room)? }).await?.room))
}

pub async fn leave(State(http): State<Http>, Caller(claims): Caller, Path(room): Path<String>) -> Result<StatusCode, Problem> {
    http.ask(&LeaveRoom { user: claims.sub, room: super::id(&room)? }).await?;
    Ok(StatusCode::NO_CONTENT)
}
