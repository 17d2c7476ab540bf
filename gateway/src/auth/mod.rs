//! Access tokens: verified here with public keys from the fabric, and void once `REVOKED` says so.

mod keys;
mod revoked;

use std::sync::Arc;
use std::time::Duration;

use fabric::Fabric;
use protocol::rpc::account::{Claims, Revocation};
use tokio::sync::broadcast;

use keys::Keys;
use revoked::Revoked;

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("the token is not valid")]
    Bad,
    #[error("the token has expired")]
    Expired,
    #[error("the login has ended")]
    Revoked,
    #[error("the account is banned")]
    Banned,
    #[error("tokens cannot be verified now")]
    Unavailable,
}

/// Verifies tokens; cheap to clone.
#[derive(Clone)]
pub struct Auth {
    keys: Arc<Keys>,
    revoked: Arc<Revoked>,
}

impl Auth {
    /// Fetches keys and watches revocations in the background, for as long as a clone lives.
    pub async fn start(fabric: Fabric, access_ttl: Duration) -> anyhow::Result<Auth> {
        let auth = Auth { keys: Arc::new(Keys::new(fabric.clone())), revoked: Arc::new(Revoked::new(access_ttl)) };
        tokio::spawn(keys::fetch_first(Arc::downgrade(&auth.keys)));
        tokio::spawn(revoked::watch(fabric, access_ttl, Arc::downgrade(&auth.revoked)));
        Ok(auth)
    }

    /// Claims of a good token. `now_ms`: milliseconds since 1970 UTC.
    pub async fn verify(&self, token: &str, now_ms: u64) -> Result<Claims, AuthError> {
        if !self.revoked.is_caught_up() {
            return Err(AuthError::Unavailable);
        }
        let claims = self.keys.verify(token).await?;
        if claims.exp.saturating_mul(1_000) <= now_ms {
            return Err(AuthError::Expired);
        }
        match self.is_revoked(&claims) {
            None => Ok(claims),
            Some(revocation) if revocation.banned => Err(AuthError::Banned),
            Some(_) => Err(AuthError::Revoked),
        }
    }

    /// What voids the token, if anything does.
    pub fn is_revoked(&self, claims: &Claims) -> Option<Revocation> {
        self.revoked.find(claims)
    }

    /// Every new revocation: its key in the bucket, and what it says.
    pub fn revocations(&self) -> broadcast::Receiver<(String, Revocation)> {
        self.revoked.subscribe()
    }

    /// Why tokens cannot be verified yet.
    pub fn not_ready(&self) -> Option<String> {
        if self.keys.is_empty() {
            return Some("no public key yet".into());
        }
        (!self.revoked.is_caught_up()).then(|| "ended logins are not read yet".into())
    }
}
