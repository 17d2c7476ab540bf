//! Waiting on a condition with a deadline.

use std::panic::Location;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(10);

/// Asks until the condition gives a value; panics at the caller's place when the deadline has passed.
#[track_caller]
pub fn eventually_for<T>(
    deadline: Duration,
    what: &str,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> impl Future<Output = T> {
    let (caller, what) = (Location::caller(), what.to_owned());
    async move {
        let start = Instant::now();
        loop {
            if let Some(value) = condition().await {
                return value;
            }
            assert!(start.elapsed() < deadline, "{what}: not within {deadline:?}, at {caller}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// [`eventually_for`] a condition that needs no name.
#[track_caller]
pub fn eventually<T>(deadline: Duration, condition: impl AsyncFnMut() -> Option<T>) -> impl Future<Output = T> {
    eventually_for(deadline, "the condition", condition)
}
