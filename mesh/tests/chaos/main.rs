//! Everything is killed under load, again and again; then a checker joins what clients saw, the log and the archive.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod crowd;
mod evidence;
mod parts;
mod person;
mod whole;

use std::time::Duration;

/// Longest wait for something that a kill delays: the clients' backoff grows to 20 s.
const LONG: Duration = Duration::from_secs(60);

/// No limit on what one user sends, and no replay that is cut short: every event is owed to everybody.
const GATEWAY: [(&str, &str); 2] = [("CHATMESH__LIMITS__PER_MINUTE", "0"), ("CHATMESH__LIMITS__REPLAY_EVENTS", "1000000")];
