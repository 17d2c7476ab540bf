//! `/v1/rooms/{room}/members`.

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use protocol::code::Refusal;
use protocol::id::{Name, UserId};
use protocol::room::Role;
use protocol::rpc::directory::{AddMember, ListMembers, Member, RemoveMember, SetRole};
use serde::{Deserialize, Serialize};

use super::Http;
use super::body::Body;
use super::caller::Caller;
use super::problem::Problem;
use super::query::Params;

/// Members of a page when the caller names no limit, and at most.
const PAGE: u64 = 100;
const MOST: u64 = 1_000;

#[derive(Deserialize)]
pub struct NewMember {
    user: String,
    role: Option<Role>,
}

#[derive(Deserialize)]
pub struct NewRole {
    role: Role,
}

#[derive(Serialize)]
pub struct Members {
    members: Vec<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<UserId>,
}

pub async fn list(
    State(http): State<Http>,
    Caller(claims): Caller,
    Path(room): Path<String>,
    params: Params,
) -> Result<Json<Members>, Problem> {
    let limit = params.limit()?.unwrap_or(PAGE).min(MOST);
    let request = ListMembers { user: claims.sub, room: super::id(&room)?, after: params.id("after")?, limit };
    let page = http.ask(&request).await?;
    let next = page.members.last().filter(|_| page.more).map(|member| member.id.clone());
    Ok(Json(Members { members: page.members, next }))
}

pub async fn add(
    State(http): State<Http>,
    Caller(claims): Caller,
    Path(room): Path<String>,
    Body(body): Body<NewMember>,
) -> Result<(StatusCode, Json<Member>), Problem> {
    let user = Name::parse(&body.user).map_err(|_| Refusal::bad_request("`user` must be 1–64 of A-Z a-z 0-9 _ -"))?;
    let request = AddMember { actor: claims.sub, room: super::id(&room)?, user, role: body.role };
    Ok((StatusCode::CREATED, Json(http.ask(&request).await?)))
}

pub async fn set_role(
    State(http): State<Http>,
    Caller(claims): Caller,
    Path((room, user)): Path<(String, String)>,
    Body(body): Body<NewRole>,
) -> Result<Json<Member>, Problem> {
    let request = SetRole { actor: claims.sub, room: super::id(&room)?, user: super::id(&user)?, role: body.role };
    Ok(Json(http.ask(&request).await?))
}

pub async fn remove(
    State(http): State<Http>,
    Caller(claims): Caller,
    Path((room, user)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    http.ask(&RemoveMember { actor: claims.sub, room: super::id(&room)?, user: super::id(&user)? }).await?;
    Ok(StatusCode::NO_CONTENT)
}
