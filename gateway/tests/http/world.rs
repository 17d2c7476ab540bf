//! Servers and a client that sends what it is told.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use protocol::id::Name;
use serde_json::{Value, json};
use testkit::{Nats, Postgres, Service};
use tokio::sync::OnceCell;

/// Within this the servers do what they do.
pub const SOON: Duration = Duration::from_secs(20);

/// One gateway with all that it needs.
pub struct World {
    pub gateway: Service,
    pub persister: Service,
    _nats: Nats,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

/// A user with his token.
pub struct Person {
    pub id: String,
    pub name: String,
    pub token: String,
    pub refresh: String,
}

impl World {
    /// Servers of one's own, with these variables for both services, and these for the gateway alone.
    pub async fn start(both: &[(&str, &str)], gateway: &[(&str, &str)]) -> World {
        let nats = Nats::start().await;
        let database = Postgres::shared().await.database().await;
        let persister = Service::persister(&nats, &database, both);
        let gateway = Service::gateway(&nats, &[both, gateway].concat());
        persister.ready().await;
        gateway.ready().await;
        World { gateway, persister, _nats: nats }
    }

    /// The servers of all tests that do not harm them.
    pub async fn shared() -> &'static World {
        static SHARED: OnceCell<World> = OnceCell::const_new();
        SHARED
            .get_or_init(async || Self::start(&[], &[("CHATMESH__HTTP__ALLOWED_ORIGINS", "https://chat.example.org")]).await)
            .await
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: http::request::Builder, path: &str, body: impl Into<Bytes>) -> Answer {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let request = request.uri(format!("{}{path}", self.gateway.url())).body(Full::new(body.into())).unwrap();
        let answer = tokio::time::timeout(SOON, client.request(request)).await.expect("an answer in time").unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    /// Sends JSON with a token (none when it is empty).
    pub async fn call(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let Some(body) = body else { return self.send(request, path, "").await };
        self.send(request.header(header::CONTENT_TYPE, "application/json"), path, body.to_string()).await
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.call(Method::GET, path, token, None).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::POST, path, token, Some(body)).await
    }

    pub async fn patch(&self, path: &str, token: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, token, Some(body)).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> Answer {
        self.call(Method::DELETE, path, token, None).await
    }

    pub async fn guest(&self) -> Person {
        self.post("/v1/auth/guest", "", json!({})).await.is(StatusCode::CREATED).person()
    }

    /// An account with the password `password of <name>`.
    pub async fn account(&self) -> Person {
        let name = fresh_name();
        let body = json!({"name": name, "password": format!("password of {name}")});
        self.post("/v1/auth/signup", "", body).await.is(StatusCode::CREATED).person()
    }

    /// A new room's id.
    pub async fn room(&self, token: &str, room_type: &str) -> String {
        let room =
            self.post("/v1/rooms", token, json!({"name": "a room", "type": room_type})).await.is(StatusCode::CREATED).json();
        room["room"].as_str().unwrap().to_owned()
    }
}

/// A name that no test has used.
pub fn fresh_name() -> String {
    format!("u{}", Name::fresh())
}

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub fn is(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status.as_u16(), "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// Asserts a problem of this status and code, well-formed.
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Self {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        assert_eq!(self.status, status, "{text}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{text}");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["code"], code);
        assert!(["type", "title", "detail"].iter().all(|key| problem[key].is_string()), "{text}");
        assert_eq!(self.headers.contains_key(header::WWW_AUTHENTICATE), status == 401);
        assert_eq!(self.headers.contains_key(header::RETRY_AFTER), status == 503 || status == 429);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("JSON")
    }

    /// A header's text, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    #[track_caller]
    pub fn person(&self) -> Person {
        let session = self.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person {
            id: text(&session["user"]["id"]),
            name: text(&session["user"]["name"]),
            token: text(&session["access_token"]),
            refresh: text(&session["refresh_token"]),
        }
    }
}
