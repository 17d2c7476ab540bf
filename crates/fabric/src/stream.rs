//! The log streams: their shape from `nats/streams/log.json`, made by the persister, verified by everybody else.

use std::time::Duration;

use protocol::subject::Shard;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{self, NO_ROOM, STREAM_NOT_FOUND};
use crate::error::FabricError;
use crate::{Fabric, time};

const TEMPLATE: &str = include_str!("../../../nats/streams/log.json");
/// Making a stream writes to disk.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// `seq` of the first event that is there, or that would be.
    pub first_seq: u64,
    /// `seq` of the last event that was ever stored; `first_seq - 1` when there is none.
    pub last_seq: u64,
    /// Milliseconds since 1970 UTC.
    pub created_ms: u64,
    pub bytes: u64,
    pub max_bytes: i64,
    pub messages: u64,
}

/// Where a log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub first_seq: u64,
    pub last_seq: u64,
    /// When the stream was made, milliseconds since 1970 UTC.
    pub created_ms: u64,
}

/// A stream is there and as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnsureOutcome {
    /// It was missing.
    pub created: bool,
    pub info: StreamInfo,
}

/// `STREAM.INFO`.
#[derive(Deserialize)]
struct Described {
    config: Value,
    created: String,
    state: State,
}

#[derive(Deserialize)]
struct State {
    messages: u64,
    bytes: u64,
    first_seq: u64,
    last_seq: u64,
}

impl Described {
    fn info(&self) -> StreamInfo {
        let state = &self.state;
        StreamInfo {
            // An empty log that never held anything says 0.
            first_seq: state.first_seq.max(1),
            last_seq: state.last_seq,
            created_ms: time::millis(&self.created).unwrap_or(0),
            bytes: state.bytes,
            max_bytes: self.config.get("max_bytes").and_then(Value::as_i64).unwrap_or(-1),
            messages: state.messages,
        }
    }
}

impl Fabric {
    /// The log's ends, from its leader: everything acknowledged before the call is at or below `last_seq`.
    pub async fn head(&self, shard: &Shard) -> Result<Head, FabricError> {
        self.head_within(shard, api::TIMEOUT).await
    }

    pub(crate) async fn head_within(&self, shard: &Shard, within: Duration) -> Result<Head, FabricError> {
        let info = self.describe(&shard.stream(), within).await?.info();
        Ok(Head { first_seq: info.first_seq, last_seq: info.last_seq, created_ms: info.created_ms })
    }

    /// The same with sizes.
    pub async fn info(&self, shard: &Shard) -> Result<StreamInfo, FabricError> {
        Ok(self.describe(&shard.stream(), api::TIMEOUT).await?.info())
    }

    pub(crate) async fn stream_info(&self, stream: &str) -> Result<StreamInfo, FabricError> {
        Ok(self.describe(stream, api::TIMEOUT).await?.info())
    }

    /// Makes the shard's stream when it is missing, with `first_seq` as the next number, and repairs it when it differs. Only the
    /// persister calls this.
    pub async fn ensure_stream(&self, shard: &Shard, first_seq: Option<u64>) -> Result<EnsureOutcome, FabricError> {
        let mut wanted = self.log_config(shard)?;
        let found = match self.describe(&shard.stream(), api::TIMEOUT).await {
            Ok(described) => described,
            Err(FabricError::StreamMissing { .. }) => {
                if let (Some(first_seq), Some(wanted)) = (first_seq, wanted.as_object_mut()) {
                    wanted.insert("first_seq".into(), first_seq.into());
                }
                let info = self.write("CREATE", &wanted).await?.info();
                return Ok(EnsureOutcome { created: true, info });
            }
            Err(error) => return Err(error),
        };
        if let Err(difference) = compare(&shard.stream(), &wanted, &found.config) {
            tracing::warn!(%difference, "stream is repaired");
            let mut repaired = found.config.clone();
            if let (Some(repaired), Some(wanted)) = (repaired.as_object_mut(), wanted.as_object()) {
                repaired.extend(wanted.clone());
            }
            let info = self.write("UPDATE", &repaired).await?.info();
            return Ok(EnsureOutcome { created: false, info });
        }
        Ok(EnsureOutcome { created: false, info: found.info() })
    }

