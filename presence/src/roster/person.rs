//! One user: at which gateways he is, in which rooms, and how others see him.

use protocol::id::{Name, RoomId, UserId};
use protocol::presence::{Present, State};
use smallvec::SmallVec;

/// All that is known of a user who is online, or was a moment ago.
#[derive(Default)]
pub struct Person {
    pub name: Box<str>,
    pub state: State,
    pub text: Option<Box<str>>,
    /// One for each gateway; nearly everybody is at one.
    pub stays: SmallVec<[Stay; 1]>,
    /// What he had when his last sockets broke, until he is back or the time is over.
    pub ghost: Option<Box<Ghost>>,
}

/// His sockets at one gateway.
pub struct Stay {
    pub node: Name,
    pub idle: bool,
    pub rooms: Box<[RoomId]>,
}

/// Rooms in which he still counts.
pub struct Ghost {
    pub until_ms: u64,
    pub rooms: Vec<RoomId>,
}

impl Person {
    /// Nobody waits for him any more.
    pub fn is_over(&self) -> bool {
        self.stays.is_empty() && self.ghost.is_none()
    }

    /// As others see him; None: they do not.
    pub fn shown(&self, user: &UserId) -> Option<Present> {
        if self.is_over() || self.state == State::Invisible {
            return None;
        }
        let idle = !self.stays.is_empty() && self.stays.iter().all(|stay| stay.idle);
        let state = if self.state == State::Online && idle { State::Away } else { self.state };
        Some(Present { id: user.clone(), name: self.name.to_string(), state, text: self.text.as_deref().map(Into::into) })
    }

    /// Rooms in which he is, each once, in order.
    pub fn rooms(&self) -> Vec<RoomId> {
        let ghost = self.ghost.iter().flat_map(|ghost| ghost.rooms.iter());
        let mut rooms: Vec<RoomId> = self.stays.iter().flat_map(|stay| stay.rooms.iter()).chain(ghost).cloned().collect();
        rooms.sort_unstable();
        rooms.dedup();
        rooms
    }

    /// Leaves a gateway. His rooms there stay his until `until_ms`, if that is named.
    pub fn leave(&mut self, node: &Name, until_ms: Option<u64>) {
        let Some(at) = self.stays.iter().position(|stay| stay.node == *node) else { return };
        let stay = self.stays.swap_remove(at);
        let Some(until_ms) = until_ms else { return };
        let ghost = self.ghost.get_or_insert_with(|| Box::new(Ghost { until_ms, rooms: Vec::new() }));
        ghost.until_ms = ghost.until_ms.max(until_ms);
        ghost.rooms.extend(stay.rooms);
        ghost.rooms.sort_unstable();
        ghost.rooms.dedup();
    }
}
