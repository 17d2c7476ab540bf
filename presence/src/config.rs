//! Configuration of the presence service.

use serde::{Deserialize, Serialize};

/// Everything that a presence service can be told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub nats: fabric::NatsConfig,
}
