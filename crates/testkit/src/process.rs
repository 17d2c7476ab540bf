//! A built binary of this workspace as a process, and the little HTTP that asks whether it is ready.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::child::{self, Child};
use crate::{eventually_for, folder};

/// Generous: a machine that builds and tests at the same time takes its time, most of all for the disk.
const START: Duration = Duration::from_secs(90);

/// A running service; killed with the value.
pub struct Process {
    child: Child,
    name: String,
    folder: TempDir,
}

impl Process {
    /// Starts `target/<profile>/<name>` in an empty folder with these variables and no other `CHATMESH…` ones.
    pub fn start(name: &str, variables: &[(&str, &str)]) -> Process {
        Self::start_with(name, &[], variables)
    }

    /// The same with arguments.
    pub fn start_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Process {
        let folder = folder::folder("process");
        // The service may end its own children in order, so it is asked and not killed.
        let mut command = child::command(&binary(name), "TERM");
        for (inherited, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("CHATMESH")) {
            command.env_remove(inherited);
        }
        command.args(arguments).envs(variables.iter().copied()).current_dir(folder.path());
        let output = |file: &str| std::fs::File::create(folder.path().join(file)).expect("the folder takes a file");
        command.stdout(output("stdout")).stderr(output("stderr"));
        Process { child: Child::start(command), name: name.to_owned(), folder }
    }

    /// Waits until `/readyz` of the operations port answers 200; panics with what the process wrote when it ends before.
    pub async fn ready(&self, ops: u16) {
        ready(&self.name, ops, || self.has_ended().then(|| self.stderr())).await;
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&self) {
        self.child.kill();
    }

    /// SIGSTOP: it keeps its connections and does nothing.
    pub fn freeze(&self) {
        self.child.freeze();
    }

    /// Ends [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.child.signal(Signal::SIGCONT);
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.child.signal(Signal::SIGTERM);
    }

    /// SIGINT, as Ctrl-C sends it.
    pub fn interrupt(&self) {
        self.child.signal(Signal::SIGINT);
    }

    /// Waits for the end.
    pub async fn wait(&self) -> ExitStatus {
        ended(&self.name, || self.status()).await
    }

    /// How it ended, if it did.
    pub fn status(&self) -> Option<ExitStatus> {
        self.child.ended()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.status().is_some()
    }

    /// What it wrote on stderr so far.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default()
    }

    /// What it wrote on stdout so far.
    pub fn stdout(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stdout")).unwrap_or_default()
    }
}

/// Waits until the operations port says ready; `last_words` are what a process that has ended wrote.
pub(crate) async fn ready(name: &str, ops: u16, last_words: impl Fn() -> Option<String>) {
    let what = format!("{name} is ready");
    eventually_for(START, &what, async || {
        if let Some(words) = last_words() {
            panic!("{name} ended: {words}");
        }
        get(ops, "/readyz").await.filter(|(status, _)| *status == 200)
    })
    .await;
}

/// Waits until the process has ended.
pub(crate) async fn ended(name: &str, status: impl Fn() -> Option<ExitStatus>) -> ExitStatus {
    let what = format!("{name} ends");
    eventually_for(START, &what, async || status()).await
}

/// Status and body of a GET on a port of 127.0.0.1; none when nobody answers.
pub async fn get(port: u16, path: &str) -> Option<(u16, String)> {
    request(port, "GET", path, None, None).await
}

/// Status and body of a request with a bearer token and a JSON body; none when nobody answers.
pub async fn request(
    port: u16,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&serde_json::Value>,
) -> Option<(u16, String)> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n");
    if let Some(token) = token {
        text += &format!("authorization: Bearer {token}\r\n");
    }
    let body = body.map(ToString::to_string).unwrap_or_default();
    if !body.is_empty() {
        text += "content-type: application/json\r\n";
    }
    text += &format!("content-length: {}\r\n\r\n{body}", body.len());
    socket.write_all(text.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(15), socket.read_to_end(&mut answer)).await.ok()?.ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// Beside the folder in which cargo puts test binaries.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a process knows its program");
    let path = test.parent().and_then(|deps| deps.parent()).expect("tests lie in target/<profile>/deps").join(name);
    assert!(path.exists(), "{} is missing: run cargo build -p {name}", path.display());
    path
}
