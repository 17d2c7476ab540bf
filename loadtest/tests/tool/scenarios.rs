//! Each scenario in small: it ends, measures something, and counts what it should.

use serde_json::Value;
use testkit::Mesh;

use crate::run::{end, start};

async fn measured(mesh: &Mesh, arguments: &str) -> Value {
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let (output, figures) = end(start(&mesh.url(), &arguments)).await;
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    figures
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_measures_what_it_says() {
    let mesh = Mesh::start(&[("CHATMESH__LIMITS__PER_MINUTE", "0")]).await;
    let pid = mesh.id();

    let connect = measured(&mesh, &format!("connect --sockets 70 --rooms 3 --settle 1 --idle 1 --pid {pid}")).await;
    assert_eq!((&connect["sockets"], &connect["alive"]), (&70.into(), &70.into()));
    assert!(connect["after_kib"].as_u64() > Some(1_000) && connect["connect_cpu_us"].as_f64() > Some(0.0), "{connect}");

    let latency = measured(&mesh, "latency --messages 30 --rate 20").await;
    assert_eq!(latency["delivered"]["count"], 30);
    assert!(latency["delivered"]["p50_ms"].as_f64() > Some(0.0), "{latency}");

    let fanout = measured(&mesh, &format!("fanout --rooms 2 --sockets 31 --rate 40 --seconds 2 --pid {pid}")).await;
    // 40 messages to 16 sockets, and 40 to 15.
    assert_eq!((&fanout["deliveries"], &fanout["expected"], &fanout["broken"]), (&1_240.into(), &1_240.into(), &0.into()));
    assert_eq!(fanout["bare"]["deliveries"], 1_240);
    // The first socket, one in the middle and the last hear all.
    assert_eq!(fanout["latency"]["count"], 3 * 80);

    let send = measured(&mesh, "send --users 3 --rooms 2 --inflight 6 --seconds 1").await;
    assert!(send["sends"].as_u64() > Some(0), "{send}");
    let room = send["rooms"][0].as_str().unwrap();
    let history = measured(&mesh, &format!("history --requests 10 --room {room}")).await;
    assert_eq!((&history["newest"]["count"], &history["anywhere"]["count"]), (&5.into(), &5.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_and_goes_is_seen_and_counted() {
    let mesh = Mesh::start(&[("CHATMESH__LIMITS__SIGNUPS_PER_MINUTE", "0")]).await;
    let churn = measured(&mesh, "churn --sockets 60 --rooms 4 --rate 30").await;
    assert_eq!((&churn["joins"]["count"], &churn["leaves"]["count"], &churn["wrong"]), (&60.into(), &60.into(), &0.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_a_crowd_and_a_day_lose_nothing() {
    let mesh = Mesh::start(&[("CHATMESH__LIMITS__PER_MINUTE", "0"), ("CHATMESH__LIMITS__SIGNUPS_PER_MINUTE", "0")]).await;
    // Without a process to kill the sockets are dropped, and come back to the same gateway.
    let storm =
        measured(&mesh, &format!("storm --sockets 60 --sockets-per-user 2 --rooms 3 --missed 7 --to {}", mesh.url())).await;
    assert_eq!((&storm["gap_free"]["count"], &storm["lost"], &storm["doubled"]), (&60.into(), &0.into(), &0.into()));
    assert_eq!((&storm["users"], &storm["presence_told"]), (&30.into(), &0.into()));

    let hot = measured(&mesh, "hotroom --viewers 40 --rate 20 --seconds 1 --reader-every 4").await;
    assert_eq!((&hot["deliveries"], &hot["expected"], &hot["broken"]), (&800.into(), &800.into(), &0.into()));
    assert_eq!(hot["delivered"]["count"], 200);

    let session = measured(&mesh, "session --users 10 --ramp 0.5 --messages 12 --rooms 2").await;
    assert_eq!((&session["events"], &session["acknowledged"]["count"]), (&120.into(), &120.into()));

    let welcome = measured(&mesh, "welcome --rooms 5 --times 10").await;
    assert_eq!(welcome["connected"]["count"], 10);

    let day = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/");
    let file = std::fs::read_dir(day)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "txt"));
    let mixed = measured(&mesh, &format!("mixed {} --users 12 --rooms 3 --rate 20 --seconds 3", file.unwrap().display())).await;
    assert!(mixed["deliveries"].as_u64() > mixed["messages"].as_u64(), "{mixed}");
    assert_eq!(mixed["refused"], 0, "{mixed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn thresholds_fail_a_run_and_its_page_is_kept() {
    let mesh = Mesh::start(&[("CHATMESH__LIMITS__PER_MINUTE", "0")]).await;
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("run.html");
    let arguments = format!("latency --messages 10 --rate 20 --max-p99 0.001 --html {}", page.display());
    let (output, _) = end(start(&mesh.url(), &arguments.split(' ').collect::<Vec<_>>())).await;
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(std::fs::read_to_string(page).unwrap().contains("the 99th percentile is"));
}
