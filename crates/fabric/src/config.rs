//! Where NATS is, and how the log is laid out.

use protocol::id::Name;
use protocol::subject::Shard;
use serde::{Deserialize, Serialize};

/// Section `nats` of the configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NatsConfig {
    /// One address, or those of all servers of a cluster with commas between: publishes go to these only, and live copies
    /// are heard from no others.
    pub url: String,
    pub user: Option<String>,
    pub password: Option<String>,
    /// The region whose rooms this mesh takes sends for.
    pub home: Name,
    /// How many logs the rooms are dealt out to.
    pub shards: u16,
    /// Copies of each log.
    pub replicas: usize,
    /// Bytes that NATS reserves for each shard.
    pub shard_max_bytes: i64,
}

impl Default for NatsConfig {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a literal that is well-formed")]
        let home = Name::parse("local").expect("well-formed");
        Self {
            url: "nats://127.0.0.1:4222".into(),
            user: None,
            password: None,
            home,
            shards: 16,
            replicas: 1,
            shard_max_bytes: 512 << 20,
        }
    }
}

impl NatsConfig {
    pub(crate) fn shard_list(&self) -> Vec<Shard> {
        (0..self.shards).map(|number| Shard { home: self.home.clone(), number }).collect()
    }
}
