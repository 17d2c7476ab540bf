//! The login and its tokens: exchanged before they expire.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Api, ClientError, Login, backoff};

/// A token is exchanged when it has less than this left, or a third of a shorter life; in milliseconds.
const MARGIN_MS: u64 = 60_000;

pub struct Tokens {
    api: Api,
    pub login: Login,
    /// The server's time, in milliseconds, from when on the access token is to be exchanged.
    due_ms: u64,
    not_before: Instant,
    attempt: u32,
}

impl Tokens {
    pub fn new(api: Api, login: Login, server_now_ms: u64) -> Self {
        let due_ms = due(&login, server_now_ms);
        Self { api, login, due_ms, not_before: Instant::now(), attempt: 0 }
    }

    pub fn origin(&self) -> &str {
        self.api.origin()
    }

    pub fn is_due(&self, server_now_ms: u64) -> bool {
        server_now_ms >= self.due_ms && Instant::now() >= self.not_before
    }

    /// Asks for the next tokens; the answer goes into [`Tokens::exchanged`].
    pub fn exchange(&self) -> impl Future<Output = Result<Login, ClientError>> + Send + use<> {
        let (api, token) = (self.api.clone(), self.login.refresh_token.clone());
        async move { api.refresh(&token).await }
    }

    /// Keeps the new tokens, or plans another try. A refresh token may be used again while its successor was not: a lost answer
    /// costs nothing.
    pub fn exchanged(&mut self, result: Result<Login, ClientError>, server_now_ms: u64) -> Result<&Login, ClientError> {
        match result {
            Ok(login) => {
                self.due_ms = due(&login, server_now_ms);
                (self.login, self.attempt) = (login, 0);
                // However short its life is.
                self.not_before = Instant::now() + Duration::from_secs(1);
                Ok(&self.login)
            }
            Err(error) => {
                self.not_before = Instant::now() + backoff(self.attempt).max(error.retry_after().unwrap_or_default());
                self.attempt = self.attempt.saturating_add(1);
                Err(error)
            }
        }
    }
}

fn due(login: &Login, server_now_ms: u64) -> u64 {
    let life = login.expires_at.saturating_sub(server_now_ms);
    login.expires_at.saturating_sub(MARGIN_MS.min(life / 3))
}
