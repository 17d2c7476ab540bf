//! The composed configuration: the services' own sections, and what the mesh adds for its children.

use std::path::PathBuf;

use protocol::id::Name;
use serde::{Deserialize, Serialize};

use crate::servers::Connect;

/// Everything that a mesh can be told, beside the sections of the process.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where everything is kept that must survive.
    pub data_dir: PathBuf,
    pub http: gateway::config::HttpConfig,
    pub limits: gateway::config::LimitsConfig,
    pub auth: persister::config::AuthConfig,
    pub presence: gateway::config::PresenceConfig,
    pub archive: persister::archive::ArchiveConfig,
    pub nats: NatsConfig,
    pub postgres: PostgresConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            http: Default::default(),
            limits: Default::default(),
            auth: Default::default(),
            presence: Default::default(),
            archive: Default::default(),
            nats: Default::default(),
            postgres: Default::default(),
        }
    }
}

/// The fabric: the services' section, with an address only for a server of one's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NatsConfig {
    /// A server of one's own; absent: one is started.
    pub url: Option<String>,
    /// Login at a server of one's own.
    pub user: Option<String>,
    pub password: Option<String>,
    /// When the server flushes what it acknowledges. Of a server of one's own: what that server was told.
    pub durability: Durability,
    /// The nats-server program.
    pub bin: Option<PathBuf>,
    pub home: Name,
    pub shards: u16,
    pub replicas: usize,
    pub shard_max_bytes: i64,
}

impl Default for NatsConfig {
    fn default() -> Self {
        let fabric::NatsConfig { url: _, user, password, home, shards, replicas, shard_max_bytes } = Default::default();
        Self { url: None, user, password, durability: Durability::default(), bin: None, home, shards, replicas, shard_max_bytes }
    }
}

/// The archive: the persister's section, with an address only for a server of one's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PostgresConfig {
    /// A server of one's own; absent: one is started.
    pub url: Option<String>,
    /// A replica for reads; empty: the same server.
    pub read_url: String,
    pub pool_size: usize,
    /// The folder of `initdb` and `postgres`.
    pub bin: Option<PathBuf>,
}

impl Default for PostgresConfig {
    fn default() -> Self {
        let persister::config::PostgresConfig { url: _, read_url, pool_size } = Default::default();
        Self { url: None, read_url, pool_size, bin: None }
    }
}

impl Config {
    /// What the gateway is told.
    pub fn gateway(&self, connect: &Connect) -> gateway::Config {
        let persister::config::AuthConfig { access_ttl_s, refresh_ttl_days } = self.auth;
        let auth = gateway::config::AuthConfig { access_ttl_s, refresh_ttl_days };
        let Self { http, limits, presence, .. } = self.clone();
        gateway::Config { http, limits, auth, presence, nats: self.fabric(connect) }
    }

    /// What the persister is told.
    pub fn persister(&self, connect: &Connect) -> persister::Config {
        let PostgresConfig { url: _, read_url, pool_size, bin: _ } = self.postgres.clone();
        let postgres = persister::config::PostgresConfig { url: connect.postgres_url.clone(), read_url, pool_size };
        persister::Config { postgres, nats: self.fabric(connect), auth: self.auth.clone(), archive: self.archive.clone() }
    }

    /// What the presence service is told.
    pub fn presence(&self, connect: &Connect) -> presence::Config {
        presence::Config { nats: self.fabric(connect) }
    }

    fn fabric(&self, connect: &Connect) -> fabric::NatsConfig {
        let NatsConfig { home, shards, replicas, shard_max_bytes, .. } = self.nats.clone();
        let Connect { nats_url: url, nats_user: user, nats_password: password, postgres_url: _ } = connect.clone();
        fabric::NatsConfig { url, user, password, home, shards, replicas, shard_max_bytes }
    }
}

/// What an acknowledgement survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Flushed before it is acknowledged.
    #[default]
    Always,
    /// Flushed every two minutes: a power failure may lose acknowledged messages.
    Lazy,
}

impl Durability {
    /// As `/readyz` says it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Lazy => "lazy",
        }
    }

    /// As nats-server wants it.
    pub fn sync_interval(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Lazy => "2m",
        }
    }
}
