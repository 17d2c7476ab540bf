//! The Postgres of the mesh: a cluster in the data folder, reachable by one socket with one password.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;
use tokio_postgres::{Config, NoTls};

use crate::binaries;
use crate::folder::{Folder, make_dir, told, write_private};
use crate::nursery::Nursery;
use crate::privilege::{Servant, command};
use crate::probe::Probe;
use crate::stale::PidFile;
use crate::supervise::Recipe;

const USER: &str = "chatmesh";
const DATABASE: &str = "chatmesh";
const INITDB: Duration = Duration::from_secs(120);
/// The path of a socket has 107 bytes; the name in it takes 18.
const SOCKET_FOLDER_BYTES: usize = 85;

/// A cluster that exists and can be started.
pub struct Cluster {
    binaries: PathBuf,
    data: PathBuf,
    servant: Option<Servant>,
    socket: Socket,
    password: String,
}

/// The folder of the socket: in the data folder, or where the path is short enough.
enum Socket {
    Data(PathBuf),
    Temporary(TempDir),
}

impl Cluster {
    /// Makes the cluster if there is none.
    pub async fn prepare(folder: &Folder, own: Option<&Path>, nursery: &Nursery) -> anyhow::Result<Self> {
        let binaries = binaries::postgres(own)?;
        let data = folder.root().join("postgres");
        let servant = Servant::choose(&data);
        let password = folder.secret("postgres")?;
        let socket = Socket::make(folder)?;
        own_by(socket.path(), servant)?;
        let cluster = Self { binaries, data, servant, socket, password };
        if !cluster.data.exists() {
            cluster.make(folder, nursery).await?;
        }
        cluster.check_version().await?;
        Ok(cluster)
    }

    /// How the server is started.
    pub fn recipe(&self, folder: &Folder) -> Recipe {
        let (program, data, servant) = (self.binaries.join("postgres"), self.data.clone(), self.servant);
        let socket = self.socket.path().to_owned();
        Recipe {
            name: "postgres",
            command: Box::new(move || {
                let mut command = command(&program, "INT", servant, &[&data, &socket]);
                command.arg("-D").arg(&data).arg("-c").arg(format!("unix_socket_directories={}", socket.display()));
                for setting in [
                    "listen_addresses=",
                    "unix_socket_permissions=0700",
                    "max_connections=100",
                    "shared_buffers=128MB",
                    "jit=off",
                ] {
                    command.args(["-c", setting]);
                }
                command
            }),
            probe: Probe::Postgres(Box::new(self.login("postgres"))),
            orderly: Signal::SIGINT,
            log: folder.root().join("postgres.log"),
            pid_file: PidFile::new(&folder.run(), "postgres"),
        }
    }

    /// Makes the database if there is none; the server runs.
    pub async fn ensure_database(&self) -> anyhow::Result<()> {
        let (client, connection) = self.login("postgres").connect(NoTls).await?;
        let driver = tokio::spawn(connection);
        if client.query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&DATABASE]).await?.is_none() {
            client.batch_execute(&format!("CREATE DATABASE {DATABASE}")).await?;
        }
        driver.abort();
        Ok(())
    }

    /// What the services connect with.
    pub fn url(&self) -> String {
        let quoted = |text: &str| text.replace('\\', r"\\").replace('\'', r"\'");
        let host = quoted(&self.socket.path().to_string_lossy());
        format!("host='{host}' user={USER} password={} dbname={DATABASE}", self.password)
    }

    fn login(&self, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(self.socket.path()).user(USER).password(&self.password).dbname(database);
        config
    }

    /// Beside its place and then renamed, so that a broken-off run leaves nothing half.
    async fn make(&self, folder: &Folder, nursery: &Nursery) -> anyhow::Result<()> {
        tracing::info!("making the database cluster");
        let part = folder.root().join("postgres.part");
        if part.exists() {
            fs::remove_dir_all(&part).map_err(told(&part))?;
        }
        make_dir(&part, 0o700)?;
        own_by(&part, self.servant)?;
        let password_file = folder.run().join("initdb.password");
        write_private(&password_file, &self.password)?;
        own_by(&password_file, self.servant)?;

        let mut initdb = command(&self.binaries.join("initdb"), "KILL", self.servant, &[&part, &password_file]);
        initdb
            .args(["--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "-D"])
            .arg(&part);
        initdb.arg(format!("--pwfile={}", password_file.display()));
        if self.major().await? >= 18 {
            // With the C locale a search for Hangul finds nothing.
            initdb.args(["--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST"]);
        }
        initdb.stdout(Stdio::null()).stderr(Stdio::piped());
        let child = nursery.spawn(initdb).await.context("initdb cannot be started")?;
        let output = timeout(INITDB, child.wait_with_output()).await.context("initdb does not end")??;
        fs::remove_file(&password_file).map_err(told(&password_file))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("initdb failed: {}", said.lines().find(|line| line.contains("error")).unwrap_or("it did not say why"));
        }
        Ok(fs::rename(&part, &self.data).map_err(told(&self.data))?)
    }

    async fn check_version(&self) -> anyhow::Result<()> {
        let path = self.data.join("PG_VERSION");
        let of_data = fs::read_to_string(&path).map_err(told(&path))?;
        let of_program = self.major().await?;
        if of_data.trim() != of_program.to_string() {
            bail!(
                "the data folder was made by PostgreSQL {} and this is PostgreSQL {of_program}; set POSTGRES_BIN to the folder of the old one, \
                 or move the data over with pg_dumpall",
                of_data.trim()
            );
        }
        Ok(())
    }

    /// 18 of `postgres (PostgreSQL) 18.6`.
    async fn major(&self) -> anyhow::Result<u32> {
        let program = self.binaries.join("postgres");
        let output = Command::new(&program)
            .arg("--version")
            .output()
            .await
            .with_context(|| format!("{} does not run", program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = text.split_whitespace().find_map(|word| word.split('.').next()?.parse().ok());
        number.with_context(|| format!("{} tells no version", program.display()))
    }
}

impl Socket {
    fn make(folder: &Folder) -> anyhow::Result<Self> {
        let path = folder.run().join("postgres");
        if path.as_os_str().len() <= SOCKET_FOLDER_BYTES {
            make_dir(&path, 0o700)?;
            return Ok(Self::Data(path));
        }
        Ok(Self::Temporary(
            tempfile::Builder::new().prefix("chatmesh-").tempdir().context("there is no folder for temporary files")?,
        ))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Data(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

fn own_by(path: &Path, servant: Option<Servant>) -> anyhow::Result<()> {
    let Some(Servant { uid, gid }) = servant else { return Ok(()) };
    Ok(chown(path, Some(uid.as_raw()), Some(gid.as_raw())).map_err(told(path))?)
}
