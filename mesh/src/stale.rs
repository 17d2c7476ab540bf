//! Children of a mesh that was killed: found by their process-id files, ended before new ones start.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::folder::{FolderError, told, write_private};

const ORDERLY: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// A child as it was when it was started. The start time tells it from a later process with the same id.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    pid: i32,
    start_ticks: u64,
}

/// The process-id file of one child.
#[derive(Clone)]
pub struct PidFile {
    path: PathBuf,
}

impl PidFile {
    pub fn new(run: &Path, name: &str) -> Self {
        Self { path: run.join(format!("{name}.pid")) }
    }

    /// Writes down a child that was just started.
    pub fn write(&self, pid: u32) -> Result<(), FolderError> {
        let Some(record) = i32::try_from(pid).ok().and_then(|pid| Some(Record { pid, start_ticks: start_ticks(pid)? })) else {
            return Ok(()); // It has ended already.
        };
        let text = serde_json::to_string(&record).map_err(|error| told(&self.path)(error.into()))?;
        write_private(&self.path, &text)
    }

    /// Ends the child that the file names, if it is still that process: orderly first, then hard.
    pub async fn end(&self, orderly: Signal) -> Result<(), FolderError> {
        let Some(record) = self.read() else { return Ok(()) };
        let begun = Instant::now();
        let mut signalled = None;
        while start_ticks(record.pid) == Some(record.start_ticks) {
            let signal = if begun.elapsed() < ORDERLY { orderly } else { Signal::SIGKILL };
            if signalled != Some(signal) {
                tracing::info!(pid = record.pid, %signal, file = %self.path.display(), "ending a child that a killed mesh left behind");
                kill(Pid::from_raw(record.pid), signal).map_err(|error| told(&self.path)(error.into()))?;
                signalled = Some(signal);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    fn read(&self) -> Option<Record> {
        serde_json::from_str(&fs::read_to_string(&self.path).ok()?).ok()
    }
}

/// When the process was started, in ticks since boot; none for one that is gone or a zombie.
fn start_ticks(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything; what follows its last bracket is plain.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    // Field 22 of the line: the 20th after the name, of which the state was the first.
    fields.nth(18)?.parse().ok().filter(|_| state != "Z" && state != "X")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_very_process_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut sleeper = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = i32::try_from(sleeper.id()).unwrap();
        let file = PidFile::new(folder.path(), "sleep");

        let other = Record { pid, start_ticks: start_ticks(pid).unwrap() + 1 };
        write_private(&file.path, &serde_json::to_string(&other).unwrap()).unwrap();
        file.end(Signal::SIGTERM).await.unwrap();
        assert!(sleeper.try_wait().unwrap().is_none(), "another process with that id lives on");

        file.write(sleeper.id()).unwrap();
        file.end(Signal::SIGTERM).await.unwrap();
        assert!(!sleeper.wait().unwrap().success());
        file.end(Signal::SIGTERM).await.unwrap();
    }
}
