//! Rule 23 and the close codes: a gateway that is told to stop sends its sockets away, and ends.

use serde_json::json;
use testkit::{Encoding, Service, Wire};
use tokio::time::{Duration, Instant};

use crate::raw::Raw;
use crate::world::{BOTH, shared};

#[tokio::test]
async fn sigterm_says_goaway_and_closes_with_1012_within_the_spread() {
    let edge = shared().await;
    let gateway = Service::gateway(&edge.nats, &[("CHATMESH__HTTP__DRAIN_SPREAD_MS", "1000")]);
    gateway.ready().await;
    let person = edge.guest().await;
    let mut wires = Vec::new();
    for encoding in BOTH {
        wires.push(Wire::open(&gateway, encoding, &person.token, json!({})).await.0);
        // Not even greeted.
        wires.push(Wire::connect(&gateway, encoding).await);
    }
    let mut leaving = Wire::open(&gateway, Encoding::Json, &person.token, json!({})).await.0;
    gateway.terminate();
    let begun = Instant::now();
    for wire in wires.iter_mut().chain([&mut leaving]) {
        let goaway = wire.find(|frame| frame["t"] == "goaway").await;
        assert_eq!((&goaway["spread_ms"], &goaway["reason"]), (&json!(1_000), &json!("restart")));
        assert!(goaway["retry_after_ms"].is_u64(), "{goaway}");
    }
    let mut late = Wire::connect(&gateway, Encoding::Json).await;
    assert_eq!(late.frame().await["t"], "goaway");
    assert_eq!(late.closed().await, 1012);
    leaving.ok(json!({"t": "rooms"})).await;
    for wire in &mut wires {
        assert_eq!(wire.closed().await, 1012);
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop((wires, leaving, late));
    assert_eq!(gateway.wait().await, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    Wire::open(&edge.gateway, Encoding::Json, &person.token, json!({})).await;
}

#[tokio::test]
async fn the_server_answers_a_close_and_ends_the_connection() {
    let edge = shared().await;
    let token = edge.guest().await.token;
    for code in [1_000_u16, 1_001, 3_000, 4_999] {
        let mut raw = Raw::open(&edge.gateway, &token, json!({})).await;
        raw.frame(0x88, &code.to_be_bytes()).await;
        assert_eq!(raw.closed().await.0, code);
        assert_eq!(raw.next().await, None);
    }
}
