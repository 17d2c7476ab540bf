#![doc = include_str!("../README.md")]

pub mod accounts;
pub mod archive;
pub mod audit;
pub mod config;
pub mod directory;
pub mod intake;
pub mod outbox;
pub mod partitions;
pub mod pool;
pub mod position;
pub mod replay;
pub mod retention;
mod service;
pub mod store;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use fabric::Fabric;
use tokio::time::timeout;

pub use config::Config;

use crate::accounts::Accounts;
use crate::directory::Directory;
use crate::outbox::Outbox;
use crate::pool::Pools;
use crate::position::Positions;

/// Between attempts to reach Postgres at start.
const RETRY: Duration = Duration::from_millis(500);
/// How long Postgres may take to come up before the persister gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long Postgres may take to show that it lives.
const ANSWER: Duration = Duration::from_secs(3);
/// Between sweeps of expired tokens; with jitter.
const SWEEP: Duration = Duration::from_secs(600);

/// Runs a persister until the soft stop.
pub fn run(context: chassis::Context, config: Config) -> chassis::Running {
    Box::pin(serve(context, config))
}

/// Fills an emptied archive from the log, and ends.
pub fn replay(context: chassis::Context, config: Config) -> chassis::Running {
    Box::pin(refill(context, config))
}

async fn serve(context: chassis::Context, config: Config) -> anyhow::Result<()> {
    let postgres = context.health.check("postgres");
    let pools = Pools::new(&config.postgres).context("postgres.url is not usable")?;
    migrate(&pools).await?;
    let fabric = Fabric::connect(&config.nats, "persister").await?;
    let archive = archive::start(&context, &pools, &fabric, &config.archive).await?;
    let outbox = Outbox::start(&pools, &fabric, &context.lifecycle);
    let accounts = Accounts::start(pools.clone(), fabric.clone(), config.auth.clone()).await?;
    let directory = Directory::new(pools.clone(), fabric.clone(), outbox);
    let service = service::serve(&fabric, accounts.clone(), directory).await?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "persister answers");
    let mut sweep = tokio::time::interval(SWEEP.mul_f64(rand::random_range(0.8..1.2)));
    let mut look = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            // The process ends.
            () = context.lifecycle.soft().cancelled() => break,
            // Readiness says whether Postgres answers.
            _ = look.tick() => match timeout(ANSWER, pools.alive()).await {
                Ok(Ok(())) => postgres.ok(),
                Ok(Err(error)) => postgres.failing(error.to_string()),
                Err(_) => postgres.failing("does not answer"),
            },
            // Expired tokens are forgotten.
            _ = sweep.tick() => if let Err(error) = accounts.sweep().await {
                tracing::warn!(%error, "expired tokens are not swept");
            },
        }
    }
    service.stop().await;
    archive.stop().await;
    fabric.drain().await;
    Ok(())
}

async fn refill(context: chassis::Context, config: Config) -> anyhow::Result<()> {
    let pools = Pools::new(&config.postgres).context("postgres.url is not usable")?;
    migrate(&pools).await?;
    let fabric = Fabric::connect(&config.nats, "persister-replay").await?;
    let positions = Positions::new(fabric.shards());
    let intake = archive::writer(&pools, &fabric, &config.archive, positions, context.health.check("archive"));
    let rows = replay::run(Arc::new(intake), context.lifecycle.soft().clone()).await?;
    tracing::info!(rows, "the archive holds what the log held");
    fabric.drain().await;
    Ok(())
}

/// Compares the archive with the log, and ends; a difference is an error.
pub fn audit(context: chassis::Context, config: Config) -> chassis::Running {
    Box::pin(compare(context, config))
}

async fn compare(context: chassis::Context, config: Config) -> anyhow::Result<()> {
    let pools = Pools::new(&config.postgres).context("postgres.url is not usable")?;
    let fabric = Fabric::connect(&config.nats, "persister-audit").await?;
    let report = audit::run(&pools, &fabric, context.lifecycle.soft()).await?;
    fabric.drain().await;
    for difference in &report.differences {
        tracing::error!("{difference}");
    }
    let (events, days) = (report.events, report.days);
    anyhow::ensure!(report.differences.is_empty(), "log and archive differ on {} of {days} days", report.differences.len());
    tracing::info!(events, days, "log and archive agree");
    Ok(())
}

/// Applies the migrations, once Postgres answers.
pub async fn migrate(pools: &Pools) -> anyhow::Result<()> {
    let began = tokio::time::Instant::now();
    let mut client = loop {
        match pools.writer().await {
            Ok(client) => break client,
            Err(error) if began.elapsed() > PATIENCE => {
                return Err(error).context("postgres does not answer: check postgres.url, and that it runs");
            }
            Err(_) => tokio::time::sleep(RETRY).await,
        }
    };
    // Another persister may be at it, and a large table takes its time.
    client.batch_execute("SET statement_timeout = 0; SET lock_timeout = '60s'").await?;
    let applied = migrations::apply(&mut client).await.context("the schema could not be brought up to date")?;
    if applied > 0 {
        tracing::info!(applied, "schema brought up to date");
    }
    // The changed setting ends with this connection.
    drop(deadpool_postgres::Object::take(client));
    Ok(())
}
