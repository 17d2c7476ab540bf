#![doc = include_str!("../README.md")]

mod embedded {
    refinery::embed_migrations!("sql");
}

/// Two persisters that start together take turns; any number that nobody else uses.
const LOCK: i64 = 0x6368_6174_6d69_6772;

/// The schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("postgres: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    #[error("migration: {0}")]
    Migration(#[from] refinery::Error),
}

/// Brings the schema up to date; gives how many migrations that took.
pub async fn apply(client: &mut tokio_postgres::Client) -> Result<usize, MigrationError> {
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;
    let report = embedded::migrations::runner().run_async(client).await;
    client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await?;
    Ok(report?.applied_migrations().len())
}
