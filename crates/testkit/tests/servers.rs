//! The servers that the kit starts are real, survive what tests do to them, and leave nothing behind.

use std::time::Duration;

use testkit::{Nats, Postgres, eventually};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn ping(nats: &Nats) -> Option<()> {
    let mut socket = tokio::net::TcpStream::connect(nats.address()).await.ok()?;
    socket.write_all(b"CONNECT {\"verbose\":false}\r\nPING\r\n").await.ok()?;
    let mut answer = Vec::new();
    while !answer.windows(6).any(|window| window == b"PONG\r\n") {
        let read = tokio::time::timeout(Duration::from_millis(500), socket.read_buf(&mut answer)).await.ok()?.ok()?;
        (read > 0).then_some(())?;
    }
    Some(())
}

#[tokio::test]
async fn nats_comes_back_on_the_same_port() {
    let nats = Nats::start().await;
    eventually(Duration::from_secs(5), || ping(&nats)).await;
    nats.kill().await;
    assert!(ping(&nats).await.is_none(), "a killed server is gone");
    nats.restart().await;
    eventually(Duration::from_secs(5), || ping(&nats)).await;
    nats.freeze().await;
    assert!(ping(&nats).await.is_none(), "a frozen server is silent");
    nats.thaw().await;
    eventually(Duration::from_secs(5), || ping(&nats)).await;
}

#[tokio::test]
async fn postgres_keeps_its_databases_through_kill_and_stop() {
    let postgres = Postgres::start().await;
    let url = postgres.database().await;
    assert_ne!(url, postgres.database().await, "each database is fresh");
    run(&url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").await.unwrap();
    postgres.kill().await;
    postgres.start_again().await;
    run(&url, "DO $$ BEGIN ASSERT (SELECT n FROM kept) = 7; END $$").await.unwrap();
    postgres.stop().await;
    postgres.start_again().await;
    run(&url, "DO $$ BEGIN ASSERT (SELECT n FROM kept) = 7; END $$").await.unwrap();
}

#[tokio::test]
async fn letters_of_every_script_are_letters() {
    let url = Postgres::shared().await.database().await;
    run(&url, "CREATE EXTENSION pg_trgm; DO $$ BEGIN ASSERT show_trgm('안녕하세요') <> '{}'; END $$").await.unwrap();
}

async fn run(url: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let driver = tokio::spawn(connection);
    let outcome = client.batch_execute(sql).await;
    driver.abort();
    outcome
}
