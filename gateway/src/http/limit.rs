//! Sign-ups, guests and log-ins of one source address a minute.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use protocol::code::{Code, Refusal};

use super::problem::Problem;
use crate::core::bucket::Bucket;
use crate::core::now_ms;

/// Source addresses that are remembered.
const SOURCES: u64 = 100_000;

pub struct Sources {
    per_minute: u32,
    buckets: Cache<IpAddr, Arc<Mutex<Bucket>>>,
}

impl Sources {
    /// `per_minute` 0: no limit.
    pub fn new(per_minute: u32) -> Self {
        let buckets = Cache::builder().max_capacity(SOURCES).time_to_idle(Duration::from_secs(120)).build();
        Self { per_minute, buckets }
    }

    /// Counts one attempt. Loopback is not limited: it is the operator, or a proxy that must limit for itself.
    pub fn check(&self, source: SocketAddr) -> Result<(), Problem> {
        let address = network(source.ip().to_canonical());
        if self.per_minute == 0 || address.is_loopback() {
            return Ok(());
        }
        let bucket = self.buckets.get_with(address, Arc::default);
        let taken = bucket.lock().unwrap_or_else(PoisonError::into_inner).take(self.per_minute, now_ms());
        taken.map_err(|wait| {
            Refusal::new(Code::RateLimited, "too many attempts from your address; wait a little").after(wait).into()
        })
    }
}

/// One household has a /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) if !address.is_loopback() => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address => address,
    }
}
