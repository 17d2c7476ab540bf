//! The composed configuration: the services' own sections, and what the mesh adds for its children.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Everything that a mesh can be told, beside the sections of the process.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where everything is kept that must survive.
    pub data_dir: PathBuf,
    pub nats: NatsConfig,
    pub postgres: PostgresConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self { data_dir: "data".into(), nats: NatsConfig::default(), postgres: PostgresConfig::default() }
    }
}

/// The fabric's server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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
}

/// The archive's server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PostgresConfig {
    /// A server of one's own; absent: one is started.
    pub url: Option<String>,
    /// A replica for reads; absent: the same server.
    pub read_url: Option<String>,
    /// The folder of `initdb` and `postgres`.
    pub bin: Option<PathBuf>,
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
