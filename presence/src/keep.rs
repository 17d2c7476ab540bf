//! What survives a restart is kept by the directory: marks of the ranking, and when users were last seen.

use std::time::Duration;

use fabric::Fabric;
use protocol::id::UserId;
use protocol::rpc::directory::{Mark, NoteActive, NoteSeen};
use tokio::sync::watch;

use crate::state::Shared;

const INTERVAL: Duration = Duration::from_secs(5);
/// Entries of one request.
const BATCH: usize = 5_000;
/// What waits while the directory is away; beyond it the oldest are given up.
const MOST: usize = 200_000;

/// Hands over every few seconds, for ever; only the replica with the lease does.
pub async fn serve(fabric: &Fabric, shared: &Shared, epoch: watch::Receiver<Option<u64>>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut marks: Vec<Mark> = Vec::new();
    let mut seen: Vec<(UserId, u64)> = Vec::new();
    loop {
        ticks.tick().await;
        {
            let mut state = shared.lock();
            marks.extend(state.ranking.take_fresh());
            seen.extend(state.roster.take_seen());
        }
        if epoch.borrow().is_none() {
            // The other replica has the same.
            (marks, seen) = (Vec::new(), Vec::new());
        }
        while !marks.is_empty() {
            let batch = marks[marks.len().saturating_sub(BATCH)..].to_vec();
            let kept = marks.len() - batch.len();
            if fabric.request(&NoteActive { marks: batch }).await.is_err() {
                break;
            }
            marks.truncate(kept);
        }
        while !seen.is_empty() {
            let batch = seen[seen.len().saturating_sub(BATCH)..].to_vec();
            let kept = seen.len() - batch.len();
            if fabric.request(&NoteSeen { users: batch }).await.is_err() {
                break;
            }
            seen.truncate(kept);
        }
        marks.drain(..marks.len().saturating_sub(MOST));
        seen.drain(..seen.len().saturating_sub(MOST));
    }
}
