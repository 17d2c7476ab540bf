//! What the archive's writer pays for a batch before Postgres sees it.
#![expect(clippy::expect_used, reason = "a benchmark that cannot begin ends here")]

use std::collections::HashMap;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use fabric::Record;
use persister::position::Position;
use persister::store::{Part, Row, encode};
use protocol::id::{Name, RoomId};
use protocol::subject::Shard;

const ROWS: u64 = 1_000;

fn record(seq: u64) -> Record {
    let envelope = serde_json::json!({
        "kind": "message",
        "id": format!("01930000-0000-7000-8000-{seq:012}"),
        "from": { "id": "u-0123456789abcdefghij", "name": "Minji", "type": "user" },
        "body": { "text": "x".repeat(128) },
    });
    let room = RoomId::parse(&format!("r-{:020}", seq % 50)).expect("an id");
    let payload = rmp_serde::to_vec_named(&envelope).expect("an envelope").into();
    Record { seq, prev: seq.saturating_sub(50), ts: 1_800_000_000_000 + seq, room, payload, traceparent: None, msg_id: None }
}

fn batch(criterion: &mut Criterion) {
    let records: Vec<Record> = (1..=ROWS).map(record).collect();
    let rows: Vec<Row> = records.iter().cloned().map(Row::decode).collect();
    let shard = Shard { home: Name::parse("local").expect("a region"), number: 0 };
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("records to rows", |bencher| {
        let decode = |records: Vec<Record>| records.into_iter().map(Row::decode).collect::<Vec<_>>();
        bencher.iter_batched(|| records.clone(), decode, BatchSize::LargeInput);
    });
    group.bench_function("rows to a binary COPY", |bencher| {
        let part = Part { shard: &shard, from: Position::default(), rows: &rows };
        bencher.iter(|| encode(black_box(&[part]), &mut HashMap::new()));
    });
    group.finish();
}

criterion_group!(benches, batch);
criterion_main!(benches);
