//! What the hub pays for an event that nobody here wants, and for one that many want, beside a loop of `send` alone.
#![expect(clippy::expect_used, reason = "a benchmark that cannot begin ends here")]

use std::hint::black_box;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fabric::Record;
use gateway::hub::state::State;
use gateway::socket::Socket;
use protocol::decode::Encoding;
use protocol::id::RoomId;
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Runtime;

/// Listeners of the room that somebody wants.
const SOCKETS: usize = 200;
/// What a gateway remembers of a shard by default.
const RING_BYTES: usize = 2 << 20;

fn record(room: &RoomId, seq: u64) -> Arc<Record> {
    let envelope = serde_json::json!({
        "kind": "message",
        "id": "01930000-0000-7000-8000-000000000000",
        "from": { "id": "u-0123456789abcdefghij", "name": "Minji", "type": "user" },
        "body": { "text": "x".repeat(128) },
    });
    let payload = rmp_serde::to_vec_named(&envelope).expect("an envelope").into();
    Arc::new(Record { seq, prev: seq - 1, ts: 0, room: room.clone(), payload, traceparent: None, msg_id: None })
}

/// Pairs of connected sockets; what comes to the far ends is read and dropped.
fn sockets(runtime: &Runtime) -> Vec<TcpStream> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let near = (0..SOCKETS).map(|_| {
        let far = TcpStream::connect(address).expect("a connection");
        far.set_nonblocking(true).expect("non-blocking");
        runtime.spawn(async move {
            let mut far = tokio::net::TcpStream::from_std(far).expect("a stream");
            let mut buffer = vec![0; 4_096];
            while far.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
        });
        let near = listener.accept().expect("its other end").0;
        near.set_nodelay(true).expect("no delay");
        near
    });
    near.collect()
}

fn hub(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let room = RoomId::parse("r-0123456789abcdefghij").expect("an id");
    let mut group = criterion.benchmark_group("hub");
    group.bench_function("event that nobody wants", |bencher| {
        let mut state = State::new(RING_BYTES);
        let mut seq = 0;
        bencher.iter(|| {
            seq += 1;
            state.take(&[record(black_box(&room), seq)]).len()
        });
    });
    group.bench_function("making such an event, which the other holds too", |bencher| {
        bencher.iter(|| record(black_box(&room), 1));
    });
    group.throughput(Throughput::Elements(SOCKETS as u64));
    group.bench_function("event to 200 sockets", |bencher| {
        let _guard = runtime.enter();
        let mut state = State::new(RING_BYTES);
        let listeners = sockets(&runtime).into_iter().enumerate().map(|(number, near)| {
            near.set_nonblocking(true).expect("non-blocking");
            let near = tokio::net::TcpStream::from_std(near).expect("a stream");
            Arc::new(Socket::new(number as u64, Encoding::MessagePack, near))
        });
        state.rooms.entry(room.clone()).or_default().listeners = Arc::new(listeners.collect());
        let mut seq = 0;
        bencher.iter(|| {
            seq += 1;
            for delivery in state.take(&[record(&room, seq)]) {
                runtime.block_on(delivery.deliver());
            }
        });
    });
    group.bench_function("the same bytes to 200 sockets by a loop of send", |bencher| {
        let mut near = sockets(&runtime);
        let frame = [7; 300];
        bencher.iter(|| {
            for stream in &mut near {
                stream.write_all(&frame).expect("an open socket");
            }
        });
    });
    group.finish();
}

criterion_group!(benches, hub);
criterion_main!(benches);
