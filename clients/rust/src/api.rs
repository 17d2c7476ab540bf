//! HTTP calls.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use protocol::room::User;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ClientError;

/// For one call, its answer included.
const WITHIN: Duration = Duration::from_secs(15);

/// A login and its tokens; times in milliseconds since 1970 UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
        let http = HttpClient::builder(TokioExecutor::new()).build(connector);
        Self { origin: origin.trim_end_matches('/').to_owned(), http }
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Any call below `/v1`; `Null` for an answer without a body.
    pub async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Result<Value, ClientError> {
        let unexpected = |error: &dyn std::fmt::Display| ClientError::Unexpected(error.to_string());
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
        let request = request.body(Full::new(bytes)).map_err(|error| unexpected(&error))?;
        let answer = async {
            let response = self.http.request(request).await.map_err(|error| ClientError::Offline(error.to_string()))?;
            let status = response.status();
            let bytes = response.into_body().collect().await.map_err(|error| ClientError::Offline(error.to_string()))?.to_bytes();
            Ok((status, bytes))
        };
        let late = |_| ClientError::Offline(format!("no answer within {} s", WITHIN.as_secs()));
        let (status, bytes) = tokio::time::timeout(WITHIN, answer).await.map_err(late)??;
        let value =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).map_err(|error| unexpected(&error))? };
        if status.is_success() {
            return Ok(value);
        }
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let code = text("code");
        let retryable = matches!(code.as_str(), "rate_limited" | "unavailable" | "internal");
        Err(ClientError::Refused { code, message: text("detail"), retryable, retry_after_ms: None })
    }

    /// A call that is tried again while the server is away or busy, at most for `patience`.
    pub async fn insist(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
        patience: Duration,
    ) -> Result<Value, ClientError> {
        let until = tokio::time::Instant::now() + patience;
        let mut attempt = 0;
        loop {
            match self.call(method.clone(), path, token, body.clone()).await {
                Err(error) if error.is_retryable() && tokio::time::Instant::now() < until => {
                    tokio::time::sleep(crate::backoff(attempt)).await;
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    pub async fn guest(&self, name: &str) -> Result<Login, ClientError> {
        login(self.insist(Method::POST, "/auth/guest", None, Some(json!({ "name": name })), Duration::from_secs(60)).await?)
    }

    /// The next tokens; a token may be used again while its successor was not.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Login, ClientError> {
        login(self.call(Method::POST, "/auth/refresh", None, Some(json!({ "refresh_token": refresh_token }))).await?)
    }
}

fn login(value: Value) -> Result<Login, ClientError> {
    serde_json::from_value(value).map_err(|error| ClientError::Unexpected(error.to_string()))
}
