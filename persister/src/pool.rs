//! Pools of connections: one to the primary for writes and what must be true now, one for reads of the archive.

use std::str::FromStr as _;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use protocol::code::{Code, Refusal};
use tokio_postgres::NoTls;

use crate::config::PostgresConfig;

/// For a connection from the pool.
const WAIT: Duration = Duration::from_secs(3);
/// A machine that vanished is noticed by its silence.
const KEEPALIVE: Duration = Duration::from_secs(10);
const GONE: Duration = Duration::from_secs(15);
/// For a statement; the archive's writer sets its own. Plans are made once a connection: with the archive's many partitions planning costs
/// more than most statements.
const STATEMENT: &str = "-c statement_timeout=8000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000 \
     -c plan_cache_mode=force_generic_plan";

/// Both pools; cheap to clone.
#[derive(Clone)]
pub struct Pools {
    pub write: Pool,
    pub read: Pool,
}

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("postgres: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    #[error("no connection to postgres: {0}")]
    Pool(#[from] PoolError),
}

impl Pools {
    pub fn new(config: &PostgresConfig) -> anyhow::Result<Self> {
        let write = pool(&config.url, config.pool_size)?;
        let read = if config.read_url.is_empty() {
            pool(&config.url, config.pool_size)?
        } else {
            pool(&config.read_url, config.pool_size)?
        };
        Ok(Self { write, read })
    }

    pub async fn writer(&self) -> Result<Object, StoreError> {
        Ok(self.write.get().await?)
    }

    /// Whether the primary answers.
    pub async fn alive(&self) -> Result<(), StoreError> {
        Ok(self.writer().await?.batch_execute("").await?)
    }

    pub async fn reader(&self) -> Result<Object, StoreError> {
        Ok(self.read.get().await?)
    }
}

fn pool(url: &str, size: usize) -> anyhow::Result<Pool> {
    let mut config = tokio_postgres::Config::from_str(url)?;
    config.application_name("chatmesh").connect_timeout(WAIT).keepalives_idle(KEEPALIVE).tcp_user_timeout(GONE);
    if config.get_options().is_none() {
        config.options(STATEMENT);
    }
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    let pool = Pool::builder(manager).max_size(size).runtime(Runtime::Tokio1);
    Ok(pool.wait_timeout(Some(WAIT)).create_timeout(Some(WAIT)).recycle_timeout(Some(WAIT)).build()?)
}

impl From<StoreError> for Refusal {
    /// What the asker may know; the rest is logged here, once.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal,
            StoreError::Postgres(error) => {
                let away = error.is_closed()
                    || error
                        .code()
                        .is_none_or(|code| ["08", "53", "57", "55", "40"].iter().any(|class| code.code().starts_with(class)));
                if away {
                    tracing::warn!(error = %describe(&error), "postgres did not answer");
                    return Refusal::unavailable("the directory does not answer; try again");
                }
                tracing::error!(error = %describe(&error), "statement failed");
                Refusal::new(Code::Internal, "something went wrong; try again")
            }
            StoreError::Pool(error) => {
                tracing::warn!(%error, "no connection to postgres");
                Refusal::unavailable("the directory does not answer; try again")
            }
        }
    }
}

fn describe(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| format!("{} ({})", error.message(), error.code().code()))
}
