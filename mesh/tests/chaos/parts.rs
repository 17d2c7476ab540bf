//! Two gateways and two persisters on a nats-server and a Postgres: each is killed several times, at last several at once.

use chatmesh_client::Api;
use fabric::NatsConfig;
use testkit::{Nats, Postgres, Service};

use crate::GATEWAY;
use crate::crowd::Crowd;
use crate::evidence::Evidence;

/// Acknowledged sends between two kills.
const MEANWHILE: u64 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn every_part_is_killed_under_load_and_nothing_is_lost() {
    let (nats, postgres) = tokio::join!(Nats::start(), Postgres::start());
    let database = postgres.database().await;
    let persisters = [(); 2].map(|()| Service::persister(&nats, &database, &[]));
    let gateways = [(); 2].map(|()| Service::gateway(&nats, &GATEWAY));
    for service in persisters.iter().chain(&gateways) {
        service.ready().await;
    }
    let apis = [0, 1].map(|number: usize| Api::new(&gateways[number].url()));
    let mut crowd = Crowd::gather(&apis).await;
    crowd.write();
    for round in 0..3 {
        crowd.progress(MEANWHILE).await;
        gateways[round % 2].kill();
        crowd.progress(MEANWHILE).await;
        gateways[round % 2].start_again().await;

        persisters[round % 2].kill();
        crowd.progress(MEANWHILE).await;

        nats.kill().await;
        nats.restart().await;
        crowd.progress(MEANWHILE).await;
        persisters[round % 2].start_again().await;

        if round == 1 {
            crowd.remove_eve().await;
        }
        // Nobody needs the archive to send.
        postgres.kill().await;
        crowd.progress(MEANWHILE).await;
        postgres.start_again().await;
    }
    crowd.progress(MEANWHILE).await;
    // All but one gateway at once, in the middle of everything.
    let killed = || persisters.iter().chain(&gateways[..1]);
    killed().for_each(Service::kill);
    tokio::join!(nats.kill(), postgres.kill());
    tokio::join!(nats.restart(), postgres.start_again());
    killed().for_each(Service::spawn);
    for service in persisters.iter().chain(&gateways) {
        service.ready().await;
    }
    crowd.progress(MEANWHILE).await;
    let nats_config = NatsConfig { url: nats.url(), ..NatsConfig::default() };
    let report = crowd.judge(&Evidence::open(&nats_config, &database).await).await;
    assert!(report.is_clean(), "{report}");
    assert!(report.acknowledged > 600 && report.received > 4 * report.acknowledged, "{report}");
    println!("{report}");
    for service in persisters.iter().chain(&gateways) {
        assert!(!service.stderr().contains("ERROR"), "{}", service.stderr());
        assert!(!service.stderr().contains("panicked"), "{}", service.stderr());
    }
}
