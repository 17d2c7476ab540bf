//! Beats: what changed here since the last one, for the presence service; once a second even when nothing did.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use protocol::id::{Name, RoomId, UserId};
use protocol::rpc::notice;
use protocol::rpc::roster::{Active, Beat, Gone, Here, Page, Resync};
use protocol::subject::{self, Shard};

use crate::core::{Core, now_ms};

/// Between looks: what happens to one user meanwhile goes out once.
const LOOK: Duration = Duration::from_millis(200);
/// A beat at least every so many looks.
const SILENT_LOOKS: u32 = 5;
/// Users of one beat; with their rooms it stays well below what NATS takes.
const USERS: usize = 200;
/// Rooms of one beat.
const ROOMS: usize = 4_000;
/// Between looks for users who do nothing any more.
const IDLE_LOOK: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_secs(1);

/// What the next beat will say.
pub struct Beats {
    pub node: Name,
    inner: Mutex<Inner>,
    /// Everything was asked for.
    all: AtomicBool,
}

#[derive(Default)]
struct Inner {
    changed: HashSet<UserId>,
    logged_out: HashSet<UserId>,
    /// Rooms in which something happened, and who did something there for the first time in this minute.
    active: HashMap<RoomId, (Shard, Vec<UserId>)>,
    counted: HashMap<RoomId, HashSet<UserId>>,
    minute: u64,
}

/// What happened since the last beat.
struct Changes {
    users: HashSet<UserId>,
    logged_out: HashSet<UserId>,
    active: HashMap<RoomId, (Shard, Vec<UserId>)>,
}

impl Beats {
    pub fn new(node: Name) -> Self {
        Self { node, inner: Mutex::default(), all: AtomicBool::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The user came, went, attached, detached, or is somebody else to look at.
    pub fn changed(&self, user: &UserId) {
        let mut inner = self.lock();
        if !inner.changed.contains(user) {
            inner.changed.insert(user.clone());
        }
    }

    fn take(&self) -> Changes {
        let mut inner = self.lock();
        Changes {
            users: std::mem::take(&mut inner.changed),
            logged_out: std::mem::take(&mut inner.logged_out),
            active: std::mem::take(&mut inner.active),
        }
    }

    /// The user's login ended: if he has no other sockets, nobody waits for him.
    pub fn logged_out(&self, user: &UserId) {
        self.lock().logged_out.insert(user.clone());
    }

    /// Somebody sent or read in a public room.
    pub fn active(&self, room: &RoomId, shard: &Shard, user: &UserId) {
        let mut inner = self.lock();
        let minute = now_ms() / 60_000;
        if inner.minute != minute {
            inner.minute = minute;
            inner.counted.clear();
        }
        // For each send: names are copied only where they are new.
        if !inner.active.contains_key(room) {
            inner.active.insert(room.clone(), (shard.clone(), Vec::new()));
        }
        if inner.counted.get(room).is_some_and(|users| users.contains(user)) {
            return;
        }
        inner.counted.entry(room.clone()).or_default().insert(user.clone());
        if let Some((_, users)) = inner.active.get_mut(room) {
            users.push(user.clone());
        }
    }
}

/// Sends beats for ever.
pub async fn serve(core: Arc<Core>) {
    let beats = &core.presence.beats;
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut n, mut silent) = (0, SILENT_LOOKS);
    loop {
        looks.tick().await;
        silent += 1;
        let all = beats.all.swap(false, Ordering::AcqRel);
        let changes = beats.take();
        if !all && changes.users.is_empty() && changes.active.is_empty() && silent < SILENT_LOOKS {
            continue;
        }
        silent = 0;
        for beat in compose(&core, changes, all) {
            n += 1;
            let beat = Beat { n, ..beat };
            // One that is lost is missed by its number, and asked for.
            if let Err(error) = core.fabric.send_core(subject::beat(&beats.node), notice::encode(&beat).into()).await {
                tracing::debug!(%error, "beat not sent");
            }
        }
    }
}

/// The next beats, each not too large. With `all` they list everybody.
fn compose(core: &Core, mut changes: Changes, all: bool) -> Vec<Beat> {
    let mut writer = Writer { core, beats: vec![Draft::new(core)] };
    if all {
        changes.users.extend(core.users.all().into_iter().map(|user| user.id.clone()));
    }
    for user in changes.users {
        writer.user(user, &changes.logged_out);
    }
    for (room, (shard, users)) in changes.active {
        writer.active(&room, &shard, users);
    }
    let last = writer.beats.len() - 1;
    let page = |at| all.then_some(Page { first: at == 0, last: at == last });
    writer.beats.into_iter().enumerate().map(|(at, draft)| Beat { page: page(at), ..draft.beat }).collect()
}

struct Writer<'a> {
    core: &'a Core,
    beats: Vec<Draft>,
}

