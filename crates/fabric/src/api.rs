//! JetStream's JSON API, asked directly: stream files go to the server as they stand, and batch Direct Get has no library call.

use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, Message, Request, RequestErrorKind};
use bytes::Bytes;
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

/// async-nats keeps what is sent while it is disconnected; nothing that waits for an answer may wait that long.
pub(crate) fn connected(client: &Client) -> Result<(), FabricError> {
    match client.connection_state() {
        State::Connected => Ok(()),
        State::Pending | State::Disconnected => Err(FabricError::Unavailable("no connection to NATS".into())),
    }
}

/// One question and its answer, within the time all in all.
pub(crate) async fn request(client: &Client, subject: String, payload: Bytes, within: Duration) -> Result<Message, FabricError> {
    connected(client)?;
    let request = Request::new().payload(payload).timeout(None);
    let answer = tokio::time::timeout(within, client.send_request(subject, request)).await;
    let answer = answer.map_err(|_| FabricError::Unavailable("NATS did not answer in time".into()))?;
    answer.map_err(|error| match error.kind() {
        RequestErrorKind::NoResponders => FabricError::Unavailable("nobody answers now".into()),
        RequestErrorKind::TimedOut
        | RequestErrorKind::InvalidSubject
        | RequestErrorKind::MaxPayloadExceeded
        | RequestErrorKind::Other => FabricError::unavailable(error),
    })
}

/// Returns when the server has taken everything that was sent before, such as a subscription.
pub(crate) async fn settle(client: &Client) -> Result<(), FabricError> {
    connected(client)?;
    // Nobody listens on a fresh inbox: the server itself says so, after what came before.
    let nobody = client.send_request(client.new_inbox(), Request::new().timeout(Some(TIMEOUT))).await;
    match nobody.map_err(|error| (error.kind(), error)) {
        Ok(_) | Err((RequestErrorKind::NoResponders, _)) => Ok(()),
        Err((_, error)) => Err(FabricError::unavailable(error)),
    }
}

/// Asks `$JS.API.<call>`.
pub(crate) async fn ask<T: DeserializeOwned>(
    client: &Client,
    call: &str,
    body: &impl Serialize,
    within: Duration,
) -> Result<T, FabricError> {
    let body = serde_json::to_vec(body).map_err(FabricError::unavailable)?;
    let answer = request(client, format!("$JS.API.{call}"), body.into(), within).await?;
    let outcome: Outcome = serde_json::from_slice(&answer.payload).map_err(FabricError::unavailable)?;
    match outcome.error {
        None => serde_json::from_slice(&answer.payload).map_err(FabricError::unavailable),
        // 503: no leader, no quorum, starting.
        Some(failure) if failure.code == 503 => Err(FabricError::Unavailable(failure.description)),
        Some(failure) => Err(FabricError::Refused { code: failure.err_code, description: failure.description }),
    }
}
