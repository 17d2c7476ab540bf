//! Headers that every answer bears, the time that an answer may take, and what foreign pages may read.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use protocol::code::Refusal;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::origin;
use super::problem::Problem;

/// Longer than any wait of a handler: only what hangs is cut.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a browser may remember what foreign pages may do.
const PREFLIGHT: Duration = Duration::from_secs(600);

/// What is no page loads nothing; pages have a policy of their own.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Safety headers; a page's own policy stays.
pub async fn protect(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Whoever sits at the machine next finds neither tokens nor conversations in the browser's cache.
    let secret = path.starts_with("/v1/") && path != "/v1/openapi.json";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NOTHING);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    if secret {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Ends what hangs.
pub async fn bound(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::from(Refusal::unavailable("no answer in time; try again")).into_response(),
    }
}

/// Gives the router's own bare refusal of a method the form of a problem; `Allow` stays.
pub async fn complete(response: Response) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allow = response.headers().get(header::ALLOW).cloned();
    let refusal = Refusal::bad_request("this address does not take this method");
    let mut response = Problem::new(StatusCode::METHOD_NOT_ALLOWED, refusal).into_response();
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// CORS for the origins that the operator allows.
pub fn foreign(allowed: Vec<String>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| origin::is_configured(origin, &allowed)))
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::LOCATION, header::RETRY_AFTER, header::WWW_AUTHENTICATE])
        .max_age(PREFLIGHT)
}
