//! The end of a process: a soft token (drain), a hard token (drop everything), and the tasks to wait for.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// From the soft stop to the hard one.
pub const GRACE: Duration = Duration::from_secs(20);

/// Soft and hard stop and the tracked tasks; cheap to clone.
#[derive(Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// Cancelled when nothing new may be taken and what runs should finish.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled when everything must end now. Never before `soft`.
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Spawns a task that the end of the process waits for.
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.tasks.spawn(task)
    }

    /// Begins the soft stop.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Begins the hard stop.
    pub fn abort(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// A lifecycle with a soft stop and tasks of its own, under the same hard stop: for services that end one after the other.
    pub fn stage(&self) -> Lifecycle {
        Lifecycle { soft: self.hard.child_token(), hard: self.hard.clone(), tasks: TaskTracker::new() }
    }

    /// Waits until every tracked task has ended.
    pub async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stage_stops_alone_softly_and_with_all_hardly() {
        let whole = Lifecycle::default();
        let (first, second) = (whole.stage(), whole.stage());
        whole.stop();
        assert!(!first.soft().is_cancelled(), "stages are stopped one by one");
        first.stop();
        assert!(first.soft().is_cancelled() && !second.soft().is_cancelled());
        whole.abort();
        assert!(second.soft().is_cancelled() && second.hard().is_cancelled());
    }

    #[tokio::test]
    async fn drained_waits_for_tracked_tasks() {
        let lifecycle = Lifecycle::default();
        let soft = lifecycle.soft().clone();
        let task = lifecycle.spawn(async move { soft.cancelled().await });
        lifecycle.stop();
        lifecycle.drained().await;
        assert!(task.is_finished());
    }
}
