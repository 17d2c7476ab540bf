//! `/v1/rooms/{room}/members`.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use protocol::code::Refusal;
use protocol::id::{Name, RoomId, UserId};
use protocol::presence::Present;
use protocol::room::Role;
use protocol::rpc::directory::{AddMember, ListMembers, Member, MemberPage, RemoveMember, SetRole};
use protocol::rpc::roster::GetPeople;
use serde::{Deserialize, Serialize};

use super::Http;
use super::body::{Body, Text};
use super::caller::Caller;
use super::problem::Problem;
use super::query::{Ids, Params};
use super::schema;

/// Members of a page when the caller names no limit, and at most.
const PAGE: u64 = 100;
const MOST: u64 = 1_000;

#[derive(Deserialize)]
pub struct NewMember {
    user: Text,
    role: Option<Text>,
}

#[derive(Deserialize)]
pub struct NewRole {
    role: Text,
}

#[derive(Serialize)]
pub struct Members {
    members: Vec<Member>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<UserId>,
}

fn role(text: &Text) -> Result<Role, Refusal> {
    Role::parse(&text.0).ok_or_else(|| Refusal::bad_request("`role` must be member, moderator or owner"))
}

impl Http {
    /// Who is online now, and when the others were, for those who share the room with them.
    async fn complete(&self, page: &mut MemberPage) {
        /// A list without states is better than none.
        const WITHIN: std::time::Duration = std::time::Duration::from_secs(1);
        let users = page.members.iter().map(|member| member.id.clone()).collect();
        let known = match page.viewer {
            Some(_) => self.core.fabric.request_within(&GetPeople { users }, WITHIN).await.ok(),
            None => None,
        };
        let mut present: HashMap<UserId, Present> =
            known.into_iter().flatten().map(|present| (present.id.clone(), present)).collect();
        for member in &mut page.members {
            match present.remove(&member.id) {
                Some(Present { state, text, .. }) => (member.state, member.text, member.seen) = (Some(state), text, None),
                None if page.viewer.is_none() => member.seen = None,
                None => {}
            }
        }
    }
}

/// Members of a room.
#[utoipa::path(get, path = "/v1/rooms/{room}/members", tag = "members", params(schema::RoomPath, schema::Page),
    responses((status = 200, description = "A page of members", body = schema::Members), schema::Refused))]
pub async fn list_members(
    State(http): State<Http>,
    Caller(claims): Caller,
    Ids(room): Ids<RoomId>,
    params: Params,
) -> Result<Json<Members>, Problem> {
    let limit = params.limit()?.unwrap_or(PAGE).min(MOST);
    let request = ListMembers { user: claims.sub, room, after: params.id("after")?, limit };
    let mut page = http.ask(&request).await?;
    http.complete(&mut page).await;
    let next = page.members.last().filter(|_| page.more).map(|member| member.id.clone());
    Ok(Json(Members { members: page.members, next }))
}

/// Add a member, as owner or moderator. Of a member it sets the role.
#[utoipa::path(post, path = "/v1/rooms/{room}/members", tag = "members", params(schema::RoomPath), request_body = schema::NewMember,
    responses((status = 201, description = "The member", body = schema::Member), schema::Refused))]
pub async fn add_member(
    State(http): State<Http>,
    Caller(claims): Caller,
    Ids(room): Ids<RoomId>,
    Body(body): Body<NewMember>,
) -> Result<(StatusCode, Json<Member>), Problem> {
    let user = Name::parse(&body.user.0).map_err(|_| Refusal::bad_request("`user` must be 1–64 of A-Z a-z 0-9 _ -"))?;
    let request = AddMember { actor: claims.sub, room, user, role: body.role.as_ref().map(role).transpose()? };
    Ok((StatusCode::CREATED, Json(http.ask(&request).await?)))
}

/// Set a member's role, as owner.
#[utoipa::path(patch, path = "/v1/rooms/{room}/members/{user}", tag = "members", params(schema::MemberPath), request_body = schema::NewRole,
    responses((status = 200, description = "The member", body = schema::Member), schema::Refused))]
pub async fn set_role(
    State(http): State<Http>,
    Caller(claims): Caller,
    Ids((room, user)): Ids<(RoomId, UserId)>,
    Body(body): Body<NewRole>,
) -> Result<Json<Member>, Problem> {
    let request = SetRole { actor: claims.sub, room, user, role: role(&body.role)? };
    Ok(Json(http.ask(&request).await?))
}

/// Remove a member, as owner or moderator.
#[utoipa::path(delete, path = "/v1/rooms/{room}/members/{user}", tag = "members", params(schema::MemberPath),
    responses((status = 204, description = "Removed"), schema::Refused))]
pub async fn remove_member(
    State(http): State<Http>,
    Caller(claims): Caller,
    Ids((room, user)): Ids<(RoomId, UserId)>,
) -> Result<StatusCode, Problem> {
    http.ask(&RemoveMember { actor: claims.sub, room, user }).await?;
    Ok(StatusCode::NO_CONTENT)
}
