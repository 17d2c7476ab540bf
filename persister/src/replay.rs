//! `persister replay`: fills an emptied archive with what the log still holds.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use fabric::LogReader;
use protocol::subject::Shard;
use tokio_util::sync::CancellationToken;

use crate::intake::Intake;
use crate::position::{self, Position};

/// Refuses an archive that is not empty: rows that the log no longer holds would be gone.
pub async fn run(intake: Arc<Intake>, stop: CancellationToken) -> anyhow::Result<u64> {
    let client = intake.pool.get().await?;
    let filled = "SELECT EXISTS (SELECT FROM events) OR EXISTS (SELECT FROM entries) OR EXISTS (SELECT FROM mentions)";
    if client.query_one(filled, &[]).await?.get(0) {
        bail!(
            "the archive is not empty: empty it first with TRUNCATE events, entries, mentions, room_state, shard_position, shard_break"
        );
    }
    drop(client);
    let mut rows = 0;
    for shard in intake.fabric.shards() {
        rows += replay(&intake, shard, &stop).await.with_context(|| format!("shard {shard}"))?;
    }
    Ok(rows)
}

async fn replay(intake: &Intake, shard: &Shard, stop: &CancellationToken) -> anyhow::Result<u64> {
    let ensured = intake.fabric.ensure_stream(shard, None).await?;
    let mut client = intake.pool.get().await?;
    let stands = position::read(&client, shard).await?;
    let begin = ensured.info.first_seq - 1;
    let from = Position { seq: stands.seq, ts: 0 };
    let at = if begin == stands.seq { from } else { position::jump(&mut client, shard, from, begin, "replay").await? };
    drop(client);
    let reader = LogReader::open(&intake.fabric, shard.clone(), at.seq + 1).await?;
    let rows = intake.archive_until(shard, at, reader, ensured.info.last_seq, stop).await?;
    tracing::info!(%shard, rows, to.seq = ensured.info.last_seq, "shard replayed");
    Ok(rows)
}
