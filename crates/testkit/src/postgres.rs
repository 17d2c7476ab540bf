//! A real PostgreSQL cluster, with a fresh database for each test.

use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};
use tokio_postgres::NoTls;

use crate::child::{self, Child};
use crate::{eventually_for, folder, free_port, servers};

const START: Duration = Duration::from_secs(60);
const USER: &str = "chatmesh";

static SHARED: OnceCell<Postgres> = OnceCell::const_new();

/// One cluster on a free port with a folder of its own; ended and removed with the value.
pub struct Postgres {
    child: Mutex<Option<Child>>,
    port: u16,
    databases: AtomicU32,
    folder: TempDir,
}

impl Postgres {
    /// The cluster that all tests of this binary share; it ends with the binary.
    pub async fn shared() -> &'static Postgres {
        SHARED.get_or_init(Self::start).await
    }

    /// A cluster of one's own.
    pub async fn start() -> Postgres {
        let folder = folder::folder("postgres");
        if let Some(user) = child::other_user() {
            chown(folder.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("root may give a folder away");
        }
        let postgres = Postgres { child: Mutex::new(None), port: free_port(), databases: AtomicU32::new(0), folder };
        postgres.make_cluster().await;
        postgres.start_again().await;
        postgres
    }

    /// `127.0.0.1:<port>`, for a proxy.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Makes an empty database and gives its URL.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute(&format!("CREATE DATABASE {name}")).await.expect("a database can be made");
        self.url(&name)
    }

    /// SIGKILL to the server; its sessions end by themselves.
    pub async fn kill(&self) {
        if let Some(child) = self.child.lock().await.take() {
            child.kill();
        }
    }

    /// A fast shutdown: sessions are ended.
    pub async fn stop(&self) {
        let Some(child) = self.child.lock().await.take() else { return };
        child.signal(Signal::SIGINT);
        eventually_for(START, "postgres ends", async || child.ended()).await;
    }

    /// Starts the cluster after `kill` or `stop`, on the same port.
    pub async fn start_again(&self) {
        let mut running = self.child.lock().await;
        assert!(running.is_none(), "postgres runs already");
        let mut child = Child::start(self.command());
        eventually_for(START, "postgres answers", async || {
            if child.ended().is_some() {
                // Sessions of a killed server hold its shared memory for a moment.
                child = Child::start(self.command());
            }
            self.execute("SELECT 1").await.ok()
        })
        .await;
        *running = Some(child);
    }

    /// What the server wrote, for a failing test.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@{}/{database}", self.address())
    }

    async fn execute(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls).await?;
        let driver = tokio::spawn(connection);
        let outcome = client.batch_execute(sql).await;
        driver.abort();
        outcome
    }

    async fn make_cluster(&self) {
        let mut initdb = child::unprivileged(&servers::postgres("initdb"), "KILL");
        initdb
            .args(["--username", USER, "--auth=trust", "--encoding=UTF8", "--no-sync", "--locale=C.UTF-8", "-D"])
            .arg(self.data());
        if major() >= 18 {
            initdb.args(["--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST"]);
        }
        initdb.stdout(Stdio::null()).stderr(self.output());
        let child = Child::start(initdb);
        let ended = eventually_for(START, "initdb ends", async || child.ended()).await;
        assert!(ended.success(), "initdb: {}", self.log());
    }

    fn command(&self) -> Command {
        let mut command = child::unprivileged(&servers::postgres("postgres"), "QUIT");
        command.arg("-D").arg(self.data());
        let port = format!("port={}", self.port);
        // Tests kill processes, not the machine: the page cache survives, so nothing needs a flush.
        for setting in [
            &port,
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=off",
            "full_page_writes=off",
            "max_connections=300",
            "shared_buffers=64MB",
            "max_wal_senders=0",
            "wal_level=minimal",
        ] {
            command.args(["-c", setting]);
        }
        command.stdout(Stdio::null()).stderr(self.output());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn output(&self) -> std::fs::File {
        let path = self.folder.path().join("log");
        std::fs::File::options().create(true).append(true).open(path).expect("the folder takes a log")
    }
}

/// 18 of `postgres (PostgreSQL) 18.6`.
fn major() -> u32 {
    let output = Command::new(servers::postgres("postgres")).arg("--version").output().expect("postgres tells its version");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.split_whitespace().find_map(|word| word.split('.').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no version in {text:?}"))
}
