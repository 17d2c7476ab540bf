//! HTTP: the API below `/v1`, its description, and the web client for every other path.

mod accounts;
mod body;
mod caller;
mod docs;
mod limit;
mod members;
pub mod origin;
pub mod problem;
mod query;
mod reading;
mod rooms;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use protocol::code::{Code, Refusal};

use crate::core::Core;
use crate::{assets, socket};
use problem::Problem;

/// What all handlers share.
#[derive(Clone)]
pub struct Http {
    pub core: Arc<Core>,
    limits: Arc<limit::Sources>,
}

impl axum::extract::FromRef<Http> for Arc<Core> {
    fn from_ref(http: &Http) -> Self {
        http.core.clone()
    }
}

/// Everything on the public port.
pub fn router(core: Arc<Core>) -> Router {
    let limits = Arc::new(limit::Sources::new(core.config.limits.signups_per_minute));
    let http = Http { core, limits };
    let auth = Router::new()
        .route("/signup", post(accounts::signup))
        .route("/login", post(accounts::login))
        .route("/guest", post(accounts::guest))
        .route("/refresh", post(accounts::refresh))
        .route("/logout", post(accounts::logout))
        .layer(from_fn(no_store));
    let api = Router::new()
        .nest("/auth", auth)
        .route("/me", get(accounts::me).patch(accounts::update_me))
        .route("/users", get(accounts::find))
        .route("/users/{user}", get(accounts::user))
        .route("/rooms", get(rooms::list).post(rooms::create))
        .route("/rooms/{room}", get(rooms::get).patch(rooms::update))
        .route("/rooms/{room}/join", post(rooms::join))
        .route("/rooms/{room}/leave", post(rooms::leave))
        .route("/rooms/{room}/members", get(members::list).post(members::add))
        .route("/rooms/{room}/members/{user}", patch(members::set_role).delete(members::remove))
        .route("/rooms/{room}/history", get(reading::history))
        .route("/rooms/{room}/events", get(reading::events))
        .route("/stats", get(reading::stats))
        .route("/openapi.json", get(docs::description))
        .route("/connect", get(socket::upgrade::connect))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(http.clone(), cross_origin));
    Router::new()
        .nest("/v1", api)
        .route("/docs", get(docs::index))
        .route("/docs/{*file}", get(docs::file))
        .fallback(assets::serve)
        .layer(from_fn(headers))
        .with_state(http)
}

async fn unknown() -> Problem {
    Refusal::not_found("no such address; /docs lists them").into()
}

async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, Refusal::bad_request("this address does not take this method"))
}

async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What every answer carries; pages add their own policy.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

/// Lets configured origins in; others get no permission from us, and the browser keeps the answer from them.
async fn cross_origin(State(http): State<Http>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = &http.core.config.http.allowed_origins;
    let origin = origin.filter(|origin| origin.to_str().is_ok_and(|origin| allowed.iter().any(|allowed| allowed == origin)));
    let Some(origin) = origin else { return next.run(request).await };
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let permissions: [(HeaderName, HeaderValue); 5] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PATCH, DELETE")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type")),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
        (header::VARY, HeaderValue::from_static("origin")),
    ];
    response.headers_mut().extend(permissions);
    response
}

/// Asks a micro-service; its refusal becomes the problem.
impl Http {
    async fn ask<R: protocol::rpc::Request>(&self, request: &R) -> Result<R::Answer, Problem> {
        /// Changes of rooms wait for the log.
        const WITHIN: std::time::Duration = std::time::Duration::from_secs(10);
        Ok(self.core.fabric.request_within(request, WITHIN).await?)
    }
}

/// A path's id; an ill-formed one names nothing.
fn id(text: &str) -> Result<protocol::id::Name, Problem> {
    protocol::id::Name::parse(text).map_err(|_| Refusal::new(Code::NotFound, "no such thing").into())
}
