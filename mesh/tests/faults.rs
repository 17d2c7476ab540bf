//! What a mesh does when things around it go wrong: every case here is one that a person at a laptop meets.
//!
//! The services are not needed for most of it, so the checks of the two servers are what is waited for.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use testkit::{Process, eventually_for, free_port, get};

const LONG: Duration = Duration::from_secs(30);

/// A data folder and two ports, with which any number of meshes are started one after the other.
struct Place {
    folder: TempDir,
    http: String,
    ops: u16,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap(), http: format!("127.0.0.1:{}", free_port()), ops: free_port() }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn mesh(&self) -> Process {
        self.mesh_with(&[])
    }

    fn mesh_with(&self, more: &[(&str, &str)]) -> Process {
        let (data, ops) = (self.data(), format!("127.0.0.1:{}", self.ops));
        let mut variables = vec![
            ("CHATMESH__DATA_DIR", data.to_str().unwrap()),
            ("CHATMESH__OPS__LISTEN", &ops),
            ("CHATMESH__HTTP__LISTEN", &self.http),
        ];
        variables.extend(more);
        Process::start("mesh", &variables)
    }

    /// The process id of a child, as the mesh wrote it down.
    fn child(&self, name: &str) -> i32 {
        let text = std::fs::read_to_string(self.data().join(format!("run/{name}.pid"))).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["pid"].as_i64().unwrap().try_into().unwrap()
    }

    async fn check(&self, name: &str) -> Option<bool> {
        let (_, body) = get(self.ops, "/readyz").await?;
        serde_json::from_str::<Value>(&body).ok()?["checks"][name]["ok"].as_bool()
    }
}

/// The name of a living process.
fn comm(pid: i32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, state) = stat.split_once('(')?.1.rsplit_once(") ")?;
    (!state.starts_with('Z')).then(|| name.to_owned())
}

async fn gone(pid: i32) {
    eventually_for(LONG, "a child is gone", async || comm(pid).is_none().then_some(())).await;
}

/// Waits for the end and gives the one sentence.
async fn sentence(mesh: &Process) -> (i32, String) {
    let code = mesh.wait().await.code().unwrap();
    let stderr = mesh.stderr();
    assert!(!stderr.contains("panicked") && !stderr.contains("backtrace"), "no stack trace: {stderr}");
    (code, stderr.lines().last().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn ctrl_c_drains_and_ends_the_children() {
    let place = Place::new();
    let mesh = place.mesh();
    mesh.ready(place.ops).await;
    let children = [place.child("nats-server"), place.child("postgres")];
    assert_eq!(children.map(comm), [Some("nats-server".to_owned()), Some("postgres".to_owned())]);
    mesh.interrupt();
    assert_eq!(mesh.wait().await.code(), Some(0), "{}", mesh.stderr());
    assert_eq!(children.map(comm), [None, None], "both have ended before the mesh has");
    assert!(!mesh.stderr().contains("ERROR"), "{}", mesh.stderr());
}

#[tokio::test]
async fn after_kill_9_the_same_command_comes_up() {
    let place = Place::new();
    let mesh = place.mesh();
    mesh.ready(place.ops).await;
    let children = [place.child("nats-server"), place.child("postgres")];
    mesh.kill();
    let begun = Instant::now();
    let again = place.mesh();
    again.ready(place.ops).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());
    for child in children {
        gone(child).await;
    }
    again.kill();
    for name in ["nats-server", "postgres"] {
        gone(place.child(name)).await;
    }
}

#[tokio::test]
async fn a_stale_child_is_ended_before_the_start() {
    let place = Place::new();
    let mesh = place.mesh();
    mesh.ready(place.ops).await;
    let postgres = place.child("postgres");
    // A stopped child cannot follow the mesh into its end.
    kill(Pid::from_raw(postgres), Signal::SIGSTOP).unwrap();
    mesh.kill();
    assert!(comm(postgres).is_some(), "the child has survived");
    let again = place.mesh();
    eventually_for(LONG, "the stale child is found", async || again.stderr().contains("left behind").then_some(())).await;
    kill(Pid::from_raw(postgres), Signal::SIGCONT).unwrap();
    again.ready(place.ops).await;
    assert!(comm(postgres).is_none());
}

#[tokio::test]
async fn a_crashed_child_is_started_again_on_the_same_address() {
    let place = Place::new();
    let mesh = place.mesh();
    mesh.ready(place.ops).await;
    for name in ["nats-server", "postgres"] {
        let connect = std::fs::read_to_string(place.data().join("run/connect.json")).unwrap();
        let before = place.child(name);
        kill(Pid::from_raw(before), Signal::SIGKILL).unwrap();
        eventually_for(LONG, "the crash is noticed", async || mesh.stderr().contains(&format!("{name} ended")).then_some(()))
            .await;
        eventually_for(LONG, "the child is back", async || {
            place.check(name).await.filter(|ok| *ok && place.child(name) != before)
        })
        .await;
        assert_eq!(connect, std::fs::read_to_string(place.data().join("run/connect.json")).unwrap());
        mesh.ready(place.ops).await;
    }
}

#[tokio::test]
async fn a_second_mesh_on_the_folder_is_refused_in_one_sentence() {
    let place = Place::new();
    let mesh = place.mesh();
    mesh.ready(place.ops).await;
    let other = Place { folder: tempfile::tempdir().unwrap(), ..Place::new() };
    let second = other.mesh_with(&[("CHATMESH__DATA_DIR", place.data().to_str().unwrap())]);
    let (code, said) = sentence(&second).await;
    assert!(code == 1 && said.contains("another mesh runs on the data folder"), "{code}: {said}");
    assert_eq!(place.check("postgres").await, Some(true), "the first is not disturbed");
}

#[tokio::test]
async fn taken_ports_are_told_in_one_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (variable, port) in [("CHATMESH__HTTP__LISTEN", "public port"), ("CHATMESH__OPS__LISTEN", "operations port")] {
        let place = Place::new();
        let (code, said) = sentence(&place.mesh_with(&[(variable, &address)])).await;
        assert!(
            code == 1 && said.contains(&format!("the {port} {address} is taken")) && said.contains(variable),
            "{code}: {said}"
        );
    }
}

