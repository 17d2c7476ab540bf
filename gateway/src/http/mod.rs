//! HTTP: the API below `/v1`, its description, and the web client for every other path.

mod accounts;
mod body;
mod caller;
mod docs;
mod headers;
mod limit;
mod members;
mod openapi;
pub mod origin;
mod presence;
pub mod problem;
mod query;
mod reading;
mod rooms;
#[expect(dead_code, reason = "these types only lend their shapes to the description")]
mod schema;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, Method, Uri};
use protocol::code::Refusal;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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

/// Everything on the public port. Requests must carry `ConnectInfo<SocketAddr>`.
pub fn router(core: Arc<Core>) -> Router {
    let limits = Arc::new(limit::Sources::new(core.config.limits.signups_per_minute));
    let origins = core.config.http.allowed_origins.clone();
    let (calls, description) = calls();
    let mut api = calls
        .route("/v1/openapi.json", openapi::serve(description))
        .route("/v1/connect", get(socket::upgrade::connect))
        .layer(map_response(headers::complete));
    if !origins.is_empty() {
        api = api.layer(headers::foreign(origins));
    }
    api.route("/docs", get(docs::page))
        .route("/docs/", get(docs::page))
        .route("/docs/{part}", get(docs::part))
        .fallback(elsewhere)
        .layer(from_fn(headers::bound))
        .layer(from_fn(headers::protect))
        .with_state(Http { core, limits })
}

/// The calls of the API, and what describes them.
fn calls() -> (Router<Http>, OpenApi) {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(accounts::signup))
        .routes(routes!(accounts::login))
        .routes(routes!(accounts::guest))
        .routes(routes!(accounts::refresh))
        .routes(routes!(accounts::logout))
        .routes(routes!(accounts::me, accounts::update_me))
        .routes(routes!(accounts::find))
        .routes(routes!(accounts::user))
        .routes(routes!(rooms::list_rooms, rooms::create_room))
        .routes(routes!(rooms::room, rooms::update_room))
        .routes(routes!(rooms::join_room))
        .routes(routes!(rooms::leave_room))
        .routes(routes!(members::list_members, members::add_member))
        .routes(routes!(members::set_role, members::remove_member))
        .routes(routes!(reading::history))
        .routes(routes!(reading::events))
        .routes(routes!(reading::stats))
        .routes(routes!(presence::lobby))
        .routes(routes!(presence::overview))
        .routes(routes!(presence::people))
        .routes(routes!(presence::ranking))
        .split_for_parts()
}

/// Below `/v1` nothing, else the web client.
async fn elsewhere(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if path == "/v1" || path.starts_with("/v1/") {
        return Problem::from(Refusal::not_found("no such address; /docs lists them")).into_response();
    }
    assets::serve(method, uri, headers).await
}

/// Asks a micro-service; its refusal becomes the problem.
impl Http {
    async fn ask<R: protocol::rpc::Request>(&self, request: &R) -> Result<R::Answer, Problem> {
        /// Changes of rooms wait for the log.
        const WITHIN: std::time::Duration = std::time::Duration::from_secs(10);
        Ok(self.core.fabric.request_within(request, WITHIN).await?)
    }
}
