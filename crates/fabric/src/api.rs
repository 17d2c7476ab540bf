//! JetStream's JSON API, asked directly: stream files go to the server as they stand, and batch Direct Get has no library call.

use std::time::Duration;

use async_nats::{Client, Request, RequestErrorKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::FabricError;

/// The server's word for "no such stream".
pub(crate) const STREAM_NOT_FOUND: u64 = 10059;
/// The server's word for "no such message".
pub(crate) const NO_MESSAGE: u64 = 10037;
/// The server's word for "the sum of `max_bytes` is more than there is".
pub(crate) const NO_ROOM: u64 = 10047;

#[derive(Deserialize)]
struct Outcome {
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    code: u64,
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

/// How long an answer may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks `$JS.API.<call>`.
pub(crate) async fn ask<T: DeserializeOwned>(
    client: &Client,
    call: &str,
    body: &impl Serialize,
    within: Duration,
) -> Result<T, FabricError> {
    let body = serde_json::to_vec(body).map_err(FabricError::unavailable)?;
    let request = Request::new().payload(body.into()).timeout(Some(within));
    let answer = client.send_request(format!("$JS.API.{call}"), request).await.map_err(|error| match error.kind() {
        RequestErrorKind::NoResponders => FabricError::Unavailable("JetStream is not enabled, or has no leader now".into()),
        RequestErrorKind::TimedOut
        | RequestErrorKind::InvalidSubject
        | RequestErrorKind::MaxPayloadExceeded
        | RequestErrorKind::Other => FabricError::Unavailable(format!("JetStream does not answer: {error}")),
    })?;
    let outcome: Outcome = serde_json::from_slice(&answer.payload).map_err(FabricError::unavailable)?;
    match outcome.error {
        None => serde_json::from_slice(&answer.payload).map_err(FabricError::unavailable),
        // 503: no leader, no quorum, starting.
        Some(failure) if failure.code == 503 => Err(FabricError::Unavailable(failure.description)),
        Some(failure) => Err(FabricError::Refused { code: failure.err_code, description: failure.description }),
    }
}
