//! History and events of a room, and the site's figures.

use axum::Json;
use axum::extract::{Path, State};
use protocol::entry::EntryView;
use protocol::event::Event;
use protocol::frame::Paging;
use protocol::id::RoomId;
use protocol::rpc::account::GetStats;
use serde::Serialize;

use super::Http;
use super::caller::Caller;
use super::problem::Problem;
use super::query::Params;

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

pub async fn history(
    State(http): State<Http>,
    Caller(claims): Caller,
    Path(room): Path<String>,
    params: Params,
) -> Result<Json<HistoryBody>, Problem> {
    let room = super::id(&room)?;
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

pub async fn events(
    State(http): State<Http>,
    Caller(claims): Caller,
    Path(room): Path<String>,
    params: Params,
) -> Result<Json<EventsBody>, Problem> {
    let room = super::id(&room)?;
    let page = http.core.events(&claims, &room, params.integer("after")?.unwrap_or(0), params.limit()?).await?;
    Ok(Json(EventsBody { room, events: page.events, more: page.more }))
}

pub async fn stats(State(http): State<Http>, Caller(_): Caller) -> Result<Json<StatsBody>, Problem> {
    let stats = http.ask(&GetStats {}).await?;
    let (sockets, messages_per_second) = (http.core.sockets(), http.core.messages_per_second());
    Ok(Json(StatsBody { users: stats.users, sockets, rooms: stats.rooms, messages_per_second }))
}
