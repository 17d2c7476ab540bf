//! What sessions and HTTP handlers ask for: the gateway's work, behind one handle.

mod attach;
pub mod bucket;
pub mod first_page;
mod history;
pub mod interned;
mod notices;
mod open;
mod page;
mod perform;
mod publish;
mod retry;
mod rooms;
mod skip;
mod tail;
mod target;
pub mod users;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fabric::Fabric;
use moka::sync::Cache;
use protocol::close::Close;
use protocol::code::Refusal;
use protocol::frame::ServerFrame;
use protocol::id::{RoomId, UserId};
use protocol::room::{Role, RoomType, may_read};
use protocol::rpc::directory::GetStanding;
use tokio::sync::Semaphore;

pub use history::{EventsPage, HistoryPage};

use crate::auth::Auth;
use crate::config::Config;
use crate::hub::{Hub, ShardHub, Tasks};
use crate::metrics::Metrics;
use crate::presence::{self, Presence};
use crate::session::Identity;
use users::Users;

/// Replays that run at once; each holds at most 501 events.
const REPLAYS: usize = 32;
/// Views of changed rooms that are asked for at once: a rename concerns every socket of every member.
const VIEWS: usize = 64;
/// Sockets whose `hello` asks the directory at once; the others wait for their turn here, where it costs nobody anything.
const OPENINGS: usize = 64;
/// Users whose existence is remembered, for mentions.
const KNOWN_USERS: u64 = 100_000;

/// The gateway's work; shared by all sockets and handlers.
pub struct Core {
    pub config: Config,
    pub fabric: Fabric,
    pub auth: Auth,
    pub hub: Arc<Hub>,
    pub users: Arc<Users>,
    pub metrics: Metrics,
    pub presence: Presence,
    replays: Semaphore,
    views: Semaphore,
    openings: Semaphore,
    known_users: Cache<UserId, ()>,
    sockets: AtomicU64,
    next_socket: AtomicU64,
    rate: AtomicU64,
    draining: AtomicBool,
    most_sockets: u64,
}

/// Where a user stands in a room that he may know of.
pub struct Standing {
    pub room_type: RoomType,
    pub role: Option<Role>,
    pub shard: Arc<ShardHub>,
    /// Members of the room, when the directory was asked just now.
    pub members: Option<u64>,
}

/// What a task that panicked held is used on: the others do not end with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970 UTC.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as u64)
}

/// One text for rooms that do not exist and rooms that are none of the asker's business.
pub(crate) fn no_such_room() -> Refusal {
    Refusal::not_found("no such room, or not for you")
}

impl Core {
    pub fn new(config: Config, fabric: Fabric, auth: Auth, tasks: &Tasks) -> Arc<Self> {
        let users = Arc::new(Users::new(config.limits.per_minute, config.limits.sockets_per_user));
        let most_sockets = most_sockets(config.limits.sockets);
        let hub = Hub::start(&fabric, &users, config.limits.ring_bytes, tasks);
        let core = Arc::new(Self {
            config,
            fabric,
            auth,
            hub,
            users,
            metrics: Metrics::default(),
            presence: Presence::default(),
            replays: Semaphore::new(REPLAYS),
            views: Semaphore::new(VIEWS),
            openings: Semaphore::new(OPENINGS),
            known_users: Cache::builder().max_capacity(KNOWN_USERS).time_to_live(Duration::from_secs(3_600)).build(),
            sockets: AtomicU64::new(0),
            next_socket: AtomicU64::new(1),
            rate: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            most_sockets,
        });
        tasks.spawn(notices::serve(core.clone()));
        presence::start(&core, tasks);
        tasks.spawn(measure(core.clone()));
        core
    }

    /// Sockets that are open here.
    pub fn sockets(&self) -> u64 {
        self.sockets.load(Ordering::Relaxed)
    }

    /// Counts a socket and gives it its number.
    pub fn count_socket(&self) -> u64 {
        self.sockets.fetch_add(1, Ordering::Relaxed);
        self.next_socket.fetch_add(1, Ordering::Relaxed)
    }

