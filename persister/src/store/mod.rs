//! A batch of the log into Postgres: rows, folded entries and the shard's position in one transaction.

mod copy;
mod fold;
mod footer;
mod number;
mod row;
mod write;

use deadpool_postgres::Object;
use protocol::subject::Shard;
use tokio_postgres::error::{DbError, SqlState};

pub use copy::encode;
pub use fold::stored;
pub use footer::made_anew;
pub use number::{signed, unsigned};
pub use row::{Content, Row, code};

use crate::position::Position;

/// Why a batch was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer moved the position: this one's lease is over.
    #[error("the position of the shard was moved by another writer")]
    Fenced,
    #[error("postgres: {}", describe(.0))]
    Postgres(#[from] tokio_postgres::Error),
    #[error("an entry does not encode: {0}")]
    Encode(#[from] rmp_serde::encode::Error),
    #[error("the transaction took longer than {0} s")]
    TimedOut(u64),
}

impl StoreError {
    /// Postgres refuses the data themselves: another try gives the same.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Postgres(error) => error.code().is_some_and(|code| matches!(code.code().get(..2), Some("22" | "54"))),
            Self::Encode(_) => true,
            Self::Fenced | Self::TimedOut(_) => false,
        }
    }

    /// Another writer is at work.
    pub fn is_fenced(&self) -> bool {
        matches!(self, Self::Fenced)
    }

    /// The rows are there already although the position stands below them.
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Postgres(error) => error.code() == Some(&SqlState::UNIQUE_VIOLATION),
            Self::Encode(_) | Self::Fenced | Self::TimedOut(_) => false,
        }
    }
}

/// What Postgres said, not only that it was Postgres.
pub fn describe(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |error: &DbError| format!("{} ({})", error.message(), error.code().code()))
}

/// Longest transaction of a batch, in seconds.
const TIMEOUT_S: u64 = 60;

/// Rows of one shard.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub shard: &'a Shard,
    /// Where the shard stands before them.
    pub from: Position,
    pub rows: &'a [Row],
}

impl Part<'_> {
    /// Where the shard stands after them.
    pub fn to(&self) -> Position {
        let seq = self.rows.last().map_or(self.from.seq, |row| row.seq);
        let ts = self.rows.iter().map(|row| row.at).fold(self.from.ts, u64::max);
        Position { seq, ts }
    }
}

/// Stores rows of several shards, each shard once. All or nothing, and only once.
pub async fn store(client: &mut Object, parts: &[Part<'_>]) -> Result<(), StoreError> {
    let timeout = std::time::Duration::from_secs(TIMEOUT_S);
    tokio::time::timeout(timeout, transact(client, parts)).await.unwrap_or(Err(StoreError::TimedOut(TIMEOUT_S)))
}

async fn transact(client: &mut Object, parts: &[Part<'_>]) -> Result<(), StoreError> {
    let rows: Vec<&Row> = parts.iter().flat_map(|part| part.rows).collect();
    let moves: Vec<_> = parts.iter().map(|part| (part.shard, part.from, part.to())).collect();
    let tx = client.transaction().await?;
    crate::position::advance(&tx, &moves).await?;
    let mut heads = write::heads(&tx, &rows).await?;
    let mut changes = fold::Changes::of(&tx, &rows).await?;
    copy::copy(&tx, parts, &mut heads).await?;
    footer::update(&tx, &mut changes).await?;
    write::entries(&tx, &changes).await?;
    write::mentions(&tx, &changes).await?;
    write::rooms(&tx, &rows).await?;
    Ok(tx.commit().await?)
}
