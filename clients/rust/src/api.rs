//! HTTP calls.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use protocol::room::{Room, User};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{ClientError, backoff};

/// For one call, its answer included.
const WITHIN: Duration = Duration::from_secs(15);
/// How long calls that have to succeed are tried again.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of an answer at most.
const LARGEST: usize = 8 << 20;

/// A login and its tokens; times in milliseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub user: User,
    pub access_token: String,
    pub refresh_token: String,
    pub expires_at: u64,
}

/// Calls of one server; cheap to clone.
#[derive(Clone)]
pub struct Api {
    origin: String,
    http: HttpClient<HttpConnector, Full<Bytes>>,
}

impl Api {
    /// `origin` such as `http://127.0.0.1:8080`.
    pub fn new(origin: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(WITHIN));
        let http = HttpClient::builder(TokioExecutor::new()).build(connector);
        Self { origin: origin.trim_end_matches('/').to_owned(), http }
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Any call below `/v1`; `Null` for an answer without a body.
    pub async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Result<Value, ClientError> {
        let mut request = Request::builder().method(method).uri(format!("{}/v1{path}", self.origin));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let bytes = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(bytes)).map_err(ClientError::unexpected)?;
        let answer = async {
            let (parts, body) = self.http.request(request).await.map_err(offline)?.into_parts();
            let bytes = Limited::new(body, LARGEST).collect().await.map_err(ClientError::offline)?.to_bytes();
            Ok::<_, ClientError>((parts, bytes))
        };
        let late = |_| ClientError::Offline(format!("no answer within {} s", WITHIN.as_secs()));
        let (parts, bytes) = tokio::time::timeout(WITHIN, answer).await.map_err(late)??;
        match parts.status.is_success() {
            true if bytes.is_empty() => Ok(Value::Null),
            true => serde_json::from_slice(&bytes).map_err(ClientError::unexpected),
            false => Err(problem(parts.status, &parts.headers, &bytes)),
        }
    }

    /// A call that is tried again while the server is away or busy, at most for `patience`. What makes something may then make it
    /// twice: an answer may be lost.
    pub async fn insist(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
        patience: Duration,
    ) -> Result<Value, ClientError> {
        let until = Instant::now() + patience;
        let mut attempt = 0;
        loop {
            match self.call(method.clone(), path, token, body.clone()).await {
                Err(error) if error.is_retryable() => {
                    let wait = backoff(attempt).max(error.retry_after().unwrap_or_default());
                    if Instant::now() + wait > until {
                        return Err(error);
                    }
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    pub async fn guest(&self, name: &str) -> Result<Login, ClientError> {
        read(self.insist(Method::POST, "/auth/guest", None, Some(json!({ "name": name })), PATIENCE).await?)
    }

    /// The same, tried once.
    pub async fn guest_once(&self, name: &str) -> Result<Login, ClientError> {
        read(self.call(Method::POST, "/auth/guest", None, Some(json!({ "name": name }))).await?)
    }

    pub async fn signup(&self, name: &str, password: &str) -> Result<Login, ClientError> {
        read(self.call(Method::POST, "/auth/signup", None, Some(json!({ "name": name, "password": password }))).await?)
    }

    pub async fn login(&self, name: &str, password: &str) -> Result<Login, ClientError> {
        let body = json!({ "name": name, "password": password });
        read(self.insist(Method::POST, "/auth/login", None, Some(body), PATIENCE).await?)
    }

    /// The next tokens; a token may be used again while its successor was not.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Login, ClientError> {
        read(self.call(Method::POST, "/auth/refresh", None, Some(json!({ "refresh_token": refresh_token }))).await?)
    }

    /// Makes a room; `kind` is `public` or `private`.
    pub async fn create_room(&self, token: &str, name: &str, kind: &str) -> Result<Room, ClientError> {
        let body = json!({ "name": name, "type": kind });
        read(self.insist(Method::POST, "/rooms", Some(token), Some(body), PATIENCE).await?)
    }

    pub async fn join(&self, token: &str, room: &str) -> Result<Room, ClientError> {
        read(self.insist(Method::POST, &format!("/rooms/{room}/join"), Some(token), None, PATIENCE).await?)
    }
}

/// The first cause says more than "client error".
fn offline(error: hyper_util::client::legacy::Error) -> ClientError {
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    ClientError::offline(cause)
}

/// A refusal, whether or not the server that answered is a chatmesh.
fn problem(status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> ClientError {
    let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let code = document["code"].as_str().map(str::to_owned).unwrap_or_else(|| match status {
        StatusCode::TOO_MANY_REQUESTS => "rate_limited".into(),
        status if status.is_server_error() => "unavailable".into(),
        _ => "bad_request".into(),
    });
    let seconds = || headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse::<u64>().ok();
    let retry_after_ms = document["retry_after_ms"].as_u64().or_else(|| Some(seconds()? * 1_000));
    let message = document["detail"].as_str().map_or_else(|| format!("the server answered {status}"), str::to_owned);
    let retryable = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    ClientError::Refused { code, message, retryable, retry_after_ms }
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, ClientError> {
    serde_json::from_value(value).map_err(ClientError::unexpected)
}
