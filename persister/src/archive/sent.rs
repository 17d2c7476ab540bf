//! `archive.sent`, `archive.wait` and `archive.positions`: what is archived, and whether an idempotency key was used.

use std::time::Duration;

use deadpool_postgres::Object;
use protocol::code::Refusal;
use protocol::envelope::Envelope;
use protocol::rpc::Done;
use protocol::rpc::archive::{GetPositions, GetSent, Sent, Wait};
use protocol::subject::Shard;
use tokio::time::Instant;
use tokio_postgres::Row;

use super::Archive;
use crate::pool::StoreError;
use crate::position;
use crate::store::unsigned;

/// How long `archive.sent` waits for the position.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest `archive.wait`.
const LONGEST_MS: u64 = 30_000;

impl Archive {
    /// The first event under a key. No answer before the position reached `at_least`, unless the key is found.
    pub async fn sent(&self, ask: GetSent) -> Result<Option<Sent>, StoreError> {
        self.known(&ask.shard)?;
        // The primary, because a replica may be behind the position that was reached.
        let client = self.pools.writer().await?;
        let position = position::read(&client, &ask.shard).await?.seq;
        // After the position: what is not found was not there up to it.
        let found = find(&client, &ask).await?;
        if found.is_some() || position >= ask.at_least {
            return Ok(found);
        }
        drop(client);
        let deadline = Instant::now() + PATIENCE;
        if !self.positions.reach(&self.pools.write, &ask.shard, ask.at_least, deadline).await? {
            return Err(behind());
        }
        find(&self.pools.writer().await?, &ask).await
    }

    /// Answers when the position reached a `seq`.
    pub async fn wait(&self, ask: Wait) -> Result<Done, StoreError> {
        self.known(&ask.shard)?;
        let deadline = Instant::now() + Duration::from_millis(ask.wait_ms.min(LONGEST_MS));
        let reached = self.positions.reach(&self.pools.write, &ask.shard, ask.seq, deadline).await?;
        if reached { Ok(Done {}) } else { Err(behind()) }
    }

    /// The positions in shards.
    pub async fn positions(&self, ask: GetPositions) -> Result<Vec<u64>, StoreError> {
        const SELECT: &str = "SELECT home, shard, position FROM shard_position";
        let client = self.pools.reader().await?;
        let statement = client.prepare_cached(SELECT).await?;
        let rows = client.query(&statement, &[]).await?;
        let position = |shard: &Shard| {
            let of_shard =
                |row: &&Row| row.get::<_, &str>(0) == shard.home.as_str() && row.get::<_, i32>(1) == i32::from(shard.number);
            rows.iter().find(of_shard).map_or(0, |row| unsigned(row.get(2)))
        };
        Ok(ask.shards.iter().map(position).collect())
    }

    fn known(&self, shard: &Shard) -> Result<(), Refusal> {
        if self.positions.knows(shard) { Ok(()) } else { Err(Refusal::not_found("no such shard")) }
    }
}

fn behind() -> StoreError {
    Refusal::unavailable("the archive is behind the log; try again").into()
}

/// The first event under a key that is archived by now.
async fn find(client: &Object, ask: &GetSent) -> Result<Option<Sent>, StoreError> {
    const SELECT: &str = "SELECT seq, at, payload FROM events WHERE id = $1 AND room = $2 AND author = $3 ORDER BY seq LIMIT 1";
    let statement = client.prepare_cached(SELECT).await?;
    let found = client.query_opt(&statement, &[&ask.id.uuid(), &ask.room.as_str(), &ask.author.as_str()]).await?;
    let sent = found.and_then(|row| {
        let digest = Envelope::decode(row.get(2)).ok()?.digest();
        Some(Sent { seq: unsigned(row.get(0)), ts: unsigned(row.get(1)), digest })
    });
    Ok(sent)
}
