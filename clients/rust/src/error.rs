//! What goes wrong, whether it may pass, and how long to wait before the next try.

use std::time::Duration;

use protocol::frame::ErrorFrame;

/// The least and the most of the waits between tries.
const BACKOFF_MS: std::ops::RangeInclusive<u64> = 500..=20_000;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The server's refusal; `code` may be one that this version does not know.
    #[error("{code}: {message}")]
    Refused { code: String, message: String, retryable: bool, retry_after_ms: Option<u64> },
    /// No answer: the network, or a server that is away.
    #[error("no connection: {0}")]
    Offline(String),
    /// The server closed the connection with this code.
    #[error("closed with {0}")]
    Closed(u16),
    /// The change waited for more than seven days: the server would refuse its id. A user may send it anew.
    #[error("older than 7 days, and not sent")]
    Expired,
    /// The server said something that this version does not understand.
    #[error("unexpected answer: {0}")]
    Unexpected(String),
}

impl ClientError {
    /// The same may pass later, without a change.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { retryable, .. } => *retryable,
            Self::Offline(_) => true,
            // Codes from 4400 on, and a normal end, say "do not come again".
            Self::Closed(code) => !matches!(code, 1000 | 4400..=4999),
            Self::Expired | Self::Unexpected(_) => false,
        }
    }

    /// The code of the server's refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::Offline(_) | Self::Closed(_) | Self::Expired | Self::Unexpected(_) => None,
        }
    }

    /// How long the server asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after_ms, .. } => retry_after_ms.map(Duration::from_millis),
            Self::Offline(_) | Self::Closed(_) | Self::Expired | Self::Unexpected(_) => None,
        }
    }

    pub(crate) fn offline(error: impl std::fmt::Display) -> Self {
        Self::Offline(error.to_string())
    }

    pub(crate) fn unexpected(error: impl std::fmt::Display) -> Self {
        Self::Unexpected(error.to_string())
    }
}

impl From<ErrorFrame> for ClientError {
    fn from(error: ErrorFrame) -> Self {
        let code = error.code.as_str().to_owned();
        Self::Refused { code, message: error.message, retryable: error.retryable, retry_after_ms: error.retry_after_ms }
    }
}

/// Full jitter between 0.5 and 20 s; `attempt` from 0.
pub fn backoff(attempt: u32) -> Duration {
    let most = (BACKOFF_MS.start() << (attempt + 1).min(10)).min(*BACKOFF_MS.end());
    Duration::from_millis(rand::random_range(*BACKOFF_MS.start()..=most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_lie_within_their_bounds_and_spread_over_them() {
        for (attempt, most) in [(0, 1_000), (1, 2_000), (4, 16_000), (5, 20_000), (u32::MAX - 1, 20_000)] {
            let waits: Vec<u64> = (0..500).map(|_| backoff(attempt).as_millis() as u64).collect();
            assert!(waits.iter().all(|wait| (500..=most).contains(wait)), "{attempt}");
            let (low, high) = (500 + (most - 500) / 5, most - (most - 500) / 5);
            assert!(waits.iter().any(|wait| *wait < low) && waits.iter().any(|wait| *wait > high), "{attempt}: full jitter");
        }
    }

    #[test]
    fn close_codes_say_whether_to_come_again() {
        for (code, again) in [(1000, false), (1005, true), (1006, true), (1012, true), (4000, true), (4001, true), (4399, true)] {
            assert_eq!(ClientError::Closed(code).is_retryable(), again, "{code}");
        }
        for code in [4400, 4401, 4403, 4409, 4999] {
            assert!(!ClientError::Closed(code).is_retryable(), "{code}");
        }
    }
}
