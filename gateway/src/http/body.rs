//! JSON bodies: bounded, in time, an object, without U+0000; what is wrong with one is told as a problem.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use protocol::code::{Code, Refusal};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::problem::Problem;

/// Bytes of a body.
const BYTES: usize = 64 << 10;
/// A body must be here within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// A JSON object; no body and `null` are an empty one. Unknown fields are ignored.
pub struct Body<T>(pub T);

/// A text without U+0000.
#[derive(Debug)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text.contains('\0') { Err(D::Error::custom("a text holds U+0000")) } else { Ok(Self(text)) }
    }
}

impl Text {
    /// For fields that may be absent.
    pub fn take(text: Option<Self>) -> Option<String> {
        text.map(|text| text.0)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let json = is_json(request.headers());
        let bytes = read(request).await?;
        if bytes.is_empty() || bytes.trim_ascii() == b"null" && json {
            return parse(b"{}").map(Self);
        }
        // What a foreign form can send without asking is refused.
        if !json {
            let detail = "send `Content-Type: application/json`";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Refusal::bad_request(detail)));
        }
        parse(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

async fn read(request: Request) -> Result<bytes::Bytes, Problem> {
    let body = Limited::new(request.into_body(), BYTES).collect();
    match tokio::time::timeout(PATIENCE, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(Code::TooLarge, format!("a body has at most {BYTES} bytes")).into())
        }
        Ok(Err(_)) => Err(Refusal::bad_request("the body broke off").into()),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, Refusal::bad_request("the body did not come in time"))),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would otherwise be read as the fields in their order.
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_some_and(|byte| *byte != b'{') && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() {
        return Err(Refusal::bad_request("the body must be a JSON object").into());
    }
    serde_json::from_slice(bytes).map_err(|error| Refusal::bad_request(format!("the body cannot be read: {error}")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    struct Sample {
        name: Option<Text>,
        all: Option<bool>,
    }

    async fn status(content_type: &str, body: impl Into<axum::body::Body>) -> Result<Sample, u16> {
        use axum::response::IntoResponse as _;
        let request = Request::post("/").header(header::CONTENT_TYPE, content_type).body(body.into()).unwrap();
        let parsed = Body::<Sample>::from_request(request, &()).await;
        parsed.map(|body| body.0).map_err(|problem| problem.into_response().status().as_u16())
    }

    #[tokio::test]
    async fn wrong_bodies_are_refused_with_their_status() {
        for body in
            [" ", "nonsense", "{\"name\":1}", "{\"all\":\"yes\"}", "[\"bo\",true]", "\"bo\"", "nul", "{\"name\":\"a\\u0000\"}"]
        {
            assert_eq!(status("application/json", body).await.unwrap_err(), 400, "{body}");
        }
        assert_eq!(status("application/json", vec![b'{', 0xff, b'}']).await.unwrap_err(), 400);
        assert_eq!(status("application/json", "[".repeat(10_000)).await.unwrap_err(), 400);
        assert!(status("text/plain", "").await.unwrap().name.is_none());
        assert_eq!(status("text/plain", "{}").await.unwrap_err(), 415);
        assert_eq!(status("application/json", " ".repeat(BYTES + 1)).await.unwrap_err(), 413);
    }

    #[tokio::test]
    async fn unknown_fields_and_nulls_are_nothing() {
        let sample = status("application/json; charset=utf-8", "{\"name\":null,\"all\":true,\"more\":[1]}").await.unwrap();
        assert!(sample.name.is_none() && sample.all == Some(true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let endless = axum::body::Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
        assert_eq!(status("application/json", endless).await.unwrap_err(), 408);
    }
}
