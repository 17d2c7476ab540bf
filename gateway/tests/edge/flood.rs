//! Issue "bad input": floods of hostile bytes and frames leave the memory flat, and nothing at error level in the log.

use rand::{Rng as _, RngCore as _, SeedableRng as _};
use serde_json::{Value, json};
use testkit::{Encoding, Message, Person, Service, Wire, fresh_id, hello, id_at, now_ms, send};

use crate::raw::Raw;
use crate::world::{BOTH, Edge, is_open, shared};

/// Resident memory of a process, in KiB.
fn resident_kib(gateway: &Service) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Hostile sockets, one after the other: each ends as the server decides.
async fn hostile(edge: &Edge, gateway: &Service, person: &Person, seed: u64) {
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    for round in 0..15 {
        let encoding = BOTH[round % 2];
        let mut wire = Wire::connect(gateway, encoding).await;
        if round % 4 != 0 {
            wire.say(&hello(&person.token, json!({"attach": "none"}))).await;
        }
        let mut bytes = vec![0; random.random_range(0..4_096)];
        random.fill_bytes(&mut bytes);
        match round % 5 {
            0 => wire.send(Message::binary(bytes)).await,
            1 => wire.send(Message::text(format!("{{\"t\":\"send\",\"x\":{}", "[".repeat(60_000)))).await,
            2 => wire.send(Message::binary(vec![0x91; 60_000])).await,
            3 => wire.say(&Value::Array(vec![json!({"t": "send", "ref": 1, "room": "a.>", "id": "x"}); 64])).await,
            _ => wire.send(Message::binary(vec![b'x'; 200_000])).await,
        }
        drop(wire);
        // A frame of 2^63 bytes, one that is never finished, and one that is not masked.
        let mut raw = Raw::connect(gateway, encoding).await;
        raw.bytes(&[&[0x82, 0xff, 0x7f][..], &[0xff; 11]].concat()).await;
        raw.closed().await;
        let mut raw = Raw::connect(gateway, encoding).await;
        raw.bytes(&[0x02, 0xfe, 0xff, 0xff, 1, 2, 3, 4, 0x91, 0x91]).await;
        drop(raw);
        let mut raw = Raw::connect(gateway, encoding).await;
        raw.bytes(&[0x81, 0x02, b'h', b'i']).await;
        assert_eq!(raw.closed().await.0, 1002);
    }
    is_open(&mut edge.quiet(Encoding::Json, person).await).await;
}

#[tokio::test]
async fn floods_leave_the_memory_flat_and_the_log_quiet() {
    let edge = shared().await;
    let gateway = Service::gateway(&edge.nats, &[]);
    gateway.ready().await;
    let person = edge.guest().await;
    let flood = async |rounds: u64| {
        let floods = (0..4).map(|seed| hostile(edge, &gateway, &person, 100 * rounds + seed));
        futures_util::future::join_all(floods).await;
    };
    // What the allocator and the runtime need once.
    flood(0).await;
    let before = resident_kib(&gateway);
    for rounds in 1..4 {
        flood(rounds).await;
    }
    let after = resident_kib(&gateway);
    assert!(after < before + 8_192, "{before} KiB before, {after} KiB after");
    let wrong = gateway.stderr().lines().find(|line| line.contains("ERROR") || line.contains("panicked")).map(str::to_owned);
    assert_eq!(wrong, None);
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_a_year_is_told_the_servers_time() {
    let edge = shared().await;
    let person = edge.account().await;
    let room = edge.room(&person.token, "public").await;
    const YEAR: u64 = 365 * 24 * 3_600_000;
    for encoding in BOTH {
        let mut wire = edge.quiet(encoding, &person).await;
        for time in [now_ms() - YEAR, now_ms() + YEAR, 0] {
            let refused = wire.refused(send(&room, &id_at(time), "when?"), "bad_request").await;
            let told = refused["message"].as_str().unwrap().split(|c: char| !c.is_ascii_digit()).find_map(|number| {
                let number = number.parse::<u64>().ok()?;
                (number > 1_000_000_000_000).then_some(number)
            });
            assert!(told.unwrap().abs_diff(now_ms()) < 10_000, "{refused}");
        }
        wire.ok(send(&room, &fresh_id(), "now")).await;
    }
    edge.wrote_no_error();
}
