//! `/docs`: a page to try the API, with everything that it loads from this binary.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};
use protocol::code::Refusal;
use utoipa_swagger_ui::Config;

use super::problem::Problem;

const PAGE: &str = include_str!("page.html");
const START: &str = include_str!("page.js");
/// The page's icons stand in its style sheet, as data.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
);
/// Parts of Swagger UI that the page loads.
const PARTS: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

/// The page itself.
pub async fn page() -> Response {
    file(PAGE, "text/html; charset=utf-8")
}

/// What the page loads.
pub async fn part(Path(name): Path<String>) -> Response {
    if name == "start.js" {
        return file(START, "text/javascript; charset=utf-8");
    }
    let found =
        if PARTS.contains(&name.as_str()) { utoipa_swagger_ui::serve(&name, Arc::new(Config::default())) } else { Ok(None) };
    match found {
        Ok(Some(part)) => {
            let mut response = file(part.bytes.into_owned(), &part.content_type);
            if part.gzpipped {
                // As it lies in the binary; every browser takes it.
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        }
        Ok(None) | Err(_) => Problem::from(Refusal::not_found("there is nothing at this address")).into_response(),
    }
}

fn file(bytes: impl Into<axum::body::Body>, content_type: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-cache")];
    let mut response = (headers, bytes.into()).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    response
}
