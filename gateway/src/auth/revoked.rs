//! Ended logins and bans, as the bucket `REVOKED` tells them; an entry is forgotten when every token that it could void has expired.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use fabric::{Fabric, Revocations, Revoked as Heard};
use futures_util::StreamExt as _;
use protocol::rpc::account::{Claims, Revocation};
use tokio::sync::broadcast;

/// Revocations that a reader of the broadcast may lag behind; then he cuts everybody.
const BACKLOG: usize = 1_024;
/// Between attempts to watch.
const RETRY: Duration = Duration::from_millis(500);
/// Added to a token's life before its revocation is forgotten.
const MARGIN: Duration = Duration::from_secs(120);

pub struct Revoked {
    keep: Duration,
    entries: Mutex<HashMap<String, (Revocation, Instant)>>,
    caught_up: AtomicBool,
    news: broadcast::Sender<(String, Revocation)>,
}

impl Revoked {
    pub fn new(access_ttl: Duration) -> Self {
        Self {
            keep: access_ttl + MARGIN,
            entries: Mutex::default(),
            caught_up: AtomicBool::new(false),
            news: broadcast::Sender::new(BACKLOG),
        }
    }

    pub fn is_caught_up(&self) -> bool {
        self.caught_up.load(Ordering::Acquire)
    }

    pub fn subscribe(&self) -> broadcast::Receiver<(String, Revocation)> {
        self.news.subscribe()
    }

    pub fn find(&self, claims: &Claims) -> Option<Revocation> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = [format!("login.{}", claims.login), format!("user.{}", claims.sub)];
        let voids =
            |revocation: &&Revocation| claims.iat_ms <= revocation.at && revocation.except.as_ref() != Some(&claims.login);
        keys.iter().filter_map(|key| entries.get(key)).map(|(revocation, _)| revocation).find(voids).cloned()
    }

    fn add(&self, key: String, revocation: Revocation) {
        let now = Instant::now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, (_, added)| now.duration_since(*added) < self.keep);
        entries.insert(key.clone(), (revocation.clone(), now));
        drop(entries);
        // Nobody listens before the gateway is up.
        let _listeners = self.news.send((key, revocation));
    }
}

/// Watches for as long as somebody asks.
pub async fn watch(fabric: Fabric, access_ttl: Duration, revoked: Weak<Revoked>) {
    while revoked.strong_count() > 0 {
        match Revocations::open(&fabric, access_ttl + MARGIN).await {
            Ok(revocations) => match revocations.watch().await {
                Ok(mut heard) => {
                    while let (Some(heard), Some(revoked)) = (heard.next().await, revoked.upgrade()) {
                        match heard {
                            Heard::Entry { key, revocation } => revoked.add(key, revocation),
                            Heard::CaughtUp => revoked.caught_up.store(true, Ordering::Release),
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "ended logins cannot be watched, trying again"),
            },
            Err(error) => tracing::warn!(%error, "ended logins cannot be read, trying again"),
        }
        tokio::time::sleep(RETRY.mul_f64(rand::random_range(0.5..1.5))).await;
    }
}
