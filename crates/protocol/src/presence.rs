//! Presence as it stands on the wire: who is where, in which state, and the ranked list of rooms.

use serde::{Deserialize, Serialize};

use crate::entry::EntryView;
use crate::id::{RoomId, UserId};

/// People of a room up to whom everyone is named; above it a room is told by its count and a sample.
pub const NAMED: usize = 200;
/// People of the sample.
pub const SAMPLE: usize = 50;
/// Rooms of the ranked list at most.
pub const RANKED: usize = 100;
/// Distinct users of one room that are counted; a greater count means "more".
pub const COUNTED: u64 = 100_000;
/// How long an activity counts for the ranking, in minutes.
pub const RECENT_MIN: u64 = 30;

/// A state of presence. `Invisible` is chosen and never shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Online,
    Away,
    Dnd,
    Invisible,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::Dnd => "dnd",
            Self::Invisible => "invisible",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Online, Self::Away, Self::Dnd, Self::Invisible].into_iter().find(|state| state.as_str() == text)
    }
}

/// What a user chose, on any of his devices; kept until he chooses something else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub state: State,
    /// At most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Somebody who is in a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Present {
    pub id: UserId,
    pub name: String,
    pub state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Somebody in a room changed his state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub user: UserId,
    pub state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What changed among the people of a room; with `full` everything before is void.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub full: bool,
    pub joins: Vec<Present>,
    pub leaves: Vec<UserId>,
    pub set: Vec<Moved>,
    /// People who are there, whether named or not.
    pub count: u64,
}

/// A place in the ranked list: rooms by `active_30m`, then `online`, then id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankedRoom {
    pub room: RoomId,
    pub name: String,
    /// Distinct users who sent or read in the last 30 minutes; above 100,000 it says 100,001.
    pub active_30m: u64,
    pub online: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Box<EntryView>>,
}
