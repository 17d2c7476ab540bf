//! A NATS that takes TLS alone: every connection goes through it, and a certificate that nobody vouches for is refused.

use testkit::{Encoding, Nats, SOON, Service, World};

use crate::world::alone;

#[tokio::test]
async fn every_connection_to_nats_is_encrypted_where_it_asks_for_tls() {
    let nats = Nats::with_tls().await;
    let certificate = nats.certificate().to_string_lossy().into_owned();
    let world = World::on(nats, &[("SSL_CERT_FILE", &certificate)], &[]).await;
    let (_, room, mut wire) = alone(&world, Encoding::MessagePack).await;
    // Through the log and back: stored by one connection, its time heard on another.
    let sent = wire.text(&room, "quietly").await;
    assert!(sent["seq"].as_u64().is_some() && sent["ts"].as_u64().is_some(), "{sent}");
    let connections = world.nats.connections().await;
    for name in ["gateway", "gateway-live", "gateway-publisher", "persister"] {
        assert!(connections.iter().any(|connection| connection.name == name), "{name} is not there");
    }
    let open: Vec<&str> = connections.iter().filter(|one| one.tls.is_none()).map(|one| one.name.as_str()).collect();
    assert!(open.is_empty(), "{open:?}");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_in_a_sentence_that_says_so() {
    let nats = Nats::with_tls().await;
    let gateway = Service::gateway(&nats, &[]);
    let ended = tokio::time::timeout(SOON, gateway.wait()).await.expect("it gives up");
    let said = gateway.stderr();
    assert!(ended == Some(1) && said.contains("invalid peer certificate") && !said.contains("panicked"), "{ended:?}: {said}");
}
