//! One gateway with all that it needs, and an HTTP client that sends what it is told.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use protocol::id::Name;
use serde_json::{Value, json};

use crate::{Answer, Nats, Person, Postgres, Service};

/// Within this the servers do what they do.
pub const SOON: Duration = Duration::from_secs(20);

/// A gateway, a persister, and their servers.
pub struct World {
    pub gateway: Service,
    pub persister: Service,
    pub nats: Nats,
    /// URL of the persister's database.
    pub database: String,
}

impl World {
    /// Servers of one's own, with these variables for both services, and these for the gateway alone.
    pub async fn start(both: &[(&str, &str)], gateway: &[(&str, &str)]) -> World {
        Self::on(Nats::start().await, both, gateway).await
    }

    /// The same on this NATS.
    pub async fn on(nats: Nats, both: &[(&str, &str)], gateway: &[(&str, &str)]) -> World {
        let database = Postgres::shared().await.database().await;
        let persister = Service::persister(&nats, &database, both);
        let gateway = Service::gateway(&nats, &[both, gateway].concat());
        persister.ready().await;
        gateway.ready().await;
        World { gateway, persister, nats, database }
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: http::request::Builder, path: &str, body: impl Into<Bytes>) -> Answer {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let request = request.uri(format!("{}{path}", self.gateway.url())).body(Full::new(body.into())).expect("a request");
        let answer = tokio::time::timeout(SOON, client.request(request)).await.expect("an answer in time").expect("an answer");
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a whole answer").to_bytes();
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
        let body = json!({"name": "a room", "type": room_type});
        let room = self.post("/v1/rooms", token, body).await.is(StatusCode::CREATED).json();
        room["room"].as_str().expect("a room").to_owned()
    }

    /// A user joins a public room.
    pub async fn join(&self, room: &str, token: &str) {
        self.call(Method::POST, &format!("/v1/rooms/{room}/join"), token, None).await.is(StatusCode::OK);
    }

    /// A user leaves a room.
    pub async fn leave(&self, room: &str, token: &str) {
        self.call(Method::POST, &format!("/v1/rooms/{room}/leave"), token, None).await.is(StatusCode::NO_CONTENT);
    }

    /// An owner or moderator adds a user to a room.
    pub async fn add(&self, room: &str, token: &str, user: &str) {
        self.post(&format!("/v1/rooms/{room}/members"), token, json!({"user": user})).await.is(StatusCode::CREATED);
    }
}

/// A name that no test has used.
pub fn fresh_name() -> String {
    format!("u{}", Name::fresh())
}
