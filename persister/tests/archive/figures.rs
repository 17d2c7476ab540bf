//! Rows a second while catching up, and how long a page of history takes. `ROWS=1000000 cargo test -p persister --release --test archive
//! figures -- --nocapture` measures; without `ROWS` it is a small run that looks at what came, not at how fast.

use std::time::{Duration, Instant};

use fabric::Publish;
use futures_util::StreamExt as _;
use persister::archive::{self, ArchiveConfig};
use protocol::envelope::Envelope;
use protocol::event::Kind;
use protocol::frame::Paging;
use protocol::id::RoomId;
use protocol::rpc::archive::{GetHistory, GetUnread};
use protocol::rpc::directory::ListOwnRooms;
use testkit::eventually_for;

use crate::world::{World, change, message, name};

const ROOMS: usize = 8;
const TEXT: &str = "The quick brown fox jumps over the lazy dog; a line of chat of ordinary length, more or less.";

/// Every 25th event changes an earlier message.
fn event(number: usize, last: u64) -> Envelope {
    let target = last.saturating_sub(200).max(1);
    match number % 100 {
        24 | 74 => Envelope { emoji: Some("+1".into()), ..change(Kind::Reacted, "ann", target) },
        49 => change(Kind::Edited, "ann", target),
        99 => change(Kind::Deleted, "ann", target),
        _ => message("ann", TEXT),
    }
}

async fn fill(world: &World, rooms: &[RoomId], rows: usize) -> u64 {
    let publish = |number: usize| async move {
        // Half of all goes to the first room.
        let room = &rooms[if number.is_multiple_of(2) { 0 } else { number / 2 % ROOMS }];
        let payload = event(number, number as u64).encode().into();
        let (shard, room, msg_id) = (world.shard.clone(), room.clone(), number.to_string());
        world.fabric.publish(Publish { shard, room, msg_id, payload, traceparent: None }).await.unwrap().seq
    };
    futures_util::stream::iter(0..rows).map(publish).buffer_unordered(512).fold(0, async |last, seq| last.max(seq)).await
}

/// Median, 99th percentile and maximum.
fn spread(mut times: Vec<Duration>) -> (Duration, Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() * 99 / 100], times[times.len() - 1])
}

#[tokio::test(flavor = "multi_thread")]
async fn figures() {
    let rows: usize = std::env::var("ROWS").map_or(20_000, |rows| rows.parse().unwrap());
    let world = World::large().await;
    for user in ["ann", "bo"] {
        world.user(user).await;
    }
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        rooms.push(world.room("public", &["bo"]).await);
    }
    world.log().await;
    let began = Instant::now();
    let last = fill(&world, &rooms, rows).await;
    println!("published {rows} events at {:.0} a second", rows as f64 / began.elapsed().as_secs_f64());

    let began = Instant::now();
    let context = chassis::Context::default();
    let running = archive::start(&context, &world.pools, &world.fabric, &ArchiveConfig::default()).await.unwrap();
    let caught_up = eventually_for(Duration::from_secs(300), "the archive catches up", async || {
        (world.position().await >= last).then_some(())
    });
    caught_up.await;
    let rate = rows as f64 / began.elapsed().as_secs_f64();
    println!("caught up at {rate:.0} rows a second, 4 % of them changes");
    assert_eq!(world.number("SELECT count(*) FROM events").await, rows as i64);

    let mut times = Vec::new();
    for number in 0..2_000_u64 {
        // Anywhere in the room; every other time the newest page.
        let before = (number % 2 == 1).then_some(100 + number * 7_919 % (rows as u64 - 100));
        let paging = Paging { before, ..Default::default() };
        let ask = GetHistory { room: rooms[0].clone(), viewer: name("bo"), paging, limit: 50, deleted: vec![] };
        let began = Instant::now();
        let page = world.fabric.request(&ask).await.unwrap();
        times.push(began.elapsed());
        assert!(page.entries.len() == 50 || !page.older, "a full page, or the room's beginning");
    }
    let (median, most, max) = spread(times);
    println!("history page of 50 from {rows} rows over NATS: p50 {median:?}, p99 {most:?}, max {max:?}");

    let mut times = Vec::new();
    for number in 0..200 {
        let ask = GetUnread { room: rooms[number % ROOMS].clone(), users: vec![name("bo")] };
        let began = Instant::now();
        assert_eq!(world.fabric.request(&ask).await.unwrap().counts[0].unread, 1_000);
        times.push(began.elapsed());
    }
    let (median, most, max) = spread(times);
    println!("unread of one member, 1,000 and more: p50 {median:?}, p99 {most:?}, max {max:?}");
    running.stop().await;
}

/// A user with 5,000 rooms does not take seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_five_thousand_rooms() {
    let world = World::new().await;
    world.user("ann").await;
    world.sql(
        "INSERT INTO rooms (id, type, name, home, shard) SELECT 'r' || n, 'public', 'r', 'local', 0 FROM generate_series(1, 5000) n;
         INSERT INTO members (room, user_id, role, joined_seq) SELECT 'r' || n, 'ann', 'member', 1 FROM generate_series(1, 5000) n;
         INSERT INTO room_state SELECT 'r' || n, n * 20 + 19, n * 20 + 19, n FROM generate_series(1, 5000) n;
         ANALYZE members; ANALYZE rooms; ANALYZE room_state",
    )
    .await;
    let payload = hex(&message("bo", TEXT).encode());
    world
        .sql(&format!(
            "INSERT INTO events (room, seq, ts, at, prev, id, kind, author, payload)
             SELECT 'r' || n, n * 20 + m, 1, 1, 0, '01890000-0000-7000-8000-000000000000', 1, 'bo', '\\x{payload}'
             FROM generate_series(1, 5000) n, generate_series(0, 19) m; ANALYZE events"
        ))
        .await;
    let lifecycle = chassis::Lifecycle::default();
    let outbox = persister::outbox::Outbox::start(&world.pools, &world.fabric, &lifecycle);
    let directory = persister::directory::Directory::new(world.pools.clone(), world.fabric.clone(), outbox);
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let page = directory.own_rooms(ListOwnRooms { user: name("ann"), after: None, limit: 100 }).await.unwrap();
        times.push(began.elapsed());
        assert_eq!((page.rooms.len(), page.more), (100, true));
        let first = &page.rooms[0].room;
        assert_eq!((first.room.as_str(), first.unread, first.last.as_ref().unwrap().seq), ("r5000", 20, 100_019));
    }
    let (median, most, _) = spread(times);
    println!("100 newest of 5,000 rooms: p50 {median:?}, p99 {most:?}");
    lifecycle.abort();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
