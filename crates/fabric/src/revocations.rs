//! The bucket `REVOKED`: logins and users whose tokens are void before their time, known everywhere within a moment.

use std::time::Duration;

use async_nats::Message;
use futures_util::Stream;
use protocol::rpc::account::Revocation;
use serde_json::Value;

use crate::ack;
use crate::error::FabricError;
use crate::follow::Follow;
use crate::{Fabric, api};

const TEMPLATE: &str = include_str!("../../../nats/streams/revoked.json");
const STREAM: &str = "KV_REVOKED";
const PREFIX: &str = "$KV.REVOKED.";
const RETRY: Duration = Duration::from_secs(1);

/// The bucket, made when it is missing.
#[derive(Clone, Debug)]
pub struct Revocations {
    fabric: Fabric,
}

/// What a watcher hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// `key`: `login.<login>` or `user.<user>`.
    Entry { key: String, revocation: Revocation },
    /// All that was there when the watch began has come.
    CaughtUp,
}

impl Revocations {
    /// `ttl`: how long an entry lives at least; as long as an access token and a little more.
    pub async fn open(fabric: &Fabric, ttl: Duration) -> Result<Revocations, FabricError> {
        let mut config: Value = serde_json::from_str(TEMPLATE).map_err(FabricError::unavailable)?;
        if let Some(config) = config.as_object_mut() {
            config.insert("max_age".into(), u64::try_from(ttl.as_nanos()).unwrap_or(u64::MAX).into());
            config.insert("num_replicas".into(), fabric.replicas().into());
        }
        fabric.ensure_bucket(config).await?;
        Ok(Revocations { fabric: fabric.clone() })
    }

    /// Returns when it is stored.
    pub async fn put(&self, key: &str, revocation: &Revocation) -> Result<(), FabricError> {
        let payload = rmp_serde::to_vec_named(revocation).map_err(FabricError::unavailable)?;
        let answer = api::request(self.fabric.client(), format!("{PREFIX}{key}"), payload.into(), api::TIMEOUT).await?;
        ack::read(&answer).map_err(FabricError::unavailable)?;
        Ok(())
    }

    /// Never ends, whatever happens to NATS; an entry may come twice.
    pub async fn watch(&self) -> Result<impl Stream<Item = Revoked> + Send + Unpin + use<>, FabricError> {
        let follow = Follow::after(&self.fabric, STREAM.into(), 0);
        let until = follow.info().await?.last_seq;
        let watch = Watch { follow, until: Some(until) };
        Ok(Box::pin(futures_util::stream::unfold(watch, async |mut watch| Some((watch.next().await, watch)))))
    }
}

struct Watch {
    follow: Follow,
    /// The head when the watch began, until it was reached.
    until: Option<u64>,
}

impl Watch {
    async fn next(&mut self) -> Revoked {
        loop {
            if self.until.is_some_and(|until| self.follow.last >= until) {
                self.until = None;
                return Revoked::CaughtUp;
            }
            if self.follow.is_idle()
                && let Err(error) = self.start().await
            {
                tracing::warn!(%error, "revocations cannot be heard, trying again");
                tokio::time::sleep(RETRY).await;
                continue;
            }
            if let Some((_, message)) = self.follow.next().await
                && let Some(entry) = entry(&message)
            {
                return entry;
            }
        }
    }

    async fn start(&mut self) -> Result<(), FabricError> {
        let info = self.follow.info().await?;
        if info.last_seq < self.follow.last {
            // The bucket was made anew: its numbers began again.
            self.follow.last = 0;
        }
        if info.messages == 0 {
            // Everything has expired: nothing is left to wait for.
            self.until = self.until.map(|_| 0);
        }
        self.follow.start().await
    }
}

fn entry(message: &Message) -> Option<Revoked> {
    let key = message.subject.strip_prefix(PREFIX)?.to_owned();
    match rmp_serde::from_slice(&message.payload) {
        Ok(revocation) => Some(Revoked::Entry { key, revocation }),
        // A newer version's, or a deletion by hand.
        Err(error) => {
            tracing::warn!(key, %error, "revocation cannot be read");
            None
        }
    }
}
