//! Who is online and in which room, from the beats of all gateways. It does no I/O and reads no clock, so that every replica comes
//! to the same; only one of them tells what changed.

mod beats;
mod person;
mod place;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use protocol::id::{Name, RoomId, UserId};
use protocol::presence::{Diff, Present, State};
use protocol::rpc::roster::{NodeView, Overview, Roster as Told};
use protocol::subject::Shard;

pub use beats::Heard;
use person::Person;
use place::Place;

/// A broken socket's user counts for so long as still there, in milliseconds.
const GRACE_MS: u64 = 10_000;
/// A gateway that was not heard for so long is dead.
const DEAD_MS: u64 = 5_000;

/// Everybody, as this replica heard it.
#[derive(Default)]
pub struct Roster {
    nodes: HashMap<Name, Node>,
    people: HashMap<UserId, Box<Person>>,
    rooms: HashMap<RoomId, Place>,
    /// Rooms of which something is to be told.
    news: HashSet<RoomId>,
    /// The highest number of a diff of a room that is forgotten since: who still has it attached must not take a later one for an older.
    forgotten: u64,
    /// When ghosts end.
    ghosts: BinaryHeap<Reverse<(u64, UserId)>>,
    /// Who went offline, or out of sight, and when.
    seen: Vec<(UserId, u64)>,
    refused: u64,
}

/// A gateway.
struct Node {
    /// Its last beat.
    n: u64,
    heard_ms: u64,
    sockets: u64,
    /// Everything that it has is known here.
    synced: bool,
    /// Those of the list that is under way.
    listing: Option<HashSet<UserId>>,
}

impl Roster {
    /// Applies a change to one user, and notes what it means for each room.
    fn change(&mut self, user: &UserId, now_ms: u64, shards: &HashMap<RoomId, Shard>, change: impl FnOnce(&mut Person)) {
        // One copy of an id serves all who name it.
        let user = self.people.get_key_value(user).map_or_else(|| user.clone(), |(known, _)| known.clone());
        let person = self.people.entry(user.clone()).or_default();
        let (before, rooms_before) = (person.shown(&user), person.rooms());
        change(person);
        let (now, rooms_now) = (person.shown(&user), person.rooms());
        let over = person.is_over();
        for room in rooms_before.iter().chain(rooms_now.iter().filter(|room| rooms_before.binary_search(room).is_err())) {
            let was = before.as_ref().filter(|_| rooms_before.binary_search(room).is_ok());
            let is = now.as_ref().filter(|_| rooms_now.binary_search(room).is_ok());
            if was == is {
                continue;
            }
            if let Some(place) = self.rooms.get_mut(room) {
                place.changed(&user, was.cloned(), is.is_some());
            } else if let Some(shard) = shards.get(room) {
                let mut place = Place::new(shard.clone(), self.forgotten);
                place.changed(&user, was.cloned(), is.is_some());
                self.rooms.insert(room.clone(), place);
            }
            self.news.insert(room.clone());
        }
        if before.is_some() && now.is_none() {
            self.seen.push((user.clone(), now_ms));
        }
        if over {
            self.people.remove(&user);
        }
    }

    /// Time passed: dead gateways, and people who did not come back.
    pub fn advance(&mut self, now_ms: u64) {
        let dead = self.nodes.iter().filter(|(_, node)| node.heard_ms + DEAD_MS <= now_ms);
        let dead: Vec<(Name, u64)> = dead.map(|(name, node)| (name.clone(), node.heard_ms)).collect();
        for (name, heard_ms) in dead {
            self.nodes.remove(&name);
            self.abandon(&name, heard_ms + GRACE_MS, now_ms, |_| true);
        }
        while let Some(Reverse((until, user))) = self.ghosts.peek() {
            if *until > now_ms {
                break;
            }
            let user = user.clone();
            self.ghosts.pop();
            self.change(&user, now_ms, &HashMap::new(), |person| {
                if person.ghost.as_ref().is_some_and(|ghost| ghost.until_ms <= now_ms) {
                    person.ghost = None;
                }
            });
        }
    }