    /// Whether every shard's stream is there and as it should be. Gateways are not ready before.
    pub async fn verify_streams(&self) -> Result<(), FabricError> {
        for shard in self.shards() {
            let found = self.describe(&shard.stream(), api::TIMEOUT).await?;
            compare(&shard.stream(), &self.log_config(shard)?, &found.config)?;
        }
        Ok(())
    }

    /// Removes every event below `seq`; the next event's number is at least `seq` from then on.
    pub async fn purge_below(&self, shard: &Shard, seq: u64) -> Result<(), FabricError> {
        let call = format!("STREAM.PURGE.{}", shard.stream());
        let _: Value =
            api::ask(self.client(), &call, &json!({ "seq": seq }), PATIENCE).await.map_err(missing(&shard.stream()))?;
        Ok(())
    }

    async fn describe(&self, stream: &str, within: Duration) -> Result<Described, FabricError> {
        let call = format!("STREAM.INFO.{stream}");
        api::ask(self.client(), &call, &json!({}), within).await.map_err(missing(stream))
    }

    async fn write(&self, verb: &str, config: &Value) -> Result<Described, FabricError> {
        let stream = config.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let max_bytes = config.get("max_bytes").and_then(Value::as_i64).unwrap_or(-1);
        api::ask(self.client(), &format!("STREAM.{verb}.{stream}"), config, PATIENCE).await.map_err(|error| match error {
            FabricError::Refused { code: NO_ROOM, .. } => FabricError::NoRoom { stream, max_bytes },
            other => other,
        })
    }

    /// Makes a bucket when it is missing, and repairs it when it differs; one that keeps its entries longer is left so, or two services
    /// with different settings would repair it for ever.
    pub(crate) async fn ensure_bucket(&self, mut config: Value) -> Result<(), FabricError> {
        let stream = config.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let verb = match self.describe(&stream, api::TIMEOUT).await {
            Ok(found) => {
                let age = |config: &Value| config.get("max_age").and_then(Value::as_u64).unwrap_or(0);
                let longest = age(&config).max(age(&found.config));
                if let Some(config) = config.as_object_mut() {
                    config.insert("max_age".into(), longest.into());
                }
                if compare(&stream, &config, &found.config).is_ok() {
                    return Ok(());
                }
                "UPDATE"
            }
            Err(FabricError::StreamMissing { .. }) => "CREATE",
            Err(error) => return Err(error),
        };
        self.write(verb, &config).await.map(|_| ())
    }

    fn log_config(&self, shard: &Shard) -> Result<Value, FabricError> {
        let text = TEMPLATE.replace("<home>", shard.home.as_str()).replace("<shard>", &shard.number.to_string());
        let mut wanted: Value = serde_json::from_str(&text).map_err(FabricError::unavailable)?;
        if let Some(wanted) = wanted.as_object_mut() {
            wanted.insert("num_replicas".into(), self.replicas().into());
            wanted.insert("max_bytes".into(), self.shard_max_bytes().into());
        }
        Ok(wanted)
    }
}

fn missing(stream: &str) -> impl FnOnce(FabricError) -> FabricError {
    let stream = stream.to_owned();
    move |error| match error {
        FabricError::Refused { code: STREAM_NOT_FOUND, .. } => FabricError::StreamMissing { stream },
        other => other,
    }
}

/// Every key that we want must be so; what the server adds is its own.
fn compare(stream: &str, wanted: &Value, found: &Value) -> Result<(), FabricError> {
    let (Some(wanted), found) = (wanted.as_object(), found) else { return Ok(()) };
    for (key, wanted) in wanted {
        let found = found.get(key).unwrap_or(&Value::Null);
        // The server leaves out what is false.
        let same = match (wanted, found) {
            (Value::Bool(false), Value::Null) => true,
            (Value::Object(parts), Value::Object(found)) => parts.iter().all(|(part, value)| found.get(part) == Some(value)),
            (wanted, found) => wanted == found,
        };
        if !same {
            let (found, wanted) = (found.to_string(), wanted.to_string());
            return Err(FabricError::StreamDiffers { stream: stream.into(), key: key.clone(), found, wanted });
        }
    }
    Ok(())
}
