//! Delivering what a shard took: encoded once, written to each listener's socket by this task, with no wake-up between.

use std::sync::Arc;

use fabric::Record;
use tokio::task::yield_now;

use super::ring::Shared;
use crate::socket::Socket;

/// Events of one frame at most, as for what clients send; and bytes, so that a reader's mailbox fills in small steps.
const TOGETHER: usize = 64;
const TOGETHER_BYTES: usize = 64 << 10;
/// Sockets that are written to before other tasks have their turn: some 4 ms. Smaller turns made the last of 1,000 sockets wait longer.
const TURN: usize = 1024;

/// Records of one room, and who listens there.
pub struct Delivery {
    pub listeners: Arc<Vec<Arc<Socket>>>,
    pub records: Vec<Arc<Record>>,
}

impl Delivery {
    /// Hands the records to all listeners, without any lock of the shard. The next delivery of the shard must begin after it.
    pub async fn deliver(self) {
        let mut rest = &self.records[..];
        while !rest.is_empty() {
            let (together, behind) = rest.split_at(fitting(rest));
            rest = behind;
            let mut shared = Shared::new(together);
            if shared.is_empty() {
                continue;
            }
            for (turn, sockets) in self.listeners.chunks(TURN).enumerate() {
                if turn > 0 {
                    yield_now().await;
                }
                for socket in sockets {
                    // Who is gone takes himself out of the room.
                    let _here = socket.mailbox.push_live(shared.frame(socket.encoding));
                }
            }
        }
    }
}

/// How many of the first records go into one frame: at least one.
fn fitting(records: &[Arc<Record>]) -> usize {
    let mut bytes = 0;
    let fit = records.iter().take(TOGETHER).take_while(|record| {
        bytes += record.payload.len();
        bytes <= TOGETHER_BYTES
    });
    fit.count().max(1)
}
