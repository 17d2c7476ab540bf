//! The people of the rooms that are attached here, as the presence service told them, and who is to be told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::frame::ServerFrame;
use protocol::id::{RoomId, UserId};
use protocol::presence::{Diff, Moved, Present};
use protocol::rpc::roster::{GetRosters, Roster, Tick};
use tokio::sync::Notify;

use crate::core::Core;
use crate::core::interned::Pool;
use crate::socket::Socket;
use crate::socket::shared::Shared;

/// Rooms of one request.
const BATCH: usize = 100;
/// Between attempts while the presence service is away; with jitter, doubled up to 16 times.
const RETRY: Duration = Duration::from_millis(250);

/// All rooms that somebody has attached here.
#[derive(Default)]
pub struct Rosters {
    inner: Mutex<Inner>,
    wanted: Notify,
}

#[derive(Default)]
struct Inner {
    /// Which replica's diffs are taken, and how many of them were heard.
    epoch: u64,
    told: u64,
    rooms: HashMap<RoomId, Room>,
    /// One copy of each, in however many rooms he is.
    copies: Copies,
    /// Rooms that must be read.
    wanted: Vec<RoomId>,
}

#[derive(Default)]
struct Copies(Pool<Arc<Present>>);

#[derive(Default)]
struct Room {
    /// None until it was read.
    people: Option<People>,
    sockets: Vec<Arc<Socket>>,
    /// Those that were not told anything yet.
    fresh: Vec<Arc<Socket>>,
    is_wanted: bool,
}

struct People {
    /// The epoch and number of what was told last.
    epoch: u64,
    n: u64,
    named: HashMap<UserId, Arc<Present>>,
    count: u64,
}

impl Rosters {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The socket hears of the room's people from now on: everybody first.
    pub fn enter(&self, room: &RoomId, socket: &Arc<Socket>) {
        let mut inner = self.lock();
        let state = inner.rooms.entry(room.clone()).or_default();
        match &state.people {
            Some(people) => {
                push(room, people.whole(), std::slice::from_ref(socket));
                state.sockets.push(socket.clone());
            }
            None => {
                state.fresh.push(socket.clone());
                inner.want(room);
                self.wanted.notify_one();
            }
        }
    }

    /// The socket hears no more of the room.
    pub fn exit(&self, room: &RoomId, socket: &Socket) {
        let mut inner = self.lock();
        let Some(state) = inner.rooms.get_mut(room) else { return };
        state.sockets.retain(|other| other.id != socket.id);
        state.fresh.retain(|other| other.id != socket.id);
        if state.sockets.is_empty() && state.fresh.is_empty() {
            inner.rooms.remove(room);
        }
    }

    /// Sockets that have the room attached.
    pub fn sockets(&self, room: &RoomId) -> Vec<Arc<Socket>> {
        let inner = self.lock();
        inner.rooms.get(room).map(|room| room.sockets.iter().chain(&room.fresh).cloned().collect()).unwrap_or_default()
    }

    /// A diff was told.
    pub fn hear(&self, room: &RoomId, epoch: u64, n: u64, diff: Diff) {
        let mut inner = self.lock();
        if epoch != inner.epoch {
            return;
        }
        inner.told += 1;
        let Inner { rooms, copies, .. } = &mut *inner;
        let Some(state) = rooms.get_mut(room) else { return };
        let Some(people) = &mut state.people else { return };
        if (epoch, n) == (people.epoch, people.n + 1) {
            people.n = n;
            if let Some(diff) = people.apply(diff, copies) {
                push(room, diff, &state.sockets);
            }
        } else if epoch != people.epoch || n > people.n {
            inner.want(room);
            self.wanted.notify_one();
        }
    }

    /// The publishing replica says how much it told: after another one came, or when something was missed, all is read anew.
    pub fn compare(&self, tick: &Tick) {
        let mut inner = self.lock();
        if (inner.epoch, inner.told) == (tick.epoch, tick.told) {
            return;
        }
        (inner.epoch, inner.told) = (tick.epoch, tick.told);
        let rooms: Vec<RoomId> = inner.rooms.keys().cloned().collect();
        for room in rooms {
            inner.want(&room);
        }
        self.wanted.notify_one();
    }

    fn take_wanted(&self) -> Vec<RoomId> {
        let mut inner = self.lock();
        let rest = inner.wanted.len().saturating_sub(BATCH);
        let batch = inner.wanted.split_off(rest);
        for room in &batch {
            if let Some(state) = inner.rooms.get_mut(room) {
                state.is_wanted = false;
            }
        }
        batch
    }

