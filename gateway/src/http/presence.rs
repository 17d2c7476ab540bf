//! The ranked list of rooms, and what administrators see of presence.

use axum::Json;
use axum::extract::State;
use protocol::code::{Code, Refusal};
use protocol::id::RoomId;
use protocol::presence::{Present, RankedRoom};
use protocol::room::SiteRole;
use protocol::rpc::account::Claims;
use protocol::rpc::roster::{GetOverview, GetRanking, GetRosters, Overview};
use serde::Serialize;

use super::Http;
use super::caller::{Caller, MaybeCaller};
use super::problem::Problem;
use super::query::{Ids, Params};
use super::schema;

#[derive(Serialize)]
pub struct Ranked {
    rooms: Vec<RankedRoom>,
}

#[derive(Serialize)]
pub struct People {
    room: RoomId,
    count: u64,
    people: Vec<Present>,
}

fn need_admin(claims: &Claims) -> Result<(), Refusal> {
    match claims.role {
        SiteRole::Admin => Ok(()),
        SiteRole::Moderator | SiteRole::Member => Err(Refusal::new(Code::Forbidden, "only for administrators of the site")),
    }
}

/// Public rooms by the number of distinct users who sent or read in the last 30 minutes, then by those online, then by id. Needs no
/// token unless `http.lobby_needs_login` is set.
#[utoipa::path(get, path = "/v1/lobby", tag = "rooms", params(schema::Size), security((), ("token" = [])),
    responses((status = 200, description = "The first rooms of the list", body = schema::Ranked), schema::Refused))]
pub async fn lobby(State(http): State<Http>, MaybeCaller(claims): MaybeCaller, params: Params) -> Result<Json<Ranked>, Problem> {
    if claims.is_none() && http.core.config.http.lobby_needs_login {
        return Err(Refusal::new(Code::Unauthenticated, "send `Authorization: Bearer <access token>`").into());
    }
    Ok(Json(Ranked { rooms: http.core.presence.lobby.rooms(params.limit()?) }))
}

/// Gateways, users and rooms as the presence service hears them; for administrators.
#[utoipa::path(get, path = "/v1/admin/presence", tag = "admin",
    responses((status = 200, description = "The whole", body = schema::Overview), schema::Refused))]
pub async fn overview(State(http): State<Http>, Caller(claims): Caller) -> Result<Json<Overview>, Problem> {
    need_admin(&claims)?;
    Ok(Json(http.ask(&GetOverview {}).await?))
}

/// Who is in a room, without those who are invisible; above 200 a sample. For administrators.
#[utoipa::path(get, path = "/v1/admin/presence/{room}", tag = "admin", params(schema::RoomPath),
    responses((status = 200, description = "People of the room", body = schema::People), schema::Refused))]
pub async fn people(State(http): State<Http>, Caller(claims): Caller, Ids(room): Ids<RoomId>) -> Result<Json<People>, Problem> {
    need_admin(&claims)?;
    let answer = http.ask(&GetRosters { rooms: vec![room.clone()] }).await?;
    let people = answer.rosters.into_iter().next().map(|roster| roster.people).unwrap_or_default();
    Ok(Json(People { room, count: people.count, people: people.joins }))
}

/// The ranked list as the presence service has it now; for administrators.
#[utoipa::path(get, path = "/v1/admin/ranking", tag = "admin",
    responses((status = 200, description = "All ranked rooms", body = schema::Ranked), schema::Refused))]
pub async fn ranking(State(http): State<Http>, Caller(claims): Caller) -> Result<Json<Ranked>, Problem> {
    need_admin(&claims)?;
    Ok(Json(Ranked { rooms: http.ask(&GetRanking {}).await?.rooms }))
}
