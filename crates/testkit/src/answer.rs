//! What an HTTP call brought back, and what a test asks of it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

/// A user with his token.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub token: String,
    pub refresh: String,
}

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub fn is(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status.as_u16(), "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// Asserts a problem of this status and code, well-formed.
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Self {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        assert_eq!(self.status, status, "{text}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{text}");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["code"], code);
        assert!(["type", "title", "detail"].iter().all(|key| problem[key].is_string()), "{text}");
        assert_eq!(self.headers.contains_key(header::WWW_AUTHENTICATE), status == 401);
        assert_eq!(self.headers.contains_key(header::RETRY_AFTER), status == 503 || status == 429);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("JSON")
    }

    /// A header's text, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The user of a login's answer.
    #[track_caller]
    pub fn person(&self) -> Person {
        let session = self.json();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Person {
            id: text(&session["user"]["id"]),
            name: text(&session["user"]["name"]),
            token: text(&session["access_token"]),
            refresh: text(&session["refresh_token"]),
        }
    }
}
