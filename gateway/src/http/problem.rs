//! Refusals as `application/problem+json` (RFC 9457).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use protocol::code::{Code, Refusal};
use serde::Serialize;

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
/// What an answer without a token says, and one to a token that is not taken.
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"chatmesh\"");
const INVALID_TOKEN: HeaderValue = HeaderValue::from_static("Bearer realm=\"chatmesh\", error=\"invalid_token\"");
/// `Retry-After` when nobody knows better, in seconds.
const RETRY_AFTER_S: u64 = 1;

/// A refusal and its status.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    refusal: Refusal,
    invalid_token: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<u64>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, refusal, invalid_token: false }
    }
}

impl Problem {
    /// With another status than the code's own.
    pub fn new(status: StatusCode, refusal: Refusal) -> Self {
        Self { status, refusal, invalid_token: false }
    }

    pub fn code(&self) -> Code {
        self.refusal.code
    }

    /// A token came and was not taken.
    pub fn invalid_token(detail: impl Into<String>) -> Self {
        Self { invalid_token: true, ..Self::from(Refusal::new(Code::Unauthenticated, detail)) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, refusal, invalid_token } = self;
        let document = Document {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail: &refusal.message,
            code: refusal.code.as_str(),
            retry_after_ms: refusal.retry_after_ms,
            head: refusal.head,
        };
        let mut response = (status, axum::Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, if invalid_token { INVALID_TOKEN } else { CHALLENGE });
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let seconds = refusal.retry_after_ms.map_or(RETRY_AFTER_S, |ms| ms.div_ceil(1_000).max(1));
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
