//! How long a gateway takes from its start until it is ready, beside services that run: `ready [TIMES]` prints one line of JSON.

#![expect(clippy::expect_used, reason = "a tool for developers")]

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Nats, Postgres, Service};

/// Between looks, and what the measurement is exact to.
const LOOK: Duration = Duration::from_millis(1);

#[tokio::main]
async fn main() {
    let times = std::env::args().nth(1).map_or(5, |times| times.parse().expect("how many times"));
    let nats = Nats::start().await;
    let database = Postgres::shared().await.database().await;
    let persister = Service::persister(&nats, &database, &[]);
    persister.ready().await;
    let mut took = Vec::new();
    for _ in 0..times {
        let begun = Instant::now();
        let gateway = Service::gateway(&nats, &[]);
        while testkit::get(gateway.ops(), "/readyz").await.is_none_or(|(status, _)| status != 200) {
            tokio::time::sleep(LOOK).await;
        }
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_unstable_by(f64::total_cmp);
    println!("{}", json!({"scenario": "ready", "figures": {"median_ms": took[took.len() / 2], "each_ms": took}}));
}
