//! The archive: its writer, its retention, and the micro-service `archive` that reads it.
//!
//! Statements look up single rows by `LATERAL (… LIMIT 1)` where a join would say the same: a session makes its plan once, perhaps while
//! the tables are empty, and a join would then go on reading all of them until somebody analyzes them.

mod config;
mod events;
mod history;
mod page;
mod sent;
mod serve;
mod snapshot;
mod source;
mod unread;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fabric::{Fabric, Service};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use config::ArchiveConfig;
pub use unread::{Overview, overview, own_overview};

use crate::intake::{self, Alarms, Intake};
use crate::partitions::Partitions;
use crate::pool::Pools;
use crate::position::Positions;
use crate::retention;

/// Answers `archive.*`; cheap to clone.
#[derive(Clone)]
pub struct Archive {
    pools: Pools,
    positions: Positions,
}

impl Archive {
    pub fn new(pools: Pools, positions: Positions) -> Self {
        Self { pools, positions }
    }
}

/// The archive's tasks in this process.
pub struct Running {
    service: Service,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

/// Longest wait for the last batches at the end.
const GRACE: Duration = Duration::from_secs(10);

/// Starts writer, retention and service.
pub async fn start(
    context: &chassis::Context,
    pools: &Pools,
    fabric: &Fabric,
    config: &ArchiveConfig,
) -> anyhow::Result<Running> {
    let positions = Positions::new(fabric.shards());
    let stop = CancellationToken::new();
    let intake = Arc::new(writer(pools, fabric, config, positions.clone(), context.health.check("archive")));
    let full = context.health.check("log");
    full.ok();
    let mut tasks = JoinSet::new();
    tasks.spawn(intake::run(intake, stop.clone()));
    tasks.spawn(retention::run(fabric.clone(), pools.write.clone(), config.log_keep(), full, stop.clone()));
    let service = serve::serve(fabric, Archive::new(pools.clone(), positions)).await?;
    Ok(Running { service, tasks, stop })
}

/// The archive's writer, not yet running.
pub fn writer(pools: &Pools, fabric: &Fabric, config: &ArchiveConfig, positions: Positions, check: chassis::Check) -> Intake {
    check.ok();
    Intake {
        fabric: fabric.clone(),
        pool: pools.write.clone(),
        config: config.clone(),
        positions,
        partitions: Partitions::default(),
        alarms: Alarms::new(),
        stopped: intake::Stopped::new(check),
        storing: tokio::sync::Semaphore::new(STORING),
        group: intake::Group::default(),
        pace: intake::Pace::new(tokio::time::Instant::now(), config.linger()),
    }
}

impl Running {
    /// Answers what was asked, stores what is being stored, and gives up the shards.
    pub async fn stop(mut self) {
        self.service.stop().await;
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("the archive's writer did not end in time; its transaction is rolled back");
        }
    }
}

/// Batches that are stored at the same time: more gain nothing, and the pool has others to serve.
const STORING: usize = 4;

/// Milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}
