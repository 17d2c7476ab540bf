//! `loadtest replay`: through a killed mesh, against a rate limit, and where there is nothing to be done.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Mesh, eventually_for, request};

use crate::run::{end, start};

const SOON: Duration = Duration::from_secs(60);
const FIXTURES: [&str; 3] = ["ubuntu-2004-12-25.txt", "ubuntu-2018-02-27.txt", "korean-chat.csv"];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// How far the public rooms have come, as anybody can see it; none while nobody answers or nothing is said.
async fn progress(mesh: &Mesh, token: &str) -> Option<u64> {
    let (status, body) = request(mesh.http(), "GET", "/v1/rooms?limit=200", Some(token), None).await?;
    let rooms: Value = serde_json::from_str(&body).ok().filter(|_| status == 200)?;
    let said = rooms["rooms"].as_array()?.iter().filter(|room| room["last"]["kind"] == "message");
    said.map(|room| room["head"].as_u64()).sum()
}

async fn guest(mesh: &Mesh) -> String {
    let (status, body) = request(mesh.http(), "POST", "/v1/auth/guest", None, Some(&json!({ "name": "watcher" }))).await.unwrap();
    assert_eq!(status, 201, "{body}");
    serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned()
}

/// With kill -9 of the whole mesh, its servers with it, while lines are sent.
#[tokio::test(flavor = "multi_thread")]
async fn every_line_is_there_once_and_in_order_after_kill_9_in_the_middle() {
    let mesh = Mesh::start(&[("CHATMESH__LIMITS__PER_MINUTE", "0")]).await;
    let watcher = guest(&mesh).await;
    let files = FIXTURES.map(|name| fixture(name).to_string_lossy().into_owned());
    let arguments = [&["replay"], &files.each_ref().map(String::as_str)[..], &["--speed", "240x"]].concat();
    let child = start(&mesh.url(), &arguments);
    let mut before = 0;
    for _ in 0..2 {
        let further = async || progress(&mesh, &watcher).await.filter(|heads| *heads > before + 10);
        before = eventually_for(SOON, "lines are sent", further).await;
        mesh.kill();
        mesh.start_again().await;
    }
    let (output, figures) = end(child).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    for fault in ["lost", "doubled", "reordered", "altered"] {
        assert_eq!(figures[fault], 0, "{figures}");
    }
    let lines: usize = FIXTURES.iter().map(|name| lines(name)).sum();
    assert_eq!((&figures["files"], &figures["lines"]), (&json!(3), &json!(lines)));
    assert_eq!(figures["latency"]["count"], lines);
    assert!(!stderr.contains('\r') && !stderr.contains('\x1b'), "no progress bar without a terminal: {stderr}");
}

/// Lines of a file as they are sent: each of a log, two of each pair.
fn lines(name: &str) -> usize {
    let bytes = std::fs::read(fixture(name)).unwrap();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    if name.ends_with("csv") { 2 * (lines - 1) } else { lines }
}

/// A replay waits a user's limit out; where the limit would be measured instead, it is not tried.
#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_is_told_and_respected() {
    let mesh = Mesh::start(&[("CHATMESH__LIMITS__PER_MINUTE", "600")]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("monologue.txt");
    // 600 pass at once, the others at ten a second.
    let log: String = (0..640).map(|number| format!("[09:14] <ann> line {number}\n")).collect();
    std::fs::write(&path, log).unwrap();
    let (output, figures) = end(start(&mesh.url(), &["replay", path.to_str().unwrap(), "--speed", "max"])).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!((&figures["lines"], &figures["lost"]), (&json!(640), &json!(0)));
    assert!(figures["seconds"].as_f64().unwrap() > 3.0, "{figures}");
    assert!(stderr.contains("CHATMESH__LIMITS__PER_MINUTE=0"), "the operator is told what to set: {stderr}");
    let (output, _) = end(start(&mesh.url(), &["latency"])).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("CHATMESH__LIMITS__PER_MINUTE=0"), "{stderr}");
}

#[tokio::test]
async fn what_cannot_be_tried_is_one_clear_sentence_and_exit_code_2() {
    let log = fixture(FIXTURES[0]).to_string_lossy().into_owned();
    let nobody = format!("http://127.0.0.1:{}", testkit::free_port());
    let readme = fixture("README.md").to_string_lossy().into_owned();
    for (arguments, sentence) in [
        (vec!["/no/such/file.txt"], "/no/such/file.txt cannot be read"),
        (vec![readme.as_str()], "README.md is not recorded chat that is known here: line 1"),
        (vec![log.as_str(), "--speed", "fast"], "a speed is `max` or a factor such as `60x`"),
        (vec![log.as_str()], "no chatmesh answers at http://127.0.0.1:"),
        (vec![], "<FILE>"),
    ] {
        let (output, _) = end(start(&nobody, &[&["replay"], &arguments[..]].concat())).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(sentence), "{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}
