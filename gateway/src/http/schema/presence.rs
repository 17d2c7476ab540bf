//! People and ranked rooms.

use utoipa::ToSchema;

use super::{Entry, Id};

/// A public room's place.
#[derive(ToSchema)]
pub struct RankedRoom {
    room: Id,
    name: String,
    /// Distinct users who sent or read in the last 30 minutes; 100,001: more than 100,000.
    active_30m: u64,
    online: u64,
    last: Option<Entry>,
}

#[derive(ToSchema)]
pub struct Ranked {
    rooms: Vec<RankedRoom>,
}

/// As others see somebody.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum State {
    Online,
    Away,
    Dnd,
}

#[derive(ToSchema)]
pub struct Present {
    id: Id,
    name: String,
    state: State,
    text: Option<String>,
}

#[derive(ToSchema)]
pub struct People {
    room: Id,
    /// All, whether named or not.
    count: u64,
    people: Vec<Present>,
}

#[derive(ToSchema)]
pub struct Node {
    /// A gateway's process.
    node: Id,
    sockets: u64,
    users: u64,
    /// Since its last beat.
    silent_ms: u64,
}

#[derive(ToSchema)]
pub struct Overview {
    /// Rises when another replica of the presence service takes over.
    epoch: u64,
    users: u64,
    /// Rooms in which somebody is.
    rooms: u64,
    nodes: Vec<Node>,
    /// Beats that were none.
    refused: u64,
}
