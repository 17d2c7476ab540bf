//! One thread that starts every child and lives as long as the test binary: the parent-death signal follows the thread that forked.

use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};

type Order = (Command, SyncSender<io::Result<Child>>);

static NURSERY: OnceLock<SyncSender<Order>> = OnceLock::new();

/// Starts a child from the long-lived thread.
pub(crate) fn spawn(command: Command) -> Child {
    let nursery = NURSERY.get_or_init(|| {
        let (sender, orders) = sync_channel::<Order>(16);
        std::thread::spawn(move || {
            for (mut command, answer) in orders {
                // The one who asked may be gone; its child then ends with this binary.
                drop(answer.send(command.spawn()));
            }
        });
        sender
    });
    let (sender, answer) = sync_channel(1);
    let name = format!("{:?}", command.get_program());
    nursery.send((command, sender)).expect("the nursery lives as long as the test binary");
    answer.recv().expect("the nursery answers").unwrap_or_else(|error| panic!("{name} does not start: {error}"))
}
