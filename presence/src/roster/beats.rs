//! Taking beats: each in its place, whole lists instead of what was missed, and nothing from what is no gateway.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use protocol::id::{Name, RoomId};
use protocol::limits::STATUS_CHARS;
use protocol::rpc::roster::{Beat, Here};
use protocol::subject::Shard;

use super::person::Stay;
use super::{GRACE_MS, Node, Roster};

/// Characters of a name, as accounts have them.
const NAME_CHARS: usize = 32;

/// What a beat leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Taken,
    /// Something was missed: ask this gateway for all it has.
    Missed,
    /// It is no beat of a gateway.
    Refused,
}

impl Roster {
    /// Takes a beat that came on the subject of `node`.
    pub fn hear(&mut self, node: &str, beat: Beat, now_ms: u64) -> Heard {
        if beat.node.as_str() != node || !is_sound(&beat) {
            return self.refuse();
        }
        let name = beat.node.clone();
        // The first beat of a gateway holds all that it has.
        let begins = beat.n == 1;
        let known = self.nodes.contains_key(&name);
        let state = self.nodes.entry(name.clone()).or_insert(Node {
            n: beat.n.wrapping_sub(1),
            heard_ms: now_ms,
            sockets: 0,
            synced: begins,
            listing: None,
        });
        if known && beat.n <= state.n {
            // Somebody repeats an old one.
            return self.refuse();
        }
        if beat.n != state.n + 1 {
            (state.synced, state.listing) = (false, None);
        }
        (state.n, state.heard_ms, state.sockets) = (beat.n, now_ms, beat.sockets);
        if beat.page.is_some_and(|page| page.first) {
            state.listing = Some(HashSet::new());
        }
        if !state.synced && state.listing.is_none() {
            return Heard::Missed;
        }
        if let Some(listing) = &mut state.listing {
            listing.extend(beat.here.iter().map(|here| here.user.clone()));
            for gone in &beat.gone {
                listing.remove(&gone.user);
            }
        }
        self.apply(&name, &beat, now_ms);
        if beat.page.is_some_and(|page| page.last)
            && let Some(state) = self.nodes.get_mut(&name)
            && let Some(listing) = state.listing.take()
        {
            state.synced = true;
            self.abandon(&name, now_ms + GRACE_MS, now_ms, |user| !listing.contains(user));
        }
        Heard::Taken
    }

    /// Counts what is no beat.
    pub fn refuse(&mut self) -> Heard {
        self.refused += 1;
        Heard::Refused
    }

    fn apply(&mut self, node: &Name, beat: &Beat, now_ms: u64) {
        let place = |(room, shard): &(RoomId, u16)| Some((room.clone(), beat.shards.get(usize::from(*shard))?.clone()));
        let shards: HashMap<RoomId, Shard> = beat.rooms.iter().filter_map(place).collect();
        for here in &beat.here {
            self.arrive(node, beat, here, now_ms, &shards);
        }
        for gone in &beat.gone {
            let until = (!gone.at_once).then_some(now_ms + GRACE_MS);
            self.change(&gone.user, now_ms, &shards, |person| person.leave(node, until));
            if let Some(until) = until {
                self.ghosts.push(Reverse((until, gone.user.clone())));
            }
        }
    }

    fn arrive(&mut self, node: &Name, beat: &Beat, here: &Here, now_ms: u64, shards: &HashMap<RoomId, Shard>) {
        let rooms = here.rooms.iter().filter_map(|room| Some(beat.rooms.get(*room as usize)?.0.clone()));
        // One copy of an id serves all who name it.
        let rooms = rooms.map(|room| self.rooms.get_key_value(&room).map_or(room, |(known, _)| known.clone()));
        let rooms: Box<[RoomId]> = rooms.collect();
        let node = self.nodes.get_key_value(node).map_or_else(|| node.clone(), |(known, _)| known.clone());
        self.change(&here.user, now_ms, shards, |person| {
            (person.name, person.state) = (here.name.as_str().into(), here.state);
            person.text = here.text.as_deref().map(Into::into);
            match person.stays.iter_mut().find(|stay| stay.node == node) {
                Some(stay) => (stay.idle, stay.rooms) = (here.idle, rooms),
                None => person.stays.push(Stay { node, idle: here.idle, rooms }),
            }
        });
    }
}

/// Whether it is what a gateway says; a broken or forged one must not reach anybody.
fn is_sound(beat: &Beat) -> bool {
    let within = |rooms: &[u32]| rooms.iter().all(|room| (*room as usize) < beat.rooms.len());
    let short = |text: &str, most: usize| text.chars().count() <= most && !text.contains('\0');
    beat.rooms.iter().all(|(_, shard)| usize::from(*shard) < beat.shards.len())
        && beat.here.iter().all(|here| {
            within(&here.rooms) && short(&here.name, NAME_CHARS) && here.text.iter().all(|text| short(text, STATUS_CHARS))
        })
        && beat.active.iter().all(|active| within(&[active.room]))
}
