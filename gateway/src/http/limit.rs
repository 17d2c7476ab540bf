//! Sign-ups, guests and log-ins of one source address a minute.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use protocol::code::{Code, Refusal};

use crate::core::bucket::Bucket;

/// Source addresses that are remembered.
const SOURCES: u64 = 100_000;

/// What is counted, each for itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// A new account or guest.
    Signup,
    Login,
}

pub struct Sources {
    per_minute: u32,
    buckets: Cache<(IpAddr, Attempt), Arc<Mutex<Bucket>>>,
}

impl Sources {
    /// `per_minute` 0: no limit.
    pub fn new(per_minute: u32) -> Self {
        let buckets = Cache::builder().max_capacity(SOURCES).time_to_idle(Duration::from_secs(120)).build();
        Self { per_minute, buckets }
    }

    /// Counts one attempt. Loopback is not limited: it is the operator, or a proxy that must limit for itself.
    pub fn check(&self, source: SocketAddr, attempt: Attempt, now_ms: u64) -> Result<(), Refusal> {
        let address = network(source.ip().to_canonical());
        if self.per_minute == 0 || address.is_loopback() {
            return Ok(());
        }
        let bucket = self.buckets.get_with((address, attempt), Arc::default);
        let taken = bucket.lock().unwrap_or_else(PoisonError::into_inner).take(self.per_minute, now_ms);
        taken.map_err(|wait| Refusal::new(Code::RateLimited, "too many attempts from your address; wait a little").after(wait))
    }
}

/// One household has a /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) if !address.is_loopback() => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().unwrap(), 1)
    }

    #[test]
    fn an_address_is_refused_above_its_rate_and_told_when_one_passes() {
        let sources = Sources::new(2);
        let check = |address, at| sources.check(peer(address), Attempt::Signup, at);
        assert!(check("192.0.2.1", 0).is_ok() && check("192.0.2.1", 0).is_ok());
        let wait_ms = check("192.0.2.1", 0).unwrap_err().retry_after_ms.unwrap();
        assert_eq!(wait_ms, 30_000);
        assert!(check("192.0.2.1", wait_ms).is_ok());
        assert!(check("192.0.2.2", 0).is_ok());
        assert!(sources.check(peer("192.0.2.1"), Attempt::Login, 0).is_ok());
    }

    #[test]
    fn a_64_is_one_source_and_the_loopback_is_free() {
        let sources = Sources::new(1);
        let check = |address| sources.check(peer(address), Attempt::Signup, 0);
        assert!(check("2001:db8::1").is_ok());
        assert!(check("2001:db8::2").is_err());
        assert!(check("2001:db8:0:1::1").is_ok());
        for _ in 0..10 {
            assert!(check("127.0.0.1").is_ok() && check("::1").is_ok() && check("::ffff:127.0.0.1").is_ok());
        }
    }
}
