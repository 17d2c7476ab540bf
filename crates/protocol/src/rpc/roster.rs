//! Presence between services: the beats of gateways, what the presence service publishes, and `roster.*` requests.

use serde::{Deserialize, Serialize};

use super::request;
use crate::id::{Name, RoomId, UserId};
use crate::presence::{Diff, RankedRoom, State};
use crate::subject::Shard;

/// On `beat.<node>`, once a second and as soon as something changed: who is at this gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// The gateway's process, new at each start; the same as in the subject.
    pub node: Name,
    /// One more than in the beat before; from 1.
    pub n: u64,
    /// A page of the full list, in answer to `beat.resync`; else only what changed.
    pub page: Option<Page>,
    /// Open sockets of the gateway.
    pub sockets: u64,
    pub shards: Vec<Shard>,
    /// Rooms that this beat names, with the place of their shard in `shards`.
    pub rooms: Vec<(RoomId, u16)>,
    pub here: Vec<Here>,
    pub gone: Vec<Gone>,
    pub active: Vec<Active>,
}

/// Which page of the full list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub first: bool,
    pub last: bool,
}

/// One user with all his sockets at a gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    pub user: UserId,
    pub name: String,
    /// As he chose it.
    pub state: State,
    pub text: Option<String>,
    /// None of his sockets here did anything for a while.
    pub idle: bool,
    /// Attached rooms, as places in [`Beat::rooms`].
    pub rooms: Vec<u32>,
}

/// A user without sockets at a gateway any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    pub user: UserId,
    /// He logged out: nobody waits for him to come back.
    pub at_once: bool,
}

/// News of a public room for the ranking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// A place in [`Beat::rooms`].
    pub room: u32,
    /// Who sent or read for the first time in this minute.
    pub users: Vec<UserId>,
}

/// On `beat.resync`: every gateway, or those that are named, send all they have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resync {
    pub node: Option<Name>,
}

/// On `eph.tick`, once a second, from the replica that publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// Which replica since when; rises with each change.
    pub epoch: u64,
    /// Diffs of rooms told in this epoch: who heard fewer asks anew.
    pub told: u64,
    /// [`Ranking::n`] of the newest list.
    pub ranking: u64,
    /// Gateways that are heard.
    pub nodes: Vec<Name>,
    pub sockets: u64,
    pub users: u64,
}

/// On `lobby`, and the answer of `roster.ranking`: the whole list, at most once a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    pub epoch: u64,
    pub n: u64,
    pub rooms: Vec<RankedRoom>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetRanking {}
request!(GetRanking => Ranking, "roster.ranking");

/// The people of rooms. The answer may hold the first of them only, when all would be too much.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetRosters {
    pub rooms: Vec<RoomId>,
}
request!(GetRosters => Rosters, "roster.rooms");

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rosters {
    pub epoch: u64,
    pub rosters: Vec<Roster>,
}

/// One room's people, after its `n`-th diff of the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    pub room: RoomId,
    pub n: u64,
    /// `full`.
    pub people: Diff,
}

/// Those of the users who are online and not invisible.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetPeople {
    pub users: Vec<UserId>,
}
request!(GetPeople => Vec<crate::presence::Present>, "roster.people");

/// What administrators see of the whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetOverview {}
request!(GetOverview => Overview, "roster.overview");

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub epoch: u64,
    /// Visible users.
    pub users: u64,
    /// Rooms in which somebody is.
    pub rooms: u64,
    pub nodes: Vec<NodeView>,
    /// Beats that were refused since the start.
    pub refused: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeView {
    pub node: Name,
    pub sockets: u64,
    pub users: u64,
    /// Since its last beat.
    pub silent_ms: u64,
}
