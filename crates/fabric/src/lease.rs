//! A lease: one key of the bucket `LEASE` that its holder writes anew before it expires, and that nobody else can take meanwhile.

use std::time::{Duration, Instant};

use async_nats::{HeaderMap, Request};
use serde_json::Value;
use tokio::sync::watch;

use crate::error::FabricError;
use crate::{Fabric, ack, api};

const TEMPLATE: &str = include_str!("../../../nats/streams/lease.json");
const PREFIX: &str = "$KV.LEASE.";
/// Between writes of the holder, and attempts of the others.
const RENEW: Duration = Duration::from_millis(1_000);
/// An entry lives 5 s; who could not renew for this long must hold himself for deposed.
const TRUST: Duration = Duration::from_millis(3_500);
/// One write may take this long.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// Tries to hold the lease `key` for as long as it is polled; tells the epoch while it is held. A later holder has a higher epoch.
pub async fn hold(fabric: Fabric, key: &'static str, held: watch::Sender<Option<u64>>) {
    let mut bucket = false;
    // The epoch, the number of our last write, and when it was stored.
    let mut own: Option<(u64, u64, Instant)> = None;
    loop {
        if !bucket {
            match ensure(&fabric).await {
                Ok(()) => bucket = true,
                Err(error) => tracing::debug!(%error, "the bucket LEASE cannot be made yet"),
            }
        }
        let began = Instant::now();
        match write(&fabric, key, own.map_or(0, |(_, last, _)| last)).await {
            Ok(seq) => own = Some((own.map_or(seq, |(epoch, ..)| epoch), seq, began)),
            // It expired, or somebody else took it.
            Err(FabricError::Refused { .. }) => own = None,
            Err(error) => {
                tracing::debug!(%error, "lease not written");
                bucket = false;
                own = own.filter(|(.., at)| at.elapsed() < TRUST);
            }
        }
        let epoch = own.map(|(epoch, ..)| epoch);
        held.send_if_modified(|known| std::mem::replace(known, epoch) != epoch);
        tokio::time::sleep(RENEW.mul_f64(rand::random_range(0.9..1.1))).await;
    }
}

async fn ensure(fabric: &Fabric) -> Result<(), FabricError> {
    let mut config: Value = serde_json::from_str(TEMPLATE).map_err(FabricError::unavailable)?;
    if let Some(config) = config.as_object_mut() {
        config.insert("num_replicas".into(), fabric.replicas().into());
    }
    fabric.ensure_bucket(config).await
}

/// Writes if the key's last number is `expected` (0: there is none).
async fn write(fabric: &Fabric, key: &str, expected: u64) -> Result<u64, FabricError> {
    api::connected(fabric.client())?;
    let mut headers = HeaderMap::new();
    headers.insert("Nats-Expected-Last-Subject-Sequence", expected.to_string());
    let request = Request::new().headers(headers).timeout(None);
    let answer = tokio::time::timeout(PATIENCE, fabric.client().send_request(format!("{PREFIX}{key}"), request)).await;
    let answer = answer.map_err(|_| FabricError::Unavailable("NATS did not answer in time".into()))?;
    match ack::read(&answer.map_err(FabricError::unavailable)?) {
        Ok(ack) => Ok(ack.seq),
        Err(crate::PublishError::Refused(description)) => Err(FabricError::Refused { code: 10071, description }),
        Err(error) => Err(FabricError::unavailable(error)),
    }
}
