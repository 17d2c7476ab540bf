//! What a mesh does when things around it go wrong: every case here is one that a person at a laptop meets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use testkit::{Mesh, eventually_for, get};

const LONG: Duration = Duration::from_secs(30);

async fn check(mesh: &Mesh, name: &str) -> Option<bool> {
    let (_, body) = get(mesh.ops(), "/readyz").await?;
    serde_json::from_str::<Value>(&body).ok()?["checks"][name]["ok"].as_bool()
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

/// Starts a mesh that cannot run; gives its exit code and its one sentence.
async fn sentence(mesh: &Mesh) -> (i32, String) {
    mesh.spawn();
    let code = mesh.wait().await.unwrap();
    let stderr = mesh.stderr();
    assert!(!stderr.contains("panicked") && !stderr.contains("backtrace"), "no stack trace: {stderr}");
    (code, stderr.lines().last().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn ctrl_c_drains_and_ends_the_children() {
    let mesh = Mesh::start(&[]).await;
    let children = [mesh.child("nats-server"), mesh.child("postgres")];
    assert_eq!(children.map(comm), [Some("nats-server".to_owned()), Some("postgres".to_owned())]);
    mesh.interrupt();
    assert_eq!(mesh.wait().await, Some(0), "{}", mesh.stderr());
    assert_eq!(children.map(comm), [None, None], "both have ended before the mesh has");
    assert!(!mesh.stderr().contains("ERROR"), "{}", mesh.stderr());
}

#[tokio::test]
async fn after_kill_9_the_same_command_comes_up() {
    let mesh = Mesh::start(&[]).await;
    let children = [mesh.child("nats-server"), mesh.child("postgres")];
    mesh.kill();
    let begun = Instant::now();
    mesh.start_again().await;
    assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());
    for child in children {
        gone(child).await;
    }
    mesh.kill();
    for name in ["nats-server", "postgres"] {
        gone(mesh.child(name)).await;
    }
}

#[tokio::test]
async fn a_stale_child_is_ended_before_the_start() {
    let mesh = Mesh::start(&[]).await;
    let postgres = mesh.child("postgres");
    // A stopped child cannot follow the mesh into its end.
    kill(Pid::from_raw(postgres), Signal::SIGSTOP).unwrap();
    mesh.kill();
    assert!(comm(postgres).is_some(), "the child has survived");
    mesh.spawn();
    eventually_for(LONG, "the stale child is found", async || mesh.stderr().contains("left behind").then_some(())).await;
    kill(Pid::from_raw(postgres), Signal::SIGCONT).unwrap();
    mesh.ready().await;
    assert!(comm(postgres).is_none());
}

#[tokio::test]
async fn a_crashed_child_is_started_again_on_the_same_address() {
    let mesh = Mesh::start(&[]).await;
    let connect = || std::fs::read_to_string(mesh.data().join("run/connect.json"));
    let first = connect().unwrap();
    for name in ["nats-server", "postgres"] {
        let before = mesh.child(name);
        kill(Pid::from_raw(before), Signal::SIGKILL).unwrap();
        let noticed = format!("{name} ended");
        eventually_for(LONG, "the crash is noticed", async || mesh.stderr().contains(&noticed).then_some(())).await;
        eventually_for(LONG, "the child is back", async || {
            check(&mesh, name).await.filter(|ok| *ok && mesh.child(name) != before)
        })
        .await;
        mesh.ready().await;
        assert_eq!(mesh.stderr().matches(&noticed).count(), 1, "said once");
    }
    assert_eq!(connect().unwrap(), first);
}

#[tokio::test]
async fn a_second_mesh_on_the_folder_is_refused_in_one_sentence() {
    let mesh = Mesh::start(&[]).await;
    let second = Mesh::place(&[("CHATMESH__DATA_DIR", mesh.data().to_str().unwrap())]);
    let (code, said) = sentence(&second).await;
    assert!(code == 1 && said.contains("another mesh runs on the data folder"), "{code}: {said}");
    assert_eq!(check(&mesh, "postgres").await, Some(true), "the first is not disturbed");
}

#[tokio::test]
async fn taken_ports_are_told_in_one_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (variable, port) in [("CHATMESH__HTTP__LISTEN", "public port"), ("CHATMESH__OPS__LISTEN", "operations port")] {
        let (code, said) = sentence(&Mesh::place(&[(variable, &address)])).await;
        let told = said.contains(&format!("the {port} {address} is taken")) && said.contains(variable);
        assert!(code == 1 && told, "{code}: {said}");
    }
}

#[tokio::test]
async fn bad_settings_end_with_64_before_anything_is_made() {
    let typo = "CHATMESH__NATS__DURABILTY";
    for (variable, value) in [(typo, "lazy"), ("CHATMESH__NATS__DURABILITY", "sometimes"), ("CHATMESH__CHAT", "1")] {
        let mesh = Mesh::place(&[(variable, value)]);
        let (code, said) = sentence(&mesh).await;
        let named = variable.trim_start_matches("CHATMESH__").to_lowercase().replace("__", ".");
        assert!(code == 64 && said.contains(&named), "{code}: {said}");
        assert!(!mesh.data().exists());
    }
}

#[tokio::test]
async fn folders_that_cannot_be_used_are_told_in_one_sentence() {
    let mesh = Mesh::place(&[]);
    std::fs::create_dir_all(mesh.data()).unwrap();
    std::fs::write(mesh.data().join("version"), "chatmesh data 99").unwrap();
    let (code, said) = sentence(&mesh).await;
    assert!(code == 1 && said.contains("of another version"), "{said}");

    let file = mesh.data().join("version/data");
    let (code, said) = sentence(&Mesh::place(&[("CHATMESH__DATA_DIR", file.to_str().unwrap())])).await;
    assert!(code == 1 && said.contains("cannot be used"), "{said}");
}

#[tokio::test]
async fn a_missing_server_is_told_in_one_sentence() {
    for (variable, value) in [("NATS_SERVER_BIN", "/nowhere/nats-server"), ("POSTGRES_BIN", "/nowhere")] {
        let (code, said) = sentence(&Mesh::place(&[(variable, value)])).await;
        assert!(code == 1 && said.contains(variable), "{said}");
    }
}

#[tokio::test]
async fn the_lazy_mode_is_named() {
    let mesh = Mesh::start(&[("CHATMESH__NATS__DURABILITY", "lazy")]).await;
    let (_, body) = get(mesh.ops(), "/readyz").await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["durability"], "lazy");
    eventually_for(LONG, "the banner names it", async || mesh.stdout().contains("LAZY").then_some(())).await;
}

#[tokio::test]
async fn a_full_disk_is_told_in_one_sentence() {
    let mesh = Mesh::place(&[]);
    std::fs::create_dir(mesh.data()).unwrap();
    let Some(_disk) = SmallDisk::at(&mesh.data()) else {
        // Only root may make a small disk; `folder`'s own test tries the refusal for all.
        return;
    };
    let (code, said) = sentence(&mesh).await;
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
