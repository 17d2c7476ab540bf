//! How a process starts, tells its state, and ends: `examples/sample.rs` run from outside.

use std::time::{Duration, Instant};

use testkit::{Process, eventually_for, free_port, get};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const LONG: Duration = Duration::from_secs(10);

fn sample(ops: u16, more: &[(&str, &str)]) -> Process {
    let listen = format!("127.0.0.1:{ops}");
    let mut variables = vec![("CHATMESH__OPS__LISTEN", listen.as_str())];
    variables.extend(more);
    Process::start("examples/sample", &variables)
}

#[tokio::test]
async fn a_signal_drains_and_ends_with_0() {
    for by in [Process::terminate, Process::interrupt] {
        let ops = free_port();
        let process = sample(ops, &[]);
        process.ready(ops).await;
        by(&process);
        assert_eq!(process.wait().await.code(), Some(0), "{}", process.stderr());
    }
}

#[tokio::test]
async fn while_it_drains_it_lives_and_is_not_ready_and_a_second_signal_ends_it() {
    let ops = free_port();
    let process = sample(ops, &[("CHATMESH__SAMPLE__END", "hang")]);
    process.ready(ops).await;
    process.terminate();
    let (status, body) =
        eventually_for(LONG, "not ready", async || get(ops, "/readyz").await.filter(|(status, _)| *status == 503)).await;
    assert!(status == 503 && body.contains("draining"), "{body}");
    assert_eq!(get(ops, "/healthz").await.unwrap().0, 200);
    let begun = Instant::now();
    process.terminate();
    assert_eq!(process.wait().await.code(), Some(1));
    assert!(begun.elapsed() < LONG, "it does not wait for the grace to end");
    assert!(process.stderr().contains("not everything had ended"), "{}", process.stderr());
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let ops = free_port();
    let process = sample(ops, &[]);
    process.ready(ops).await;
    let (status, text) = get(ops, "/metrics").await.unwrap();
    assert!(status == 200 && text.lines().any(|line| line.starts_with("sample_works_total{") && line.ends_with(" 3")), "{text}");
}

#[tokio::test]
async fn a_failure_is_one_sentence_and_1_and_a_bad_setting_is_64() {
    let failed = sample(free_port(), &[("CHATMESH__SAMPLE__END", "fail")]);
    assert_eq!(failed.wait().await.code(), Some(1));
    assert_eq!(failed.stderr().lines().last(), Some("sample: the work cannot be done; do other work"));

    let refused = sample(free_port(), &[("CHATMESH__SAMPLE__EDN", "fail")]);
    assert_eq!(refused.wait().await.code(), Some(64));
    assert_eq!(refused.stderr(), "sample: CHATMESH__SAMPLE__EDN names the unknown key `sample.edn`; known there: end\n");
}

#[tokio::test]
async fn logs_are_json_lines_when_asked() {
    let ops = free_port();
    let process = sample(ops, &[("CHATMESH__LOG__FORMAT", "json")]);
    process.ready(ops).await;
    process.terminate();
    process.wait().await;
    let stderr = process.stderr();
    let lines: Vec<serde_json::Value> = stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["message"] == "sample starts" && line["level"] == "INFO"), "{stderr}");
}

#[tokio::test]
async fn traces_continue_the_senders_and_are_flushed_at_the_end() {
    let collector = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let ops = free_port();
    let process = sample(ops, &[("CHATMESH__TELEMETRY__OTLP_ENDPOINT", &endpoint)]);
    process.ready(ops).await;
    process.terminate();

    let (mut socket, _) = tokio::time::timeout(LONG, collector.accept()).await.unwrap().unwrap();
    let mut posted = Vec::new();
    let has = |posted: &[u8], word: &str| posted.windows(word.len()).any(|window| window == word.as_bytes());
    while !has(&posted, "sample.work") {
        assert!(tokio::time::timeout(LONG, socket.read_buf(&mut posted)).await.unwrap().unwrap() > 0, "the span did not come");
    }
    assert!(has(&posted, "POST /v1/traces "));
    socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
    assert_eq!(process.wait().await.code(), Some(0), "{}", process.stderr());
    let said = process.stdout();
    assert!(said.contains("traceparent 00-0af7651916cd43dd8448eb211c80319c-") && said.trim().ends_with("-01"), "{said}");
}

#[tokio::test]
async fn without_a_collector_there_are_no_spans() {
    let ops = free_port();
    let process = sample(ops, &[]);
    process.ready(ops).await;
    process.terminate();
    process.wait().await;
    assert!(process.stdout().contains("spans off"), "{}", process.stdout());
}
