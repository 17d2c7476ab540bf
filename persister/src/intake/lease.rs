//! Who writes a shard: a Postgres session that holds the shard's advisory lock. It ends with its process, when the process is cut
//! off for 4 s, or when it stands still for 8 s; that another one wrote meanwhile is found by the position.

use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object, Pool};
use protocol::subject::Shard;
use tokio::time::timeout;

use crate::pool::StoreError;

/// For one question to the session.
const PATIENCE: Duration = Duration::from_secs(3);

/// The session with its locks.
pub struct Lease {
    client: ClientWrapper,
}

impl Lease {
    pub async fn open(pool: &Pool) -> Result<Self, StoreError> {
        // Taken out of the pool: its end is the end of the locks.
        let client = Object::take(pool.get().await?);
        client
            .batch_execute(
                "SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3;
                 SET tcp_user_timeout = 4000; SET idle_session_timeout = 8000",
            )
            .await?;
        Ok(Self { client })
    }

    /// Takes those of the shards that nobody holds. Also shows that the session lives.
    pub async fn take(&self, shards: &[Shard]) -> Result<Vec<Shard>, StoreError> {
        const TAKE: &str = "SELECT pg_try_advisory_lock(hashtextextended('archive.' || name, 0))
            FROM unnest($1::text[]) WITH ORDINALITY AS t(name, n) ORDER BY n";
        let names: Vec<String> = shards.iter().map(Shard::to_string).collect();
        let asked = timeout(PATIENCE, self.client.query(TAKE, &[&names])).await;
        let rows = asked.map_err(|_| protocol::code::Refusal::unavailable("postgres does not answer"))??;
        Ok(shards.iter().zip(rows).filter(|(_, row)| row.get(0)).map(|(shard, _)| shard.clone()).collect())
    }
}