    pub fn uncount_socket(&self) {
        self.sockets.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn most_sockets(&self) -> u64 {
        self.most_sockets
    }

    /// New sockets are sent elsewhere.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Asks every socket to leave within the spread, closes the rest, and waits for them, all within `spread` + 5 s.
    pub async fn drain(&self) {
        const LAST_WORDS: Duration = Duration::from_secs(5);
        self.draining.store(true, Ordering::Relaxed);
        let spread_ms = self.config.http.drain_spread_ms;
        self.users.say(&ServerFrame::Goaway { retry_after_ms: 0, spread_ms, reason: "restart".into() });
        let gone = async {
            while self.sockets() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::pin!(gone);
        if tokio::time::timeout(Duration::from_millis(spread_ms), &mut gone).await.is_err() {
            self.users.send_away(Close::Restart);
            if tokio::time::timeout(LAST_WORDS, gone).await.is_err() {
                tracing::info!(sockets = self.sockets(), "sockets did not leave in time, dropped");
            }
        }
    }

    /// Events a second that this gateway heard, over the last 10 s.
    pub fn messages_per_second(&self) -> f64 {
        f64::from_bits(self.rate.load(Ordering::Relaxed))
    }

    /// Where the user stands: from what the log told, else from the directory, which alone may say no.
    pub async fn standing(&self, me: &Identity, room: &RoomId) -> Result<Standing, Refusal> {
        if let Some((role, room_type, shard)) = me.user.membership(room) {
            let shard = self.hub.shard(&shard)?.clone();
            return Ok(Standing { room_type, role: Some(role), shard, members: None });
        }
        self.fresh_standing(me, room).await
    }

    /// The directory's answer, which counts before a refusal.
    pub async fn fresh_standing(&self, me: &Identity, room: &RoomId) -> Result<Standing, Refusal> {
        let standing = self.standing_of(&me.claims.sub, room).await?;
        Ok(standing)
    }

    /// What was read of a room up to `seq` may be shown: asked after the reading, since a membership may have ended meanwhile.
    pub async fn confirm(&self, viewer: &UserId, room: &RoomId, standing: &Standing, seq: u64) -> Result<(), Refusal> {
        if standing.room_type == RoomType::Public {
            return Ok(());
        }
        if let Some(held) = self.users.held(viewer) {
            // What ended the membership below `seq` has come through here then.
            standing.shard.heard(seq).await?;
            if held.role(room).is_some() {
                return Ok(());
            }
        }
        self.standing_of(viewer, room).await.map(drop)
    }

    /// The same for a user who need not have sockets here.
    pub async fn standing_of(&self, user: &UserId, room: &RoomId) -> Result<Standing, Refusal> {
        let request = GetStanding { room: room.clone(), user: user.clone() };
        let answer = self.fabric.request(&request).await.map_err(|refusal| match refusal.code {
            protocol::code::Code::NotFound => no_such_room(),
            _ => refusal,
        })?;
        if let Some(held) = self.users.held(user) {
            held.learn(&answer.info, answer.role);
        }
        if !may_read(answer.info.room_type, answer.role) {
            return Err(no_such_room());
        }
        let shard = self.hub.shard(&answer.info.shard)?.clone();
        Ok(Standing { room_type: answer.info.room_type, role: answer.role, shard, members: Some(answer.info.members) })
    }
}

/// What is configured, else what the limit of open files allows.
fn most_sockets(configured: usize) -> u64 {
    /// Files that are no sockets of clients.
    const OTHERS: u64 = 256;
    if configured > 0 {
        return configured as u64;
    }
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1_024);
    let sockets = limit.saturating_sub(OTHERS).max(64);
    tracing::info!(files = limit, sockets, "limit of open files bounds the sockets of this gateway");
    sockets
}

/// Keeps the rate of the last 10 s.
async fn measure(core: Arc<Core>) {
    const WINDOW: usize = 10;
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let mut counts = std::collections::VecDeque::from([core.hub.heard()]);
    loop {
        ticks.tick().await;
        counts.push_back(core.hub.heard());
        if counts.len() > WINDOW + 1 {
            counts.pop_front();
        }
        let (first, last) = (counts.front().copied().unwrap_or(0), counts.back().copied().unwrap_or(0));
        let rate = (last - first) as f64 / (counts.len() - 1) as f64;
        core.rate.store(rate.to_bits(), Ordering::Relaxed);
    }
}