    fn learn(&self, epoch: u64, roster: Roster) {
        let mut inner = self.lock();
        if epoch < inner.epoch {
            inner.want(&roster.room);
            return;
        }
        let Inner { rooms, copies, .. } = &mut *inner;
        let Some(state) = rooms.get_mut(&roster.room) else { return };
        let told = match &mut state.people {
            // A diff was faster than this answer, which does not know of it.
            Some(people) if (epoch, roster.n) < (people.epoch, people.n) => None,
            Some(people) => {
                (people.epoch, people.n) = (epoch, roster.n);
                people.turn_into(roster.people, copies)
            }
            None => {
                let named = copies.named(&roster.people.joins);
                state.people = Some(People { epoch, n: roster.n, named, count: roster.people.count });
                None
            }
        };
        if let Some(diff) = told {
            push(&roster.room, diff, &state.sockets);
        }
        if let (Some(people), false) = (&state.people, state.fresh.is_empty()) {
            push(&roster.room, people.whole(), &state.fresh);
            state.sockets.append(&mut state.fresh);
        }
    }
}

impl Inner {
    fn want(&mut self, room: &RoomId) {
        if let Some(state) = self.rooms.get_mut(room)
            && !std::mem::replace(&mut state.is_wanted, true)
        {
            self.wanted.push(room.clone());
        }
    }
}

impl Copies {
    fn of(&mut self, present: Present) -> Arc<Present> {
        self.0.copy(Arc::new(present), |present| Arc::strong_count(present) > 1)
    }

    fn named(&mut self, all: &[Present]) -> HashMap<UserId, Arc<Present>> {
        all.iter().map(|present| self.of(present.clone())).map(|present| (present.id.clone(), present)).collect()
    }
}

impl People {
    fn whole(&self) -> Diff {
        Diff {
            full: true,
            joins: self.named.values().map(|present| Present::clone(present)).collect(),
            count: self.count,
            ..Diff::default()
        }
    }

    /// Takes a diff; gives back what of it is news.
    fn apply(&mut self, mut diff: Diff, copies: &mut Copies) -> Option<Diff> {
        if diff.full {
            self.named = copies.named(&diff.joins);
            self.count = diff.count;
            return Some(diff);
        }
        diff.leaves.retain(|user| self.named.remove(user).is_some());
        diff.joins.retain(|present| {
            let copy = copies.of(present.clone());
            self.named.insert(copy.id.clone(), copy).as_deref() != Some(present)
        });
        diff.set.retain(|moved| match self.named.get_mut(&moved.user) {
            Some(known) if (known.state, &known.text) != (moved.state, &moved.text) => {
                let Moved { state, text, .. } = moved.clone();
                *known = copies.of(Present { state, text, ..Present::clone(known) });
                true
            }
            Some(_) | None => false,
        });
        let counted = std::mem::replace(&mut self.count, diff.count) != diff.count;
        (counted || !diff.joins.is_empty() || !diff.leaves.is_empty() || !diff.set.is_empty()).then_some(diff)
    }

    /// Becomes what was read anew; gives what changed by that, so that nobody sees others leave and come back.
    fn turn_into(&mut self, whole: Diff, copies: &mut Copies) -> Option<Diff> {
        let now: HashMap<&UserId, &Present> = whole.joins.iter().map(|present| (&present.id, present)).collect();
        let leaves = self.named.keys().filter(|user| !now.contains_key(user)).cloned().collect();
        let mut diff = Diff { leaves, count: whole.count, ..Diff::default() };
        for present in &whole.joins {
            match self.named.get(&present.id) {
                Some(known) if known.name == present.name => {
                    let Present { id, state, text, .. } = present.clone();
                    diff.set.push(Moved { user: id, state, text });
                }
                Some(_) | None => diff.joins.push(present.clone()),
            }
        }
        self.apply(diff, copies)
    }
}

fn push(room: &RoomId, people: Diff, sockets: &[Arc<Socket>]) {
    let frame = ServerFrame::Presence { room: room.clone(), people };
    let mut shared = Shared::new(&frame);
    for socket in sockets {
        socket.mailbox.push_live(shared.bytes(socket.encoding));
    }
}

/// Reads rooms for ever, as they are wanted.
pub async fn load(core: Arc<Core>) {
    let rosters = &core.presence.rosters;
    let mut failures = 0u32;
    loop {
        let batch = rosters.take_wanted();
        if batch.is_empty() {
            rosters.wanted.notified().await;
            continue;
        }
        let asked = core.fabric.request(&GetRosters { rooms: batch.clone() }).await;
        let answered = asked.as_ref().map_or(0, |answer| answer.rosters.len());
        for room in batch.iter().skip(answered) {
            rosters.lock().want(room);
        }
        match asked {
            Ok(answer) => {
                failures = 0;
                for roster in answer.rosters {
                    rosters.learn(answer.epoch, roster);
                }
            }
            Err(refusal) => {
                tracing::debug!(%refusal.message, "people of rooms cannot be read now");
                let backoff = RETRY * 2u32.pow(failures.min(4));
                failures += 1;
                tokio::time::sleep(backoff.mul_f64(rand::random_range(0.5..1.5))).await;
            }
        }
    }
}
