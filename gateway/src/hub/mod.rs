//! The hub: hears whole shards, keeps their recent events, and feeds those who listen here.

mod activity;
mod barrier;
pub mod deliver;
mod listen;
mod pulse;
mod ring;
mod shard;
pub mod state;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fabric::{Fabric, Record};
use protocol::code::Refusal;
use protocol::envelope::peek_kind;
use protocol::event::Kind;
use protocol::subject::Shard;
use tokio::sync::{mpsc, oneshot, watch};

pub use listen::Listen;
pub use ring::{encode, event};
use state::State;

use crate::core::users::Users;

/// Waiters for the same answer of a leader that may queue.
const BARRIER_QUEUE: usize = 16_384;

/// All shards of the fabric, as this gateway hears them.
pub struct Hub {
    shards: HashMap<Shard, Arc<ShardHub>>,
    heard: AtomicU64,
}

/// One shard: its recent events and listeners.
pub struct ShardHub {
    pub shard: Shard,
    state: Mutex<State>,
    head: watch::Sender<u64>,
    barrier: mpsc::Sender<oneshot::Sender<Result<u64, Refusal>>>,
    fabric: Fabric,
    /// Who waits here for something that the shard brings.
    waiting: AtomicUsize,
    healthy: AtomicBool,
    /// The archive's position, refreshed once a second.
    archived: AtomicU64,
    /// When the stream was made, milliseconds since 1970 UTC: for a while every send counts as late.
    created_ms: AtomicU64,
}

impl Hub {
    /// Starts hearing every shard. The tasks end with `stop`.
    pub fn start(fabric: &Fabric, users: &Arc<Users>, ring_bytes: usize, tasks: &Tasks) -> Arc<Self> {
        let mut shards = HashMap::new();
        let mut starts = Vec::new();
        for shard in fabric.shards() {
            let (barrier, waiters) = mpsc::channel(BARRIER_QUEUE);
            let hub = Arc::new(ShardHub {
                shard: shard.clone(),
                state: Mutex::new(State::new(ring_bytes)),
                head: watch::Sender::new(0),
                barrier,
                fabric: fabric.clone(),
                waiting: AtomicUsize::new(0),
                healthy: AtomicBool::new(false),
                archived: AtomicU64::new(0),
                created_ms: AtomicU64::new(0),
            });
            starts.push((hub.clone(), waiters));
            shards.insert(shard.clone(), hub);
        }
        let hub = Arc::new(Self { shards, heard: AtomicU64::new(0) });
        for (shard, waiters) in starts {
            tasks.spawn(barrier::serve(fabric.clone(), shard.clone(), waiters));
            tasks.spawn(shard::hear(fabric.clone(), hub.clone(), shard, users.clone()));
        }
        tasks.spawn(activity::watch_positions(fabric.clone(), hub.clone()));
        tasks.spawn(activity::serve(fabric.clone(), hub.clone()));
        hub
    }

    /// A shard by its name; `unavailable` for one that this gateway was not told of.
    pub fn shard(&self, shard: &Shard) -> Result<&Arc<ShardHub>, Refusal> {
        self.shards.get(shard).ok_or_else(|| Refusal::unavailable("the room lives in a region that this gateway does not hear"))
    }

    pub fn shards(&self) -> impl Iterator<Item = &Arc<ShardHub>> {
        self.shards.values()
    }

    /// Events heard since the start.
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Events queued for sockets since the start.
    pub fn delivered(&self) -> u64 {
        self.shards.values().map(|shard| shard.lock().delivered).sum()
    }

    /// Shards that are not heard now, for readiness.
    pub fn unhealthy(&self) -> Vec<String> {
        let silent = self.shards.values().filter(|shard| !shard.is_healthy());
        silent.map(|shard| shard.shard.to_string()).collect()
    }
}

impl ShardHub {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Heard, and not behind what was seen: only then it may be published to.
    pub fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Acquire)
    }

    /// Whether a record is wanted at once: somebody listens in its room, it changes who may hear what, or somebody waits for the shard. The
    /// others wait for each other: most of what a gateway hears has no listener here.
    fn is_urgent(&self, record: &Record) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
            || peek_kind(&record.payload).is_some_and(Kind::is_room_change)
            || self.lock().has_listeners(&record.room)
    }

    /// As long as the value lives, everything in the shard is urgent.
    pub fn attend(&self) -> Attending<'_> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Attending(self)
    }

    /// Last `seq` that went through here.
    pub fn head(&self) -> u64 {
        *self.head.borrow()
    }

    /// A position that the archive had reached when it was last asked.
    pub fn archived(&self) -> u64 {
        self.archived.load(Ordering::Acquire)
    }

    pub fn created_ms(&self) -> u64 {
        self.created_ms.load(Ordering::Acquire)
    }
}

/// Somebody waits for what a shard brings.
pub struct Attending<'s>(&'s ShardHub);

impl Drop for Attending<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Long-lived tasks of the gateway; they end at the hard stop.
#[derive(Clone)]
pub struct Tasks {
    pub tracker: tokio_util::task::TaskTracker,
    pub stop: tokio_util::sync::CancellationToken,
}

impl Tasks {
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }
}
