//! The archive's writer: one reader of each shard's log by lease, batches into the store, nothing skipped.

mod align;
mod batch;
mod group;
mod lease;
mod metrics;
mod write;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Pool, PoolError};
use fabric::{Fabric, FabricError, LogError};
use protocol::code::Refusal;
use protocol::subject::Shard;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use align::LEAP;
pub use batch::Pace;
pub use group::Group;
pub use metrics::{Alarms, Stopped};

use crate::archive::ArchiveConfig;
use crate::partitions::Partitions;
use crate::pool;
use crate::position::Positions;
use crate::store::{StoreError, describe};

/// How soon another persister's shards are taken over, and how often the lease is shown to live.
const TICK: Duration = Duration::from_secs(1);

/// Everything that the writers of all shards share.
pub struct Intake {
    pub fabric: Fabric,
    /// To the primary.
    pub pool: Pool,
    pub config: ArchiveConfig,
    pub positions: Positions,
    pub partitions: Partitions,
    pub alarms: Alarms,
    pub stopped: Stopped,
    /// Transactions at the same time: the pool has others to serve.
    pub storing: Semaphore,
    /// What waits for one.
    pub group: Group,
    pub pace: Pace,
}

/// Why a shard is not written now.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Events are gone from the log that the archive never saw. Somebody has to look: `persister replay` takes what is left.
    #[error("the log begins at {first_seq}, but the archive stands at {position}: what lies between is in neither")]
    Gap { position: u64, first_seq: u64 },
    /// The archive holds rows above its position.
    #[error("the archive holds rows above its position {position}")]
    Conflict { position: u64 },
    #[error(transparent)]
    Store(StoreError),
    #[error("{0}")]
    Log(#[from] LogError),
    #[error("{0}")]
    Fabric(#[from] FabricError),
    #[error("no connection to postgres: {0}")]
    Pool(#[from] PoolError),
    #[error("postgres: {}", describe(.0))]
    Postgres(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Read(#[from] pool::StoreError),
}

impl From<StoreError> for IntakeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntakeError {
    /// Another try changes nothing: the shard stands still until somebody acts.
    fn stops(&self) -> bool {
        match self {
            Self::Gap { .. } | Self::Conflict { .. } => true,
            Self::Store(_) | Self::Log(_) | Self::Fabric(_) | Self::Pool(_) | Self::Postgres(_) | Self::Read(_) => false,
        }
    }
}

/// Writes all shards whose lease can be had, until the stop.
pub async fn run(intake: Arc<Intake>, stop: CancellationToken) {
    let keeping = intake.partitions.keep(&intake.pool, stop.clone());
    tokio::join!(keeping, lead(&intake, &stop));
}

async fn lead(intake: &Arc<Intake>, stop: &CancellationToken) {
    let mut told = false;
    while !stop.is_cancelled() {
        let mut writers = JoinSet::new();
        let leading = stop.child_token();
        if let Err(error) = hold(intake, &leading, &mut writers).await {
            let led = !writers.is_empty();
            // Once, not at every attempt to have it again.
            if led || !told {
                tracing::warn!(%error, "no lease on the shards: nothing is archived by this process");
            }
            told = true;
        }
        leading.cancel();
        while writers.join_next().await.is_some() {}
        // Elapsed or stopped: the loop looks.
        stop.run_until_cancelled(tokio::time::sleep(TICK)).await;
    }
}

/// Holds the lease and starts a writer for each shard that it gets. Returns at the stop.
async fn hold(intake: &Arc<Intake>, leading: &CancellationToken, writers: &mut JoinSet<()>) -> Result<(), pool::StoreError> {
    let lease = lease::Lease::open(&intake.pool).await?;
    let mut free: Vec<Shard> = intake.fabric.shards().to_vec();
    let mut ticks = tokio::time::interval(TICK);
    while leading.run_until_cancelled(ticks.tick()).await.is_some() {
        // They end at the stop alone: one that broke would keep its shard, and nobody would write it.
        if let Some(ended) = writers.try_join_next() {
            tracing::error!(?ended, "a shard's writer ended; all begin anew");
            return Err(Refusal::unavailable("a shard's writer ended").into());
        }
        for shard in lease.take(&free).await? {
            tracing::info!(%shard, "writing the shard");
            free.retain(|other| *other != shard);
            writers.spawn(write::run(intake.clone(), shard, leading.clone()));
        }
    }
    // The last batches are stored before the locks go.
    while writers.join_next().await.is_some() {}
    Ok(())
}
