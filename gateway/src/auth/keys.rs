//! Public keys by their id, fetched from `directory.keys`; an unknown id waits for the next fetch, of which there is at most one a second.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, Weak};
use std::time::Duration;

use fabric::Fabric;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use moka::sync::Cache;
use protocol::rpc::account::{self, Claims};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::AuthError;

/// Between fetches; an attacker can name any key.
const REFETCH: Duration = Duration::from_secs(1);
/// Longest token that is looked at, in bytes.
const TOKEN_BYTES: usize = 4_096;
/// Tokens that are not checked again, and for how long. Whether they have expired or were revoked is looked at each time.
const CHECKED: u64 = 20_000;
const CHECKED_FOR: Duration = Duration::from_secs(60);

pub struct Keys {
    fabric: Fabric,
    by_id: RwLock<HashMap<String, DecodingKey>>,
    /// Claims of tokens whose signature was good a moment ago, by the token's digest: every request of a client brings the same.
    checked: Cache<[u8; 32], Claims>,
    last: Mutex<Option<Fetch>>,
}

/// When the directory was asked last, and whether it answered.
#[derive(Clone, Copy)]
struct Fetch {
    at: Instant,
    answered: bool,
}

impl Keys {
    pub fn new(fabric: Fabric) -> Self {
        let checked = Cache::builder().max_capacity(CHECKED).time_to_live(CHECKED_FOR).build();
        Self { fabric, by_id: RwLock::default(), checked, last: Mutex::new(None) }
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Checks signature and form; the times are the caller's to judge.
    pub async fn verify(&self, token: &str) -> Result<Claims, AuthError> {
        if token.len() > TOKEN_BYTES {
            return Err(AuthError::Bad);
        }
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(claims) = self.checked.get(&digest) {
            return Ok(claims);
        }
        let header = decode_header(token).map_err(|_| AuthError::Bad)?;
        let kid = header.kid.ok_or(AuthError::Bad)?;
        if header.alg != Algorithm::EdDSA {
            return Err(AuthError::Bad);
        }
        let key = match self.key(&kid) {
            Some(key) => key,
            None => {
                let answered = self.fetch().await;
                self.key(&kid).ok_or(if answered { AuthError::Bad } else { AuthError::Unavailable })?
            }
        };
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The clock is the caller's.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "sub"]);
        let decoded = decode::<Claims>(token, &key, &validation).map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => AuthError::Expired,
            _ => AuthError::Bad,
        })?;
        self.checked.insert(digest, decoded.claims.clone());
        Ok(decoded.claims)
    }

    fn key(&self, kid: &str) -> Option<DecodingKey> {
        self.by_id.read().unwrap_or_else(PoisonError::into_inner).get(kid).cloned()
    }

    /// Waits for an answer of the directory that is newer than the call; says whether there was one. All who wait share it.
    async fn fetch(&self) -> bool {
        let called = Instant::now();
        let mut last = self.last.lock().await;
        if let Some(fetch) = *last {
            if fetch.at > called {
                return fetch.answered;
            }
            tokio::time::sleep_until(fetch.at + REFETCH).await;
        }
        let at = Instant::now();
        let answer = self.fabric.request(&account::Keys {}).await;
        let answered = answer.is_ok();
        match answer {
            Ok(keys) => {
                let keys = keys.into_iter().map(|key| (key.kid, DecodingKey::from_ed_der(&key.key))).collect();
                *self.by_id.write().unwrap_or_else(PoisonError::into_inner) = keys;
                // A key may be gone.
                self.checked.invalidate_all();
            }
            Err(refusal) => tracing::debug!(%refusal, "public keys cannot be fetched"),
        }
        *last = Some(Fetch { at, answered });
        answered
    }
}

/// Asks until there is a key.
pub async fn fetch_first(keys: Weak<Keys>) {
    while let Some(keys) = keys.upgrade() {
        keys.fetch().await;
        if !keys.is_empty() {
            return;
        }
        drop(keys);
        tokio::time::sleep(Duration::from_millis(rand::random_range(100..300))).await;
    }
}
