//! The services as processes on free ports: a whole mesh on a data folder, or a gateway and a persister on servers of the test.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::{Nats, Process, folder, free_port, process};

/// A mesh on a folder and ports of its own, which outlive its processes.
pub struct Mesh {
    service: Service,
    folder: TempDir,
}

/// One service and what it is started with; the ports stay through `kill` and `start_again`.
pub struct Service {
    name: &'static str,
    http: u16,
    ops: u16,
    variables: Vec<(String, String)>,
    process: Mutex<Option<Process>>,
}

impl Mesh {
    /// A ready mesh with these further variables.
    pub async fn start(variables: &[(&str, &str)]) -> Mesh {
        let mesh = Self::place(variables);
        mesh.start_again().await;
        mesh
    }

    /// A folder and ports, and nothing that runs.
    pub fn place(variables: &[(&str, &str)]) -> Mesh {
        let folder = folder::folder("mesh");
        let data = folder.path().join("data").to_string_lossy().into_owned();
        let mut all = vec![("CHATMESH__DATA_DIR", data.as_str())];
        all.extend(variables);
        Mesh { service: Service::place("mesh", true, &all), folder }
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The process id of `nats-server` or `postgres`, as the mesh wrote it down.
    pub fn child(&self, name: &str) -> i32 {
        let text = std::fs::read_to_string(self.data().join(format!("run/{name}.pid")))
            .expect("a running mesh writes its children down");
        let record: serde_json::Value = serde_json::from_str(&text).expect("the mesh writes JSON");
        record["pid"].as_i64().and_then(|pid| pid.try_into().ok()).expect("a process id")
    }
}

impl std::ops::Deref for Mesh {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl Service {
    /// A gateway on a NATS of the test; ready when a persister serves there.
    pub fn gateway(nats: &Nats, variables: &[(&str, &str)]) -> Service {
        let url = nats.url();
        let mut all = vec![("CHATMESH__NATS__URL", url.as_str())];
        all.extend(variables);
        let service = Self::place("gateway", true, &all);
        service.spawn();
        service
    }

    /// A persister on a NATS and a database of the test.
    pub fn persister(nats: &Nats, database: &str, variables: &[(&str, &str)]) -> Service {
        let url = nats.url();
        let mut all = vec![("CHATMESH__NATS__URL", url.as_str()), ("CHATMESH__POSTGRES__URL", database)];
        all.extend(variables);
        let service = Self::place("persister", false, &all);
        service.spawn();
        service
    }

    /// A presence service on a NATS of the test; ready when it hears beats.
    pub fn presence(nats: &Nats) -> Service {
        let url = nats.url();
        let service = Self::place("presence", false, &[("CHATMESH__NATS__URL", url.as_str())]);
        service.spawn();
        service
    }

    fn place(name: &'static str, public: bool, variables: &[(&str, &str)]) -> Service {
        let (http, ops) = (free_port(), free_port());
        let mut all = vec![("CHATMESH__OPS__LISTEN".to_owned(), format!("127.0.0.1:{ops}"))];
        if public {
            all.push(("CHATMESH__HTTP__LISTEN".to_owned(), format!("127.0.0.1:{http}")));
        }
        // What the test says goes before.
        all.extend(variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        Service { name, http, ops, variables: all, process: Mutex::new(None) }
    }

    /// `http://127.0.0.1:<port>` of the public port.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }

    /// The public port.
    pub fn http(&self) -> u16 {
        self.http
    }

    /// The operations port.
    pub fn ops(&self) -> u16 {
        self.ops
    }

    /// Starts it anew on the same ports and does not wait.
    pub fn spawn(&self) {
        let variables: Vec<_> = self.variables.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        *self.lock() = Some(Process::start(self.name, &variables));
    }

    /// Starts it anew on the same ports, and waits until it is ready.
    pub async fn start_again(&self) {
        self.spawn();
        self.ready().await;
    }

    /// Waits until `/readyz` answers 200.
    pub async fn ready(&self) {
        process::ready(self.name, self.ops, || self.with(|process| process.has_ended().then(|| process.stderr()))).await;
    }

    /// The id of its present process.
    pub fn id(&self) -> u32 {
        self.with(Process::id)
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&self) {
        self.with(Process::kill);
    }

    /// SIGSTOP: it keeps its connections and does nothing.
    pub fn freeze(&self) {
        self.with(Process::freeze);
    }

    /// Ends [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.with(Process::thaw);
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.with(Process::terminate);
    }

    /// SIGINT, as Ctrl-C sends it.
    pub fn interrupt(&self) {
        self.with(Process::interrupt);
    }

    /// Waits for the end and gives the exit code.
    pub async fn wait(&self) -> Option<i32> {
        process::ended(self.name, || self.with(Process::status)).await.code()
    }

    /// What the present process wrote on stderr so far.
    pub fn stderr(&self) -> String {
        self.with(Process::stderr)
    }

    /// What the present process wrote on stdout so far.
    pub fn stdout(&self) -> String {
        self.with(Process::stdout)
    }

    fn with<T>(&self, act: impl FnOnce(&Process) -> T) -> T {
        act(self.lock().as_ref().expect("the service was started"))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
