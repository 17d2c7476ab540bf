//! What the tasks of a replica share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use protocol::rpc::roster::{Beat, Ranking as List};

use crate::ranking::Ranking;
use crate::roster::{Heard, Roster};

/// Between requests for one gateway's list, in milliseconds.
const ASK_MS: u64 = 500;

/// The state of a replica behind one lock, which is never held over a wait.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<State>>);

#[derive(Default)]
pub struct State {
    pub roster: Roster,
    pub ranking: Ranking,
    /// Rooms of which something new may be shown in the list.
    pub touched: std::collections::HashSet<protocol::id::RoomId>,
    /// The list as it was told last.
    pub list: List,
    /// Since when beats are heard; 0: not yet.
    pub listens_since_ms: u64,
    asked: HashMap<String, u64>,
}

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a beat.
    pub fn hear(&mut self, node: &str, beat: Beat) -> Heard {
        let now = now_ms();
        let active: Vec<_> = beat
            .active
            .iter()
            .filter_map(|active| Some((beat.rooms.get(active.room as usize)?.0.clone(), active.users.clone())))
            .collect();
        let heard = self.roster.hear(node, beat, now);
        if heard != Heard::Refused {
            self.ranking.advance(now / 60_000);
            for (room, users) in active {
                for user in users {
                    self.ranking.mark_fresh(&room, &user, now / 60_000);
                }
                self.touched.insert(room);
            }
        }
        heard
    }

    /// Whether a gateway may be asked for its list again.
    pub fn may_ask(&mut self, node: &str) -> bool {
        let now = now_ms();
        self.asked.retain(|_, at| *at + ASK_MS > now);
        self.asked.insert(node.to_owned(), now).is_none_or(|at| at + ASK_MS <= now)
    }
}

/// Milliseconds since 1970 UTC.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as u64)
}

/// Figures for `/metrics`.
pub fn observe(shared: &Shared) {
    let meter = opentelemetry::global::meter("presence");
    let observed = shared.clone();
    meter
        .u64_observable_gauge("chatmesh_presence_users")
        .with_description("Users who are online and not invisible")
        .with_callback(move |observer| observer.observe(observed.lock().roster.totals().1, &[]))
        .build();
    let observed = shared.clone();
    meter
        .u64_observable_counter("chatmesh_presence_beats_refused")
        .with_description("Beats that were none, were repeated, or came from where no gateway is")
        .with_callback(move |observer| observer.observe(observed.lock().roster.refused(), &[]))
        .build();
}
