//! What one frame costs on its way in and out, without the system calls around it.
#![expect(clippy::expect_used, reason = "a benchmark that cannot begin ends here")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gateway::socket::codec::{Decoder, framed};
use protocol::decode::Encoding;
use protocol::envelope::{Envelope, peek_kind};
use protocol::frame::{ServerFrame, WireLimits, frames};
use serde_json::json;

const LIMITS: WireLimits = WireLimits { text_bytes: 16_384 };

fn envelope() -> Envelope {
    serde_json::from_value(json!({
        "kind": "message",
        "id": "01930000-0000-7000-8000-000000000000",
        "from": { "id": "u-0123456789abcdefghij", "name": "Minji", "type": "user" },
        "body": { "text": "x".repeat(128) },
    }))
    .expect("an envelope")
}

/// A client's frame as it comes from the wire: masked.
fn masked(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82, 0xfe];
    frame.extend((payload.len() as u16).to_be_bytes());
    frame.extend([1, 2, 3, 4]);
    frame.extend(payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

fn codec(criterion: &mut Criterion) {
    let send = json!({
        "t": "send", "ref": 1, "room": "r-0123456789abcdefghij", "id": "01930000-0000-7000-8000-000000000000",
        "body": { "text": "x".repeat(128) },
    });
    let packed = rmp_serde::to_vec_named(&send).expect("a frame");
    let wire = masked(&packed);
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Bytes(wire.len() as u64));
    group.bench_function("bytes of a send to its payload", |bencher| {
        let mut decoder = Decoder::new(65_536);
        bencher.iter(|| {
            decoder.push(black_box(&wire));
            decoder.message().expect("a whole frame")
        });
    });
    group.bench_function("payload of a send to its frame", |bencher| {
        bencher.iter(|| frames(&Encoding::MessagePack.decode(black_box(&packed)).expect("a value"), LIMITS));
    });
    let envelope = envelope();
    let payload = envelope.encode();
    group.bench_function("kind of a record, without decoding it", |bencher| bencher.iter(|| peek_kind(black_box(&payload))));
    group.bench_function("record to its event", |bencher| {
        bencher.iter(|| Envelope::decode(black_box(&payload)).expect("an envelope"));
    });
    let room = protocol::id::RoomId::parse("r-0123456789abcdefghij").expect("an id");
    let event = ServerFrame::Event(Box::new(envelope.into_event(room, 7, 6, 1_800_000_000_000)));
    for encoding in Encoding::ALL {
        group.bench_function(format!("event to its frame, {encoding:?}"), |bencher| {
            bencher.iter(|| framed(encoding, black_box(&event)));
        });
    }
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
