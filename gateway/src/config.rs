//! Configuration of the gateway: sections with defaults; the composed `mesh` uses the same structs.

use serde::{Deserialize, Serialize};

/// Everything that a gateway can be told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub http: HttpConfig,
    pub limits: LimitsConfig,
    pub auth: AuthConfig,
    pub presence: PresenceConfig,
    pub nats: fabric::NatsConfig,
}

/// The public port.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Address of the public port.
    pub listen: std::net::SocketAddr,
    /// Foreign origins that may connect, such as `https://chat.example.org`.
    pub allowed_origins: Vec<String>,
    /// Sockets leave at a random time within this after `goaway`, in milliseconds.
    pub drain_spread_ms: u64,
    /// `GET /v1/lobby` needs a token.
    pub lobby_needs_login: bool,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8080).into(),
            allowed_origins: Vec::new(),
            drain_spread_ms: 2_000,
            lobby_needs_login: false,
        }
    }
}

/// Bounds of one gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// UTF-8 bytes of one text.
    pub text_bytes: usize,
    /// Bytes of one WebSocket message; at least 4 × `text_bytes`.
    pub frame_bytes: usize,
    /// Changes of one user a minute, over all his sockets; 0: no limit.
    pub per_minute: u32,
    /// Entries of a page at most.
    pub history: u64,
    /// Events that a replay pushes before it skips.
    pub replay_events: usize,
    /// Rooms in `welcome`.
    pub rooms: u64,
    /// The client's ping interval, in seconds.
    pub ping_s: u64,
    /// Sockets of one user at most; the oldest closes above it.
    pub sockets_per_user: usize,
    /// Sockets of this gateway at most; 0: what the limit of open files allows.
    pub sockets: usize,
    /// Sign-ups and guests of one source address a minute; 0: no limit.
    pub signups_per_minute: u32,
    /// Bytes of recent events kept for each shard.
    pub ring_bytes: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            text_bytes: 8_192,
            frame_bytes: 65_536,
            per_minute: 300,
            history: 200,
            replay_events: 500,
            rooms: 100,
            ping_s: 30,
            sockets_per_user: 32,
            sockets: 0,
            signups_per_minute: 60,
            ring_bytes: 2 << 20,
        }
    }
}

/// Presence.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PresenceConfig {
    /// Who does nothing for so long is away, in seconds.
    pub away_after_s: u64,
}

impl Default for PresenceConfig {
    fn default() -> Self {
        Self { away_after_s: 600 }
    }
}

/// What gateway and persister must agree on about tokens.
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
