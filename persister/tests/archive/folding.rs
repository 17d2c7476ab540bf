//! What is stored equals what a timeline makes of the same events, however they are batched.

use std::collections::BTreeMap;

use persister::position::Position;
use persister::store::{Content, Part, Row, store};
use protocol::entry::Entry;
use protocol::envelope::Envelope;
use protocol::event::{Body, Kind};
use protocol::fold::Timeline;
use protocol::id::RoomId;
use protocol::rpc::archive::GetEntries;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::world::{World, change, envelope, message, name};

const USERS: [&str; 5] = ["ann", "bo", "cy", "di", "ed"];

fn random(rng: &mut StdRng, seq: u64) -> Envelope {
    let from = USERS[rng.random_range(0..USERS.len())];
    // Also targets that are none: too high, no message, deleted.
    let target = rng.random_range(1..=seq + 1);
    let few = rng.random_range(1..=(seq / 2).clamp(1, 6));
    let mut event = match rng.random_range(0..100) {
        0..30 => {
            let reply = rng.random_bool(0.6).then_some(few);
            let body =
                Body { thread: reply, mentions: vec![name(USERS[rng.random_range(0..5)])], ..Body::text(format!("t{seq}")) };
            Envelope { body: Some(body), ..message(from, "") }
        }
        30..33 => envelope(Kind::Joined, from),
        33..45 => Envelope { body: Some(Body::text(format!("edit {seq}"))), ..change(Kind::Edited, from, target) },
        45..60 => change(Kind::Deleted, from, target),
        60..85 => Envelope { emoji: Some(format!("e{}", rng.random_range(0..4))), ..change(Kind::Reacted, from, few) },
        _ => change(Kind::Pinned, from, few),
    };
    event.remove = matches!(event.kind, Kind::Reacted | Kind::Pinned) && rng.random_bool(0.4);
    event
}

#[tokio::test]
async fn stored_state_equals_the_timelines() {
    let world = World::new().await;
    for user in USERS {
        world.user(user).await;
    }
    let mut client = world.pools.writer().await.unwrap();
    let mut at = persister::position::read(&client, &world.shard).await.unwrap();
    for seed in 0..25 {
        let mut rng = StdRng::seed_from_u64(seed);
        let room = world.room("public", &[]).await;
        let mut timeline = Timeline::default();
        let first = at.seq;
        let mut rows = Vec::new();
        for _ in 0..200 {
            let seq = at.seq + rows.len() as u64 + 1;
            let mut envelope = random(&mut rng, seq - first);
            shift(&mut envelope, first);
            timeline.apply(&envelope.clone().into_event(room.clone(), seq, 0, 1_000 + seq));
            rows.push(row(&room, seq, envelope));
            if rng.random_bool(0.08) {
                at = flush(&mut client, &world, at, &mut rows).await;
            }
        }
        at = flush(&mut client, &world, at, &mut rows).await;
        compare(&world, &room, &timeline, seed).await;
        mentions(&world, &room, &timeline).await;
    }
}

/// Numbers of the log instead of numbers of the room.
fn shift(envelope: &mut Envelope, first: u64) {
    if let Some(protocol::event::Target::Seq(seq)) = &mut envelope.target {
        *seq += first;
    }
    if let Some(root) = envelope.body.as_mut().and_then(|body| body.thread.as_mut()) {
        *root += first;
    }
}

fn row(room: &RoomId, seq: u64, envelope: Envelope) -> Row {
    let payload = envelope.encode().into();
    Row { room: room.clone(), seq, at: 1_000 + seq, payload, traceparent: None, content: Content::Envelope(Box::new(envelope)) }
}

async fn flush(client: &mut deadpool_postgres::Object, world: &World, at: Position, rows: &mut Vec<Row>) -> Position {
    let part = Part { shard: &world.shard, from: at, rows };
    let to = part.to();
    store(client, &[part]).await.unwrap();
    rows.clear();
    to
}

async fn compare(world: &World, room: &RoomId, timeline: &Timeline, seed: u64) {
    let seqs: Vec<u64> = timeline.entries.keys().copied().collect();
    let mut stored: BTreeMap<u64, Entry> = BTreeMap::new();
    for seqs in seqs.chunks(200) {
        let ask = GetEntries { room: room.clone(), viewer: name("ann"), seqs: seqs.to_vec(), deleted: Vec::new() };
        stored.extend(world.archive().entries(ask).await.unwrap().entries.into_iter().map(|entry| (entry.seq, entry)));
    }
    for (seq, expected) in &timeline.entries {
        assert_eq!(stored.get(seq), Some(expected), "seed {seed}, seq {seq}");
    }
    assert_eq!(stored.len(), timeline.entries.len());
}

async fn mentions(world: &World, room: &RoomId, timeline: &Timeline) {
    let client = world.pools.writer().await.unwrap();
    let rows = client.query("SELECT seq, user_id FROM mentions WHERE room = $1 ORDER BY 1, 2", &[&room.as_str()]).await.unwrap();
    let stored: Vec<(u64, String)> = rows.iter().map(|row| (row.get::<_, i64>(0) as u64, row.get(1))).collect();
    let mut expected = Vec::new();
    for entry in timeline.entries.values().filter(|entry| entry.kind == Kind::Message) {
        let mentioned = entry.body.iter().flat_map(|body| &body.mentions);
        expected.extend(mentioned.filter(|user| **user != entry.from.id).map(|user| (entry.seq, user.to_string())));
    }
    expected.sort();
    assert_eq!(stored, expected);
}
