//! Distinct users of each public room in the last 30 minutes, counted by the minute. No I/O, no clock.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use protocol::id::{RoomId, UserId};
use protocol::presence::{COUNTED, RECENT_MIN};
use protocol::rpc::directory::Mark;

const WINDOW: usize = RECENT_MIN as usize;

/// All rooms in which somebody sent or read lately.
#[derive(Default)]
pub struct Ranking {
    rooms: HashMap<RoomId, Room>,
    minute: u64,
    /// Marks that were not kept yet.
    fresh: HashSet<(RoomId, UserId)>,
}

#[derive(Default)]
struct Room {
    /// The minute in which each was active last. 64 bits of a hash stand for the user: of 100,000 two are taken for one once in
    /// four thousand million times.
    users: HashMap<u64, u32>,
    /// How many were active last in each minute of the window; the place is the minute modulo the window.
    counts: [u32; WINDOW],
}

/// A room's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rank {
    pub room: RoomId,
    pub active: u64,
    pub online: u64,
}

impl Ranking {
    /// The time, in minutes since 1970 UTC: what is older than the window counts no more.
    pub fn advance(&mut self, minute: u64) {
        if minute <= self.minute {
            return;
        }
        let passed = (minute - self.minute).min(RECENT_MIN);
        for room in self.rooms.values_mut() {
            for over in 0..passed {
                room.counts[slot(minute - over)] = 0;
            }
            // Swept when they are many beside those who count.
            if room.users.len() as u64 > 2 * room.active() + 64 {
                room.users.retain(|_, last| u64::from(*last) + RECENT_MIN > minute);
            }
        }
        self.minute = minute;
        self.rooms.retain(|_, room| room.active() > 0);
    }

    /// Somebody sent or read.
    pub fn mark(&mut self, room: &RoomId, user: &UserId, minute: u64) {
        // Of before the window, or by a clock that goes ahead.
        if minute + RECENT_MIN <= self.minute || minute > self.minute + 1 {
            return;
        }
        let minute = minute.min(self.minute);
        let now = self.minute;
        let state = self.rooms.entry(room.clone()).or_default();
        let user = BuildHasherDefault::<DefaultHasher>::default().hash_one(user.as_str());
        let counts = |last: u32| u64::from(last) + RECENT_MIN > now;
        match state.users.get_mut(&user) {
            Some(last) if u64::from(*last) >= minute => return,
            Some(last) => {
                if counts(*last) {
                    state.counts[slot(u64::from(*last))] -= 1;
                }
                *last = minute as u32;
            }
            None => {
                if state.active() > COUNTED {
                    return;
                }
                state.users.insert(user, minute as u32);
            }
        }
        state.counts[slot(minute)] += 1;
    }

    /// The same, and to be kept.
    pub fn mark_fresh(&mut self, room: &RoomId, user: &UserId, minute: u64) {
        self.mark(room, user, minute);
        self.fresh.insert((room.clone(), user.clone()));
    }

    /// Marks since the last call, as of this minute.
    pub fn take_fresh(&mut self) -> Vec<Mark> {
        let minute = self.minute;
        std::mem::take(&mut self.fresh).into_iter().map(|(room, user)| Mark { room, user, minute }).collect()
    }

    /// Distinct users of a room.
    #[cfg(test)]
    fn active(&self, room: &RoomId) -> u64 {
        self.rooms.get(room).map_or(0, Room::active)
    }

    /// The first `most` rooms: by users, then by those who are online, then by id.
    pub fn top(&self, most: usize, online: impl Fn(&RoomId) -> u64) -> Vec<Rank> {
        let mut places: Vec<(u64, &RoomId)> = self.rooms.iter().map(|(room, state)| (state.active(), room)).collect();
        if places.len() > most {
            // Those that are as many as the last of the first count too: who is online decides among them.
            places.select_nth_unstable_by(most - 1, |a, b| b.0.cmp(&a.0));
            let least = places[most - 1].0;
            places.retain(|(active, _)| *active >= least);
        }
        let mut top: Vec<Rank> =
            places.into_iter().map(|(active, room)| Rank { room: room.clone(), active, online: online(room) }).collect();
        top.sort_unstable_by(|a, b| (b.active, b.online).cmp(&(a.active, a.online)).then_with(|| a.room.cmp(&b.room)));
        top.truncate(most);
        top
    }
}

impl Room {
    fn active(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }
}

fn slot(minute: u64) -> usize {
    (minute % RECENT_MIN) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RoomId {
        RoomId::parse(text).unwrap()
    }

    #[test]
    fn each_user_counts_once_for_thirty_minutes_after_his_last_deed() {
        let mut ranking = Ranking::default();
        let room = name("room");
        ranking.advance(1_000);
        ranking.mark(&room, &name("ann"), 1_000);
        ranking.mark(&room, &name("ann"), 1_000);
        ranking.mark(&room, &name("ben"), 1_000);
        assert_eq!(ranking.active(&room), 2);
        ranking.advance(1_010);
        ranking.mark(&room, &name("ann"), 1_010);
        assert_eq!(ranking.active(&room), 2);
        ranking.advance(1_029);
        assert_eq!(ranking.active(&room), 2);
        ranking.advance(1_030);
        assert_eq!(ranking.active(&room), 1, "ben's deed is 30 minutes old");
        ranking.advance(1_039);
        assert_eq!(ranking.active(&room), 1);
        ranking.advance(1_040);
        assert_eq!(ranking.active(&room), 0);
        assert!(ranking.top(10, |_| 0).is_empty());
    }

    #[test]
    fn marks_of_before_the_window_and_from_the_future_are_ignored() {
        let mut ranking = Ranking::default();
        let room = name("room");
        ranking.advance(1_000);
        ranking.mark(&room, &name("old"), 970);
        ranking.mark(&room, &name("ahead"), 1_002);
        assert_eq!(ranking.active(&room), 0);
        ranking.mark(&room, &name("kept"), 971);
        ranking.mark(&room, &name("skewed"), 1_001);
        assert_eq!(ranking.active(&room), 2);
        ranking.advance(5_000);
        assert_eq!(ranking.active(&room), 0);
    }

    #[test]
    fn the_list_is_by_users_then_online_then_id() {
        let mut ranking = Ranking::default();
        ranking.advance(9);
        for (room, users) in [("b", 2), ("a", 2), ("c", 2), ("d", 3), ("e", 1)] {
            for user in 0..users {
                ranking.mark(&name(room), &name(&format!("u{user}")), 9);
            }
        }
        let top = ranking.top(3, |room| u64::from(room.as_str() == "c"));
        let order: Vec<&str> = top.iter().map(|place| place.room.as_str()).collect();
        assert_eq!(order, ["d", "c", "a"]);
    }

    #[test]
    fn it_is_exact_to_a_hundred_thousand_and_says_more_above() {
        let mut ranking = Ranking::default();
        let room = name("hot");
        ranking.advance(50);
        for user in 0..100_000 {
            ranking.mark(&room, &name(&format!("user-{user}")), 50);
        }
        assert_eq!(ranking.active(&room), COUNTED);
        for user in 100_000..100_100 {
            ranking.mark(&room, &name(&format!("user-{user}")), 50);
        }
        assert_eq!(ranking.active(&room), COUNTED + 1);
    }
}
