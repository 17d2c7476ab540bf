//! History and events of a room, and the site's figures.

use axum::Json;
use axum::extract::State;
use protocol::entry::EntryView;
use protocol::event::Event;
use protocol::frame::Paging;
use protocol::id::RoomId;
use protocol::rpc::account::GetStats;
use serde::Serialize;

use super::Http;
use super::caller::Caller;
use super::problem::Problem;
use super::query::{Ids, Params};
use super::schema;

#[derive(Serialize)]
pub struct HistoryBody {
    room: RoomId,
    entries: Vec<EntryView>,
    as_of: u64,
    older: bool,
    newer: bool,
}

#[derive(Serialize)]
pub struct EventsBody {
    room: RoomId,
    events: Vec<Event>,
    more: bool,
}

#[derive(Serialize)]
pub struct StatsBody {
    users: u64,
    sockets: u64,
    rooms: u64,
    messages_per_second: f64,
}

/// Entries of a room as people read them, oldest first, with all later changes folded in. None of `before`, `after` and `around`:
/// the newest page.
#[utoipa::path(get, path = "/v1/rooms/{room}/history", tag = "history", params(schema::RoomPath, schema::Window),
    responses((status = 200, description = "A page of entries", body = schema::History), schema::Refused))]
pub async fn history(
    State(http): State<Http>,
    Caller(claims): Caller,
    Ids(room): Ids<RoomId>,
    params: Params,
) -> Result<Json<HistoryBody>, Problem> {
    let paging = Paging {
        before: params.integer("before")?,
        after: params.integer("after")?,
        around: params.integer("around")?,
        thread: params.integer("thread")?,
        pinned: params.flag("pinned")?,
        limit: params.limit()?,
    };
    let page = http.core.history(&claims, &room, paging).await?;
    Ok(Json(HistoryBody { room, entries: page.entries, as_of: page.as_of, older: page.older, newer: page.newer }))
}

/// The raw log of a room after a cursor, oldest first: for bots, mirrors and checkers. Without `after` from its first event.
#[utoipa::path(get, path = "/v1/rooms/{room}/events", tag = "history", params(schema::RoomPath, schema::Cursor),
    responses((status = 200, description = "A page of events", body = schema::Events), schema::Refused))]
pub async fn events(
    State(http): State<Http>,
    Caller(claims): Caller,
    Ids(room): Ids<RoomId>,
    params: Params,
) -> Result<Json<EventsBody>, Problem> {
    let page = http.core.events(&claims, &room, params.integer("after")?.unwrap_or(0), params.limit()?).await?;
    Ok(Json(EventsBody { room, events: page.events, more: page.more }))
}

/// Users and rooms of the site, sockets of all gateways, and the events a second over the last 10 s.
#[utoipa::path(get, path = "/v1/stats", tag = "stats",
    responses((status = 200, description = "Figures", body = schema::Stats), schema::Refused))]
pub async fn stats(State(http): State<Http>, Caller(_): Caller) -> Result<Json<StatsBody>, Problem> {
    let stats = http.ask(&GetStats {}).await?;
    let (sockets, messages_per_second) = (
        http.core.presence.tick.sockets().unwrap_or(http.core.sockets()),
        (http.core.messages_per_second() * 10.0).round() / 10.0,
    );
    Ok(Json(StatsBody { users: stats.users, sockets, rooms: stats.rooms, messages_per_second }))
}
