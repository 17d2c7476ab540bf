//! `persister audit`: holds the archive against the log, shard by shard and day by day, by count and hash.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::bail;
use deadpool_postgres::Object;
use fabric::{Fabric, FabricError, Record};
use protocol::subject::Shard;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use crate::pool::Pools;
use crate::position;
use crate::store::{signed, unsigned};

/// Records of one question to the log.
const PAGE: usize = 2_000;
const DAY_MS: u64 = 24 * 3_600_000;

/// What one side holds of one day: events, and the XOR of their hashes, in which no order matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub count: u64,
    pub hash: i64,
}

/// Days since 1970 UTC, by the log's time.
pub type Days = BTreeMap<u64, Tally>;

/// One day on which the two differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub shard: Shard,
    pub day: u64,
    pub log: Tally,
    pub archive: Tally,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shard, day, log, archive } = self;
        let (log_count, archive_count) = (log.count, archive.count);
        write!(out, "shard {shard}, day {day} since 1970: the log holds {log_count} events, the archive {archive_count}")?;
        if log_count == archive_count { out.write_str(", and they are not the same") } else { Ok(()) }
    }
}

/// What was compared, and what differs.
#[derive(Debug, Default)]
pub struct Report {
    pub events: u64,
    pub days: u64,
    pub differences: Vec<Difference>,
}

/// Compares what both hold: from the log's beginning to the archive's position.
pub async fn run(pools: &Pools, fabric: &Fabric, stop: &CancellationToken) -> anyhow::Result<Report> {
    let client = Object::take(pools.reader().await?);
    // A scan of a month takes its time; the setting ends with this connection.
    client.batch_execute("SET statement_timeout = 0").await?;
    let mut report = Report::default();
    for shard in fabric.shards() {
        let writer = pools.writer().await?;
        let position = position::read(&writer, shard).await?.seq;
        drop(writer);
        let Some(extent) = extent(fabric, shard, position).await? else { continue };
        let mut log = Days::new();
        let mut next = extent.first;
        while next <= position {
            if stop.is_cancelled() {
                bail!("stopped before the end");
            }
            let page = fabric.shard_page(shard, next, PAGE).await?;
            let Some(last) = page.records.last() else { break };
            if page.first_seq > extent.first {
                bail!("the log of {shard} was purged meanwhile; audit again");
            }
            next = last.seq + 1;
            for record in page.records.iter().filter(|record| record.seq <= position) {
                let tally = log.entry(record.ts / DAY_MS).or_default();
                (tally.count, tally.hash) = (tally.count + 1, tally.hash ^ hash(record));
            }
        }
        let archive = archived(&client, shard, &extent, position).await?;
        report.take(shard, &log, &archive);
    }
    Ok(report)
}

impl Report {
    fn take(&mut self, shard: &Shard, log: &Days, archive: &Days) {
        let days: std::collections::BTreeSet<u64> = log.keys().chain(archive.keys()).copied().collect();
        for day in days {
            let of = |side: &Days| side.get(&day).copied().unwrap_or_default();
            let (log, archive) = (of(log), of(archive));
            self.days += 1;
            self.events += log.count;
            if log != archive {
                self.differences.push(Difference { shard: shard.clone(), day, log, archive });
            }
        }
    }
}

/// The log's first event that is also archived.
struct Extent {
    first: u64,
    ts: u64,
}

async fn extent(fabric: &Fabric, shard: &Shard, position: u64) -> Result<Option<Extent>, FabricError> {
    let page = match fabric.info(shard).await {
        Err(FabricError::StreamMissing { .. }) => return Ok(None),
        info => fabric.shard_page(shard, info?.first_seq, 1).await?,
    };
    let first = page.records.first().filter(|record| record.seq <= position);
    Ok(first.map(|record| Extent { first: record.seq, ts: record.ts }))
}

/// The same numbers of the archive, made by Postgres. The partitions' time never lies below the log's.
async fn archived(
    client: &deadpool_postgres::ClientWrapper,
    shard: &Shard,
    extent: &Extent,
    position: u64,
) -> Result<Days, tokio_postgres::Error> {
    const SELECT: &str = "SELECT e.at / $6, count(*), bit_xor(('x' || encode(substr(sha256(
            convert_to(e.room || ' ' || e.seq || ' ' || e.at || ' ', 'UTF8') || e.payload), 1, 8), 'hex'))::bit(64)::bigint)
        FROM events e JOIN rooms r ON r.id = e.room
        WHERE r.home = $1 AND r.shard = $2 AND e.seq BETWEEN $3 AND $4 AND e.ts >= $5 GROUP BY 1";
    let (home, number) = (shard.home.as_str(), i32::from(shard.number));
    let (first, last, ts) = (signed(extent.first), signed(position), signed(extent.ts));
    let rows = client.query(SELECT, &[&home, &number, &first, &last, &ts, &signed(DAY_MS)]).await?;
    let day = |row: &tokio_postgres::Row| {
        let tally = Tally { count: unsigned(row.get(1)), hash: row.get(2) };
        (unsigned(row.get(0)), tally)
    };
    Ok(rows.iter().map(day).collect())
}

/// As the statement above makes it.
fn hash(record: &Record) -> i64 {
    let mut sha = Sha256::new();
    sha.update(format!("{} {} {} ", record.room, record.seq, record.ts));
    sha.update(&record.payload);
    let digest = sha.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}
