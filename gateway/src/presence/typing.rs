//! Who writes where: ends by itself, told to a room a few times a second at most, never stored.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::frame::ServerFrame;
use protocol::id::{RoomId, UserId};
use protocol::rpc::notice::{self, RoomNotice};

use crate::core::{Core, now_ms};
use crate::session::Identity;
use crate::socket::codec::framed;
use crate::socket::shared::Shared;

/// Without a further word somebody stopped, in milliseconds.
const EXPIRY_MS: u64 = 5_000;
/// Between two words of one user in one room that are passed on, in milliseconds.
const AGAIN_MS: u64 = 2_000;
/// The same when he had stopped in between: what comes faster is a flood, and dropped.
const FLOOD_MS: u64 = 300;
/// Between what a room is told.
const TELL: Duration = Duration::from_millis(300);
/// A list that stands is told again this often: who missed its end takes it for ended after twice as long.
const REPEAT_MS: u64 = 3_000;
/// Names of one frame.
const NAMED: usize = 5;
/// Who writes in one room is remembered up to this number.
const MOST: usize = 10_000;

#[derive(Default)]
pub struct Typing(Mutex<State>);

#[derive(Default)]
struct State {
    /// Who writes, and until when.
    rooms: HashMap<RoomId, HashMap<UserId, u64>>,
    /// Rooms that must be told.
    changed: HashSet<RoomId>,
    /// When rooms in which somebody writes were told last.
    told: HashMap<RoomId, u64>,
    /// What the users of this gateway said last, and when.
    said: HashMap<(RoomId, UserId), (bool, u64)>,
}

impl Typing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what a user says is passed on.
    fn admits(&self, room: &RoomId, user: &UserId, on: bool) -> bool {
        let mut state = self.lock();
        let now = now_ms();
        let last = state.said.get(&(room.clone(), user.clone())).copied();
        let admitted = match (last, on) {
            (Some((true, at)), true) => at + AGAIN_MS <= now,
            (Some((false, at)), true) => at + FLOOD_MS <= now,
            (None, true) | (Some((true, _)), false) => true,
            (None | Some((false, _)), false) => false,
        };
        if admitted {
            state.said.insert((room.clone(), user.clone()), (on, now));
        }
        admitted
    }

    /// Somebody anywhere writes, or stopped.
    pub fn hear(&self, room: RoomId, user: UserId, on: bool) {
        let mut state = self.lock();
        let writers = state.rooms.entry(room.clone()).or_default();
        let changed = match on {
            true if writers.len() < MOST => writers.insert(user, now_ms() + EXPIRY_MS).is_none(),
            true => false,
            false => writers.remove(&user).is_some(),
        };
        if changed {
            state.changed.insert(room);
        }
    }

    /// Rooms that must be told now, with who writes there.
    fn take(&self) -> Vec<(RoomId, Vec<UserId>)> {
        let mut state = self.lock();
        let now = now_ms();
        let State { rooms, changed, told, said } = &mut *state;
        for (room, writers) in rooms.iter_mut() {
            let before = writers.len();
            writers.retain(|_, until| *until > now);
            if writers.len() != before || told.get(room).is_some_and(|at| at + REPEAT_MS <= now) {
                changed.insert(room.clone());
            }
        }
        said.retain(|_, (_, at)| *at + EXPIRY_MS > now);
        rooms.retain(|_, writers| !writers.is_empty());
        told.retain(|room, _| rooms.contains_key(room));
        let who = |room: &RoomId| rooms.get(room).map(|writers| writers.keys().cloned().collect()).unwrap_or_default();
        let news: Vec<(RoomId, Vec<UserId>)> = changed.drain().map(|room| (room.clone(), who(&room))).collect();
        told.extend(news.iter().filter(|(_, writers)| !writers.is_empty()).map(|(room, _)| (room.clone(), now)));
        news
    }
}

impl Core {
    /// A member says that he writes, or stopped. Who is no member, or invisible, is not heard.
    pub async fn typing(&self, me: &Identity, room: &RoomId, on: bool) {
        let Some((_, _, shard)) = me.user.membership(room) else { return };
        if me.user.is_invisible() || !self.presence.typing.admits(room, &me.claims.sub, on) {
            return;
        }
        let word = RoomNotice::Typing { user: me.claims.sub.clone(), on };
        if let Err(error) = self.fabric.send_core(shard.ephemeral(room), notice::encode(&word).into()).await {
            tracing::debug!(%error, "typing not told");
        }
    }
}

/// Tells rooms for ever.
pub async fn tell(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(TELL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for (room, writers) in core.presence.typing.take() {
            let for_others = frame(&room, &writers, None);
            let mut shared = Shared::new(&for_others);
            for socket in core.presence.rosters.sockets(&room) {
                let bytes = match socket.user().filter(|user| writers.contains(user)) {
                    Some(writer) => framed(socket.encoding, &frame(&room, &writers, Some(writer))),
                    None => shared.bytes(socket.encoding).clone(),
                };
                socket.mailbox.push_live(&bytes);
            }
        }
    }
}

fn frame(room: &RoomId, writers: &[UserId], receiver: Option<&UserId>) -> ServerFrame {
    let others = || writers.iter().filter(|user| Some(*user) != receiver);
    ServerFrame::Typing { room: room.clone(), users: others().take(NAMED).cloned().collect(), count: others().count() as u64 }
}
