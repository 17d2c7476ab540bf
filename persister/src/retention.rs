//! Retention: the log loses what is archived, and of that only what is old or lies beyond half of its size, oldest first.

use std::time::Duration;

use deadpool_postgres::Pool;
use fabric::{Fabric, FabricError, StreamInfo};
use opentelemetry::{KeyValue, global};
use protocol::subject::Shard;
use tokio_util::sync::CancellationToken;

use crate::pool::StoreError;
use crate::position;

const INTERVAL: Duration = Duration::from_secs(30);

/// Purges all shards now and then. Any number of persisters may: each purges at most up to the position that Postgres tells.
pub async fn run(fabric: Fabric, pool: Pool, keep: Duration, full: chassis::Check, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(INTERVAL);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let mut fullest = (0, None);
        for shard in fabric.shards() {
            match turn(&fabric, &pool, shard, keep, crate::archive::now_ms()).await {
                Ok(percent) => fullest = fullest.max((percent, Some(shard.clone()))),
                Err(error) => tracing::warn!(%shard, %error, "the log is not purged"),
            }
        }
        match fullest {
            (percent @ ALARM.., Some(shard)) => full.failing(format!("the log of {shard} is {percent} % full")),
            _ => full.ok(),
        }
    }
}

/// Of a full log the process says that it is not ready, in percent.
const ALARM: u64 = 70;

/// Purges one shard's log and tells how full it was before, in percent.
async fn turn(fabric: &Fabric, pool: &Pool, shard: &Shard, keep: Duration, now_ms: u64) -> anyhow::Result<u64> {
    let info = match fabric.info(shard).await {
        // Its writer makes it.
        Err(FabricError::StreamMissing { .. }) => return Ok(0),
        info => info?,
    };
    let percent = percent(&info);
    let gauge = global::meter("persister").u64_gauge("log_full_percent").with_description("of max_bytes").build();
    gauge.record(percent, &[KeyValue::new("shard", shard.to_string())]);
    let position = async {
        let client = pool.get().await?;
        position::read(&client, shard).await.map_err(StoreError::from)
    };
    match position.await {
        Ok(position) => purge(fabric, shard, position.seq, keep, now_ms).await?,
        // Nothing goes while nobody can tell what is archived.
        Err(error) => tracing::debug!(%shard, %error, "the log is not purged"),
    }
    Ok(percent)
}

fn percent(info: &StreamInfo) -> u64 {
    let most = u64::try_from(info.max_bytes).unwrap_or(u64::MAX).max(1);
    info.bytes.saturating_mul(100) / most
}

/// Purges one shard's log. `position`: all up to it is archived.
pub async fn purge(fabric: &Fabric, shard: &Shard, position: u64, keep: Duration, now_ms: u64) -> Result<(), FabricError> {
    let info = fabric.info(shard).await?;
    let keep_ms = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
    let old = first_since(fabric, shard, &info, position, now_ms.saturating_sub(keep_ms)).await?;
    let keep_from = old.max(beyond_half(&info)).min(position + 1);
    if keep_from > info.first_seq && info.messages > 0 {
        fabric.purge_below(shard, keep_from).await?;
        tracing::debug!(%shard, from.seq = keep_from, "log purged");
    }
    Ok(())
}

/// The first number that half of the stream's size has room for, by the mean size of an event.
fn beyond_half(info: &StreamInfo) -> u64 {
    let half = u64::try_from(info.max_bytes).map_or(u64::MAX, |most| most / 2);
    let over = info.bytes.saturating_sub(half);
    if over == 0 {
        return info.first_seq;
    }
    let numbers = u128::from((info.last_seq + 1).saturating_sub(info.first_seq));
    let share = numbers * u128::from(over) / u128::from(info.bytes.max(1));
    info.first_seq + u64::try_from(share).unwrap_or(0)
}

/// The first number, at most `position + 1`, whose event is not older than `since_ms`; by bisection.
async fn first_since(
    fabric: &Fabric,
    shard: &Shard,
    info: &StreamInfo,
    position: u64,
    since_ms: u64,
) -> Result<u64, FabricError> {
    let (mut low, mut high) = (info.first_seq, (position + 1).min(info.last_seq + 1));
    // The first event decides nearly always.
    let mut middle = low;
    while low < high {
        let page = fabric.shard_page(shard, middle, 1).await?;
        match page.records.first() {
            Some(record) if record.ts < since_ms => low = record.seq + 1,
            _ => high = middle,
        }
        middle = low + high.saturating_sub(low) / 2;
    }
    Ok(low.min(high.max(info.first_seq)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_beyond_half_goes() {
        let info =
            |bytes| StreamInfo { first_seq: 101, last_seq: 1_100, created_ms: 0, bytes, max_bytes: 1_000, messages: 1_000 };
        assert_eq!(beyond_half(&info(500)), 101);
        assert_eq!(beyond_half(&info(1_000)), 601);
        assert_eq!(beyond_half(&StreamInfo { max_bytes: -1, ..info(1_000) }), 101);
    }
}
