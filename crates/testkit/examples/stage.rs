//! A stage for measurements: NATS, Postgres, a persister, a presence service and gateways as processes, without limits of rate.
//! `stage [GATEWAYS]` prints one line of JSON with addresses and process ids, and ends with its standard input.

#![expect(clippy::expect_used, reason = "a tool for developers")]

use serde_json::json;
use testkit::{Nats, Postgres, Service};

#[tokio::main]
async fn main() {
    let count = std::env::args().nth(1).map_or(1, |count| count.parse().expect("a number of gateways"));
    let lifted = [("CHATMESH__LIMITS__PER_MINUTE", "0"), ("CHATMESH__LIMITS__SIGNUPS_PER_MINUTE", "0")];
    let nats = Nats::start().await;
    let database = Postgres::shared().await.database().await;
    let persister = Service::persister(&nats, &database, &[]);
    let presence = Service::presence(&nats);
    let gateways: Vec<Service> = (0..count).map(|_| Service::gateway(&nats, &lifted)).collect();
    for service in gateways.iter().chain([&persister, &presence]) {
        service.ready().await;
    }
    let seen = |service: &Service| json!({"url": service.url(), "ops": service.ops(), "pid": service.id()});
    let gateways: Vec<_> = gateways.iter().map(|gateway| (seen(gateway), gateway)).collect();
    let shown: Vec<_> = gateways.iter().map(|(shown, _)| shown).collect();
    println!("{}", json!({"gateways": shown, "persister": seen(&persister), "presence": seen(&presence), "database": database}));
    let _ended = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
}