#[tokio::test]
async fn bad_settings_end_with_64_before_anything_is_made() {
    let place = Place::new();
    for (variable, value) in
        [("CHATMESH__NATS__DURABILTY", "lazy"), ("CHATMESH__NATS__DURABILITY", "sometimes"), ("CHATMESH__CHAT", "1")]
    {
        let (code, said) = sentence(&place.mesh_with(&[(variable, value)])).await;
        assert_eq!(code, 64, "{said}");
        let named = variable.trim_start_matches("CHATMESH__").to_lowercase().replace("__", ".");
        assert!(said.contains(&named), "{said}");
    }
    assert!(!place.data().exists());
}

#[tokio::test]
async fn folders_that_cannot_be_used_are_told_in_one_sentence() {
    let place = Place::new();
    std::fs::create_dir_all(place.data()).unwrap();
    std::fs::write(place.data().join("version"), "chatmesh data 99").unwrap();
    let (code, said) = sentence(&place.mesh()).await;
    assert!(code == 1 && said.contains("of another version"), "{said}");

    let file = place.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, said) = sentence(&place.mesh_with(&[("CHATMESH__DATA_DIR", file.join("data").to_str().unwrap())])).await;
    assert!(code == 1 && said.contains("cannot be used"), "{said}");

    let (code, said) = sentence(&place.mesh_with(&[("CHATMESH__DATA_DIR", "/proc/chatmesh")])).await;
    assert_eq!(code, 1, "{said}");
}

#[tokio::test]
async fn a_missing_server_is_told_in_one_sentence() {
    for (variable, value) in [("NATS_SERVER_BIN", "/nowhere/nats-server"), ("POSTGRES_BIN", "/nowhere")] {
        let (code, said) = sentence(&Place::new().mesh_with(&[(variable, value)])).await;
        assert!(code == 1 && said.contains(variable), "{said}");
    }
}

#[tokio::test]
async fn the_lazy_mode_is_named() {
    let place = Place::new();
    let mesh = place.mesh_with(&[("CHATMESH__NATS__DURABILITY", "lazy")]);
    mesh.ready(place.ops).await;
    let (_, body) = get(place.ops, "/readyz").await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["durability"], "lazy");
    eventually_for(LONG, "the banner names it", async || mesh.stdout().contains("LAZY").then_some(())).await;
}

#[tokio::test]
async fn a_full_disk_is_told_in_one_sentence() {
    let place = Place::new();
    std::fs::create_dir(place.data()).unwrap();
    let Some(_disk) = SmallDisk::at(&place.data()) else {
        // Only root may make a small disk; the refusal itself is the same for all.
        return;
    };
    let (code, said) = sentence(&place.mesh()).await;
    assert!(code == 1 && said.contains("is full"), "{said}");
}

/// A file system of 10 MiB, unmounted with the value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn at(path: &Path) -> Option<SmallDisk> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=10m", "tmpfs"]).arg(path).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| SmallDisk(path.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
