//! The description of the API, OpenAPI 3.1.

use axum::routing::{MethodRouter, get};
use http::header;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{Http, schema};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "chatmesh",
        description = "Accounts, rooms and history of a chatmesh server. Messages are sent and heard over the WebSocket at `/v1/connect`.\n\n\
            Errors are `application/problem+json` with a stable `code`; unknown fields are ignored, and `null` is an absent field.",
    ),
    modifiers(&Token),
    security(("token" = [])),
    components(schemas(schema::Problem)),
    tags(
        (name = "auth", description = "Coming in, staying, going"),
        (name = "users", description = "Oneself and others"),
        (name = "rooms", description = "Finding, making, joining rooms"),
        (name = "members", description = "Who is in a room"),
        (name = "history", description = "What was said"),
        (name = "stats", description = "Figures"),
    ),
)]
struct Head;

/// The scheme `token`: an access token in `Authorization`.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some("An access token"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
    }
}

/// What stands before the calls.
pub fn head() -> utoipa::openapi::OpenApi {
    Head::openapi()
}

/// `GET /v1/openapi.json`.
pub fn serve(document: utoipa::openapi::OpenApi) -> MethodRouter<Http> {
    let json = document.to_json().unwrap_or_else(|error| {
        tracing::error!(%error, "description of the API cannot be written");
        "{}".into()
    });
    let json = bytes::Bytes::from(json);
    get(async move || ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], json.clone()))
}
