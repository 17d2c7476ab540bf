//! The API's description (OpenAPI 3.1) and a page to try it, all from this binary.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderValue, header};
use protocol::code::Refusal;

use super::problem::Problem;

/// Written by hand; a test holds it against the routes.
const DESCRIPTION: &str = include_str!("openapi.json");

/// Swagger UI sets styles from script; scripts are its own files alone.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
     base-uri 'none'; frame-ancestors 'none'";

pub async fn description() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}

pub async fn index() -> Redirect {
    Redirect::permanent("/docs/index.html")
}

pub async fn file(Path(file): Path<String>) -> Response {
    let config = utoipa_swagger_ui::Config::from("/v1/openapi.json");
    let Ok(Some(served)) = utoipa_swagger_ui::serve(&file, config.into()) else {
        return Problem::from(Refusal::not_found("no such file")).into_response();
    };
    let mut response = served.bytes.into_owned().into_response();
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::try_from(served.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
