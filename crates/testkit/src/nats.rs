//! A real nats-server with JetStream.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::child::{self, Child};
use crate::{eventually_for, folder, free_port, servers};

const START: Duration = Duration::from_secs(10);

/// One server on a free port with a folder of its own; ended and removed with the value.
pub struct Nats {
    child: Mutex<Option<Child>>,
    port: u16,
    monitor: u16,
    login: Option<(String, String)>,
    tls: bool,
    folder: TempDir,
}

/// A client of the server, as the server sees it.
pub struct Connection {
    pub name: String,
    /// Such as `1.3`; none without TLS.
    pub tls: Option<String>,
}

impl Nats {
    /// A server without a login that flushes now and then, as fast as tests want it.
    pub async fn start() -> Nats {
        Self::launch(None, false).await
    }

    /// A server that takes TLS alone, with a certificate that nobody else knows.
    pub async fn with_tls() -> Nats {
        Self::launch(None, true).await
    }

    /// A server that asks for a user and a password.
    pub async fn with_password(user: &str, password: &str) -> Nats {
        Self::launch(Some((user.to_owned(), password.to_owned())), false).await
    }

    async fn launch(login: Option<(String, String)>, tls: bool) -> Nats {
        let folder = folder::folder("nats");
        let nats = Nats { child: Mutex::new(None), port: free_port(), monitor: free_port(), login, tls, folder };
        if tls {
            let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate can be made");
            std::fs::write(nats.certificate(), own.cert.pem()).expect("a file can be written");
            std::fs::write(nats.key(), own.signing_key.serialize_pem()).expect("a file can be written");
        }
        nats.restart().await;
        nats
    }

    /// `nats://127.0.0.1:<port>`, the same for the whole life of the value.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls { "tls" } else { "nats" }, self.address())
    }

    /// What clients must trust, as `SSL_CERT_FILE`.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// `127.0.0.1:<port>`, for a proxy.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What the server wrote, for a failing test.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// How many subscriptions it has, its own among them.
    pub async fn subscriptions(&self) -> u64 {
        self.told("/subsz").await["num_subscriptions"].as_u64().expect("their number")
    }

    /// Who is connected.
    pub async fn connections(&self) -> Vec<Connection> {
        let told = self.told("/connz").await;
        let text = |connection: &serde_json::Value, key: &str| connection[key].as_str().map(str::to_owned);
        let connections = told["connections"].as_array().expect("a list").iter();
        connections
            .map(|told| Connection { name: text(told, "name").unwrap_or_default(), tls: text(told, "tls_version") })
            .collect()
    }

    /// What the server tells of itself. By HTTP 1.0: what is long would come in chunks else.
    async fn told(&self, path: &str) -> serde_json::Value {
        let ask = async {
            let mut socket = TcpStream::connect(("127.0.0.1", self.monitor)).await.ok()?;
            socket.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).await.ok()?;
            let mut told = String::new();
            socket.read_to_string(&mut told).await.ok()?;
            serde_json::from_str(told.split_once("\r\n\r\n")?.1).ok()
        };
        tokio::time::timeout(START, ask).await.ok().flatten().expect("nats-server tells JSON of itself")
    }

    /// SIGKILL.
    pub async fn kill(&self) {
        if let Some(child) = self.child.lock().await.take() {
            child.kill();
        }
    }

    /// An orderly end.
    pub async fn stop(&self) {
        let Some(child) = self.child.lock().await.take() else { return };
        child.signal(Signal::SIGTERM);
        eventually_for(START, "nats-server ends", async || child.ended()).await;
    }

    /// Ends the server if it runs, and starts it on the same port and folder.
    pub async fn restart(&self) {
        self.stop().await;
        let mut running = self.child.lock().await;
        let child = running.insert(Child::start(self.command()));
        eventually_for(START, "nats-server answers", async || {
            assert!(child.ended().is_none(), "nats-server ended: {}", self.log());
            let mut socket = TcpStream::connect(self.address()).await.ok()?;
            let mut greeting = [0; 5];
            socket.read_exact(&mut greeting).await.ok().filter(|_| &greeting == b"INFO ")
        })
        .await;
    }

    /// SIGSTOP: it keeps its connections and answers nothing.
    pub async fn freeze(&self) {
        self.child.lock().await.as_ref().expect("nats-server runs").freeze();
    }

    /// Ends [`freeze`](Self::freeze).
    pub async fn thaw(&self) {
        self.child.lock().await.as_ref().expect("nats-server runs").signal(Signal::SIGCONT);
    }

    /// What somebody with the nats tool, or a broken disk, does to a stream.
    pub async fn delete_stream(&self, stream: &str) {
        // Over the bare protocol: nothing but `fabric` names the NATS library.
        let delete = async {
            let mut socket = BufReader::new(TcpStream::connect(self.address()).await.ok()?);
            let request =
                format!("CONNECT {{\"verbose\":false}}\r\nSUB answer 1\r\nPUB $JS.API.STREAM.DELETE.{stream} answer 0\r\n\r\n");
            socket.get_mut().write_all(request.as_bytes()).await.ok()?;
            let mut lines = socket.lines();
            while !lines.next_line().await.ok()??.starts_with("MSG") {}
            lines.next_line().await.ok()?
        };
        let answer = tokio::time::timeout(START, delete).await.ok().flatten();
        assert!(answer.as_ref().is_some_and(|answer| answer.contains("success")), "{stream} is not deleted: {answer:?}");
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("nats-server.log")
    }

    fn command(&self) -> std::process::Command {
        let mut command = child::command(&servers::nats_server(), "KILL");
        command.args(["--addr", "127.0.0.1", "--port", &self.port.to_string(), "--jetstream"]);
        command.args(["--http_port", &self.monitor.to_string()]);
        command.arg("--store_dir").arg(self.folder.path()).arg("--log").arg(self.log_path());
        if let Some((user, password)) = &self.login {
            command.args(["--user", user, "--pass", password]);
        }
        if self.tls {
            command.arg("--tls").arg("--tlscert").arg(self.certificate()).arg("--tlskey").arg(self.key());
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}
