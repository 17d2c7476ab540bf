//! One thread that starts every child and lives as long as the process.
//!
//! The parent-death signal comes when the *thread* that forked ends, so a worker of the runtime must not fork.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Order = (Command, oneshot::Sender<io::Result<Child>>);

/// The handle on the thread; cheap to clone.
#[derive(Clone)]
pub struct Nursery {
    orders: SyncSender<Order>,
}

impl Nursery {
    /// Starts the thread, within a runtime.
    pub fn start() -> io::Result<Self> {
        let runtime = Handle::current();
        // Two children; an order waits only while the thread forks another.
        let (orders, receiver) = sync_channel::<Order>(8);
        std::thread::Builder::new().name("nursery".to_owned()).spawn(move || {
            let _runtime = runtime.enter();
            for (mut command, answer) in receiver {
                if let Err(unwanted) = answer.send(command.spawn()) {
                    // Whoever asked is gone: dropping the child kills it.
                    drop(unwanted);
                }
            }
        })?;
        Ok(Self { orders })
    }

    /// Starts a child.
    pub async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (sender, answer) = oneshot::channel();
        self.orders.try_send((command, sender)).map_err(|_| io::Error::other("the thread that starts children is gone"))?;
        answer.await.map_err(|_| io::Error::other("the thread that starts children is gone"))?
    }
}
