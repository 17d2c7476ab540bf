//! Temporary folders that carry the process's id, so that what a killed run left behind can be swept.

use std::path::Path;
use std::sync::Once;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use tempfile::TempDir;

const PREFIX: &str = "chatmesh-test-";

static SWEPT: Once = Once::new();

/// An empty folder, removed with the value or by a later run.
pub(crate) fn folder(kind: &str) -> TempDir {
    SWEPT.call_once(sweep);
    let prefix = format!("{PREFIX}{}-{kind}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir().expect("no temporary folder")
}

/// Removes the folders of runs that have ended: statics are never dropped.
fn sweep() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if owner(&path).is_some_and(|pid| kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH)) {
            // Another run may sweep at the same time, or another user own it.
            drop(std::fs::remove_dir_all(path));
        }
    }
}

fn owner(path: &Path) -> Option<i32> {
    path.file_name()?.to_str()?.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}
