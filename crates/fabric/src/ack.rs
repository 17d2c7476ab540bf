//! JetStream's answer to a publish.

use async_nats::{Message, StatusCode};
use serde::Deserialize;

use crate::error::PublishError;
use crate::wire::parse::Incoming;

/// An event is stored at the configured quorum and flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Of the stored event; of the first one when it is a duplicate.
    pub seq: u64,
    /// The same `Nats-Msg-Id` was stored in the last 5 minutes.
    pub duplicate: bool,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    duplicate: bool,
    #[serde(borrow)]
    error: Option<Failure<'a>>,
}

#[derive(Deserialize)]
struct Failure<'a> {
    #[serde(default)]
    code: u16,
    #[serde(borrow, default)]
    description: std::borrow::Cow<'a, str>,
}

/// The acknowledgement, or why there is none.
pub(crate) fn read(message: &Message) -> Result<Ack, PublishError> {
    of_answer(message.status == Some(StatusCode::NO_RESPONDERS), &message.payload)
}

/// The same from the wire.
pub(crate) fn of_wire(message: &Incoming) -> Result<Ack, PublishError> {
    of_answer(message.headers.starts_with(b"NATS/1.0 503"), message.payload)
}

fn of_answer(nobody: bool, payload: &[u8]) -> Result<Ack, PublishError> {
    if nobody {
        return Err(PublishError::Unavailable("no log answers for this shard"));
    }
    let Ok(answer) = serde_json::from_slice::<Answer<'_>>(payload) else {
        return Err(PublishError::Unavailable("the log's answer cannot be read"));
    };
    match answer.error {
        None if answer.seq > 0 => Ok(Ack { seq: answer.seq, duplicate: answer.duplicate }),
        None => Err(PublishError::Unavailable("the log's answer cannot be read")),
        Some(failure) => Err(failed(&failure)),
    }
}

fn failed(failure: &Failure<'_>) -> PublishError {
    let description = failure.description.as_ref();
    if description.contains("maximum bytes") || description.contains("maximum messages") {
        return PublishError::Full;
    }
    // 400: this message is wrong, another try would be too. 409: its twin is being stored. 5xx: the server cannot now.
    match failure.code {
        400 => PublishError::Refused(description.to_owned()),
        _ => PublishError::Unavailable("the log cannot store now"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(payload: &'static str) -> Result<Ack, PublishError> {
        of_wire(&Incoming { sid: 1, subject: "inbox", headers: b"", payload: payload.as_bytes() })
    }

    #[test]
    fn answers_become_outcomes() {
        assert_eq!(answer(r#"{"stream":"S","seq":7}"#).unwrap(), Ack { seq: 7, duplicate: false });
        assert_eq!(answer(r#"{"stream":"S","seq":7,"duplicate":true}"#).unwrap(), Ack { seq: 7, duplicate: true });
        let full = r#"{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"}}"#;
        assert!(matches!(answer(full), Err(PublishError::Full)));
        let large = r#"{"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"}}"#;
        assert!(matches!(answer(large), Err(PublishError::Refused(_))));
        let away = r#"{"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"}}"#;
        assert!(matches!(answer(away), Err(PublishError::Unavailable(_))));
        let nobody = Incoming { sid: 1, subject: "inbox", headers: b"NATS/1.0 503\r\n\r\n", payload: b"" };
        assert!(matches!(of_wire(&nobody), Err(PublishError::Unavailable("no log answers for this shard"))));
        let twin = r#"{"error":{"code":409,"err_code":10158,"description":"duplicate message id is in process"}}"#;
        assert!(matches!(answer(twin), Err(PublishError::Unavailable(_))));
        for broken in ["", "{}", "[]", r#"{"seq":0}"#, r#"{"seq":-1}"#] {
            assert!(matches!(answer(broken), Err(PublishError::Unavailable(_))), "{broken}");
        }
    }
}
