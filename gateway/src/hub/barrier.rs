//! "Every event acknowledged before the request came": the leader is asked for its head, and the shard heard up to it. One
//! question is in flight; who comes meanwhile waits for the next one.

use std::sync::Arc;
use std::time::Duration;

use fabric::Fabric;
use protocol::code::Refusal;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::ShardHub;

/// How long the leader's head may take to come through here.
const CATCH_UP: Duration = Duration::from_secs(5);
/// Waiters answered at once.
const BATCH: usize = 4_096;

impl ShardHub {
    /// Returns once everything that was acknowledged before the call went through here: the head that the leader told.
    pub async fn barrier(&self) -> Result<u64, Refusal> {
        let away = || Refusal::unavailable("the log does not answer; try again");
        let (sender, receiver) = oneshot::channel();
        self.barrier.try_send(sender).map_err(|_| away())?;
        receiver.await.map_err(|_| away())?
    }

    /// Waits until `seq` went through here.
    pub async fn heard(&self, seq: u64) -> Result<(), Refusal> {
        let mut head = self.head.subscribe();
        if *head.borrow() >= seq {
            return Ok(());
        }
        let _attending = self.attend();
        self.fabric.hurry();
        match timeout(CATCH_UP, head.wait_for(|head| *head >= seq)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Refusal::unavailable("this gateway is behind the log; try again")),
        }
    }
}

/// Answers the barriers of one shard.
pub async fn serve(fabric: Fabric, shard: Arc<ShardHub>, mut waiters: mpsc::Receiver<oneshot::Sender<Result<u64, Refusal>>>) {
    let mut batch = Vec::new();
    while waiters.recv_many(&mut batch, BATCH).await > 0 {
        let answer = ask(&fabric, &shard).await;
        for waiter in batch.drain(..) {
            // The socket may be gone meanwhile.
            drop(waiter.send(answer.clone()));
        }
    }
}

async fn ask(fabric: &Fabric, shard: &ShardHub) -> Result<u64, Refusal> {
    if !shard.is_healthy() {
        return Err(Refusal::unavailable("this gateway does not hear the room's log now; try again"));
    }
    let head = fabric.head(&shard.shard).await.map_err(|error| {
        tracing::debug!(shard = %shard.shard, %error, "leader did not tell its head");
        Refusal::unavailable("the log does not answer; try again")
    })?;
    shard.heard(head.last_seq).await?;
    Ok(head.last_seq)
}
