//! Hard cases at a real gateway's socket: each found a hole in an earlier draft.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod anew;
mod late;
mod rooms;
mod silence;
mod still;
mod store;

use std::time::Duration;

/// Longest wait for what a fault delays.
const LONG: Duration = Duration::from_secs(40);
