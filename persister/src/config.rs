//! Configuration of the persister: sections with defaults; the composed `mesh` uses the same structs.

use serde::{Deserialize, Serialize};

use crate::archive::ArchiveConfig;

/// Everything that a persister can be told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub postgres: PostgresConfig,
    pub nats: fabric::NatsConfig,
    pub auth: AuthConfig,
    pub archive: ArchiveConfig,
}

/// Where the rows are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PostgresConfig {
    /// The primary, as a URL or as `key=value` pairs.
    pub url: String,
    /// A replica for reads of the archive; empty: the primary.
    pub read_url: String,
    /// Connections of each of the two pools.
    pub pool_size: usize,
}

impl Default for PostgresConfig {
    fn default() -> Self {
        Self { url: "postgres://chatmesh@127.0.0.1:5432/chatmesh".into(), read_url: String::new(), pool_size: 16 }
    }
}

/// Tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Life of an access token, in seconds.
    pub access_ttl_s: u64,
    /// Life of an unused refresh token, in days.
    pub refresh_ttl_days: u64,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self { access_ttl_s: 900, refresh_ttl_days: 30 }
    }
}