    /// Those at a gateway whom `which` names are there no more; they may come back until `until_ms`.
    fn abandon(&mut self, node: &Name, until_ms: u64, now_ms: u64, which: impl Fn(&UserId) -> bool) {
        let at_node = |person: &Person| person.stays.iter().any(|stay| stay.node == *node);
        let left = self.people.iter().filter(|(user, person)| which(user) && at_node(person));
        let left: Vec<UserId> = left.map(|(user, _)| user.clone()).collect();
        for user in left {
            self.change(&user, now_ms, &HashMap::new(), |person| person.leave(node, Some(until_ms)));
            self.ghosts.push(Reverse((until_ms, user)));
        }
    }

    /// What is to be told of rooms: each with its shard and the number of this diff.
    pub fn take_news(&mut self, now_ms: u64) -> Vec<(RoomId, Shard, u64, Diff)> {
        let mut told = Vec::new();
        for room in std::mem::take(&mut self.news) {
            let Some(place) = self.rooms.get_mut(&room) else { continue };
            match place.take(now_ms, look(&self.people)) {
                Some(diff) => told.push((room.clone(), place.shard.clone(), place.n, diff)),
                // A crowd's turn comes later.
                None if place.has_news() => {
                    self.news.insert(room);
                    continue;
                }
                None => {}
            }
            if place.is_needless() {
                self.forgotten = self.forgotten.max(place.n);
                self.rooms.remove(&room);
            }
        }
        told
    }

    /// Who went offline since the last call, and when, in milliseconds since 1970 UTC.
    pub fn take_seen(&mut self) -> Vec<(UserId, u64)> {
        std::mem::take(&mut self.seen)
    }

    /// The people of a room.
    pub fn told(&self, room: &RoomId) -> Told {
        let place = self.rooms.get(room);
        let nobody = || Diff { full: true, ..Diff::default() };
        Told {
            room: room.clone(),
            n: place.map_or(self.forgotten, |place| place.n),
            people: place.map_or_else(nobody, |place| place.whole(look(&self.people))),
        }
    }

    /// Visible people of a room.
    pub fn online(&self, room: &RoomId) -> u64 {
        self.rooms.get(room).map_or(0, |place| place.people.len() as u64)
    }

    /// A user as others see him.
    pub fn present(&self, user: &UserId) -> Option<Present> {
        self.people.get(user)?.shown(user)
    }

    /// Gateways that are heard.
    pub fn nodes(&self) -> Vec<Name> {
        self.nodes.keys().cloned().collect()
    }

    /// Everything that every gateway has is known.
    pub fn is_synced(&self) -> bool {
        self.nodes.values().all(|node| node.synced)
    }

    /// Open sockets, and users who are not invisible.
    pub fn totals(&self) -> (u64, u64) {
        let visible = self.people.values().filter(|person| person.state != State::Invisible).count();
        (self.nodes.values().map(|node| node.sockets).sum(), visible as u64)
    }

    /// Beats that were refused.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// For administrators.
    pub fn overview(&self, epoch: u64, now_ms: u64) -> Overview {
        let mut at: HashMap<&Name, u64> = HashMap::new();
        for stay in self.people.values().filter(|person| person.state != State::Invisible).flat_map(|person| &person.stays) {
            *at.entry(&stay.node).or_default() += 1;
        }
        let nodes = self.nodes.iter().map(|(name, node)| NodeView {
            node: name.clone(),
            sockets: node.sockets,
            users: at.get(name).copied().unwrap_or(0),
            silent_ms: now_ms.saturating_sub(node.heard_ms),
        });
        let rooms = self.rooms.values().filter(|place| !place.people.is_empty()).count() as u64;
        Overview { epoch, users: self.totals().1, rooms, nodes: nodes.collect(), refused: self.refused }
    }
}

fn look(people: &HashMap<UserId, Box<Person>>) -> impl Fn(&UserId) -> Option<Present> {
    |user| people.get(user)?.shown(user)
}
