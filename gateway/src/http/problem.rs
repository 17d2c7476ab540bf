//! Errors as `application/problem+json` (RFC 9457).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use protocol::code::{Code, Refusal};
use serde_json::json;

/// A refusal with its HTTP status.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    refusal: Refusal,
}

impl Problem {
    /// With another status than the code's own.
    pub fn new(status: StatusCode, refusal: Refusal) -> Self {
        Self { status, refusal }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, refusal }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, refusal } = self;
        let body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": refusal.message,
            "code": refusal.code,
        });
        let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        let mut response = (status, content_type, body.to_string()).into_response();
        let headers = response.headers_mut();
        match refusal.code {
            Code::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Code::RateLimited | Code::Unavailable => {
                let seconds = refusal.retry_after_ms.unwrap_or(1_000).div_ceil(1_000);
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Code::BadFrame | Code::BadRequest | Code::Forbidden | Code::NotFound => {}
            Code::Conflict | Code::TooLarge | Code::Internal => {}
        }
        response
    }
}
