//! JSON bodies, bounded, with faults as problems.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use http::header;
use protocol::code::{Code, Refusal};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Longest body, in bytes.
const MOST: usize = 64 << 10;
/// A body must come within this.
const WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

/// A JSON object; no body at all is an empty one. Unknown fields are ignored.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let late = || Refusal::bad_request("the body did not come within 10 s");
        let read = tokio::time::timeout(WITHIN, to_bytes(request.into_body(), MOST)).await.map_err(|_| late())?;
        let bytes = read.map_err(|_| Refusal::new(Code::TooLarge, format!("a body has at most {MOST} bytes")))?;
        if bytes.is_empty() {
            return parse(b"{}");
        }
        // What a foreign form can send without asking is refused.
        let json =
            content_type.is_some_and(|value| value.split(';').next().is_some_and(|mime| mime.trim() == "application/json"));
        if !json {
            return Err(Refusal::bad_request("send `Content-Type: application/json`").into());
        }
        parse(&bytes)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<Body<T>, Problem> {
    // An array would also make a struct.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Refusal::bad_request("the body must be a JSON object").into());
    }
    serde_json::from_slice(bytes)
        .map(Body)
        .map_err(|error| Refusal::bad_request(format!("the body is not as described: {error}")).into())
}