/// A beat that is being written, with the places of its rooms and shards.
struct Draft {
    beat: Beat,
    rooms: HashMap<RoomId, u32>,
    shards: HashMap<Shard, u16>,
}

impl Draft {
    fn new(core: &Core) -> Self {
        let beat = Beat {
            node: core.presence.beats.node.clone(),
            n: 0,
            page: None,
            sockets: core.sockets(),
            shards: Vec::new(),
            rooms: Vec::new(),
            here: Vec::new(),
            gone: Vec::new(),
            active: Vec::new(),
        };
        Self { beat, rooms: HashMap::new(), shards: HashMap::new() }
    }

    fn is_full(&self) -> bool {
        self.beat.here.len() + self.beat.gone.len() + self.beat.active.len() >= USERS || self.beat.rooms.len() >= ROOMS
    }

    fn room(&mut self, room: &RoomId, shard: &Shard) -> u32 {
        if let Some(place) = self.rooms.get(room) {
            return *place;
        }
        let beat = &mut self.beat;
        let shard = *self.shards.entry(shard.clone()).or_insert_with(|| {
            beat.shards.push(shard.clone());
            (beat.shards.len() - 1) as u16
        });
        beat.rooms.push((room.clone(), shard));
        let place = (beat.rooms.len() - 1) as u32;
        self.rooms.insert(room.clone(), place);
        place
    }
}

impl Writer<'_> {
    fn draft(&mut self) -> Option<&mut Draft> {
        if self.beats.last().is_some_and(Draft::is_full) {
            self.beats.push(Draft::new(self.core));
        }
        self.beats.last_mut()
    }

    fn user(&mut self, user: UserId, logged_out: &HashSet<UserId>) {
        let held = self.core.users.held(&user).and_then(|held| Some((held.user()?, held)));
        let idle_before = now_ms().saturating_sub(self.core.config.presence.away_after_s * 1_000);
        let Some(draft) = self.draft() else { return };
        match held {
            None => {
                let at_once = logged_out.contains(&user);
                draft.beat.gone.push(Gone { user, at_once });
            }
            Some((account, held)) => {
                let rooms = held.attached().iter().map(|(room, shard)| draft.room(room, shard)).collect();
                let (status, idle) = (held.status(), held.active_ms() <= idle_before);
                draft.beat.here.push(Here { user, name: account.name, state: status.state, text: status.text, idle, rooms });
            }
        }
    }

    fn active(&mut self, room: &RoomId, shard: &Shard, users: Vec<UserId>) {
        let parts: Vec<&[UserId]> = if users.is_empty() { vec![&[]] } else { users.chunks(USERS).collect() };
        for users in parts {
            let Some(draft) = self.draft() else { return };
            let room = draft.room(room, shard);
            draft.beat.active.push(Active { room, users: users.to_vec() });
        }
    }
}

/// Hears who wants everything.
pub async fn answer(core: Arc<Core>) {
    loop {
        match core.fabric.subscribe_core(subject::RESYNC.into()).await {
            Ok(mut requests) => {
                while let Some(request) = requests.next().await {
                    let asked: Option<Resync> = notice::decode(&request.payload);
                    if asked.is_some_and(|asked| asked.node.is_none_or(|node| node == core.presence.beats.node)) {
                        core.presence.beats.all.store(true, Ordering::Release);
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "requests for everything cannot be heard yet"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Notices who does nothing any more.
pub async fn watch_idle(core: Arc<Core>) {
    let idle_ms = core.config.presence.away_after_s * 1_000;
    let mut ticks = tokio::time::interval(IDLE_LOOK);
    let mut looked_ms = now_ms();
    loop {
        ticks.tick().await;
        let now = now_ms();
        for user in core.users.all() {
            let idle_at = user.active_ms() + idle_ms;
            if looked_ms < idle_at && idle_at <= now {
                core.presence.beats.changed(&user.id);
            }
        }
        looked_ms = now;
    }
}
