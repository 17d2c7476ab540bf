//! A child process that dies with the test binary, and as root gives up what its server refuses to have.

use std::path::Path;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

use crate::nursery;

/// From SIGSTOP until it stands.
const STOP: Duration = Duration::from_secs(10);

/// Starts `program` through `setpriv`, which sets the signal that it gets when this binary dies.
pub(crate) fn command(program: &Path, on_death: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", on_death, "--"]).arg(program);
    command
}

/// The same as the user that Postgres runs as; it may still read a checkout below a closed home folder.
pub(crate) fn unprivileged(program: &Path, on_death: &str) -> Command {
    let Some(user) = other_user() else { return command(program, on_death) };
    let mut command = Command::new("setpriv");
    command
        .args([format!("--reuid={}", user.uid), format!("--regid={}", user.gid)])
        // Postgres looks at its files by `access`, which honours capabilities only with this bit.
        .args([
            "--clear-groups",
            "--securebits=+no_setuid_fixup",
            "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override",
            "--pdeathsig",
            on_death,
            "--",
        ])
        .arg(program);
    command
}

/// Who Postgres runs as when the tests run as root.
pub(crate) fn other_user() -> Option<User> {
    let named = |name| User::from_name(name).ok().flatten();
    geteuid().is_root().then(|| named("postgres").or_else(|| named("nobody")).expect("there is neither postgres nor nobody"))
}

/// A running or ended child.
pub(crate) struct Child {
    process: Mutex<Process>,
}

impl Child {
    /// Starts it with its output thrown away unless the command says otherwise.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Self { process: Mutex::new(nursery::spawn(command)) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.lock().id()
    }

    /// Sends a signal; to an ended child it is nothing.
    pub(crate) fn signal(&self, signal: Signal) {
        let mut process = self.lock();
        if process.try_wait().expect("a child can be waited for").is_none() {
            let pid = i32::try_from(process.id()).expect("a pid fits");
            kill(Pid::from_raw(pid), signal).expect("a living child takes a signal");
        }
    }

    /// SIGSTOP, and waits until all its threads stand: the signal by itself takes effect some time later.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
        let threads = format!("/proc/{}/task", self.id());
        let stands = |thread: std::fs::DirEntry| {
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            // `pid (name) state …`
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        };
        let begun = Instant::now();
        while !std::fs::read_dir(&threads).expect("it has threads").flatten().all(stands) {
            assert!(begun.elapsed() < STOP, "a child does not stop");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        self.lock().try_wait().expect("a child can be waited for")
    }

    /// SIGKILL, and waits for the end.
    pub(crate) fn kill(&self) {
        self.signal(Signal::SIGKILL);
        self.lock().wait().expect("a killed child ends");
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}
