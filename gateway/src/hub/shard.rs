//! Hearing one shard: every record once, in order, without a hole; membership changes reach the users who are here.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fabric::{Fabric, FabricError, Head, ReaderEvent, Record, ShardReader};
use protocol::close::Close;
use protocol::envelope::{Envelope, peek_kind};
use protocol::event::Kind;
use protocol::room::Role;
use protocol::rpc::archive::GetPositions;
use tokio::time::{Instant, timeout_at};

use super::pulse::{GATHER, Pulse};
use super::{Hub, ShardHub};
use crate::core::users::Users;
use crate::session::Signal;

/// Between attempts to hear a shard again; with jitter.
const RETRY: Duration = Duration::from_millis(500);
/// For the archive's position.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hears the shard for ever.
pub async fn hear(fabric: Fabric, hub: Arc<Hub>, shard: Arc<ShardHub>, users: Arc<Users>) {
    loop {
        let hub_of_shard = shard.clone();
        let urgent = move |record: &Record| hub_of_shard.is_urgent(record);
        match ShardReader::open(&fabric, shard.shard.clone(), urgent).await {
            Ok((reader, head)) => match given_before(&fabric, &shard).await {
                Some(given) if given <= head.last_seq => follow(&hub, &shard, &users, reader, head).await,
                // The log lost its tail: until the persister moves it above what was seen, nothing may be published there.
                Some(given) => {
                    tracing::warn!(shard = %shard.shard, head = head.last_seq, given, "log is behind what was seen or archived");
                }
                None => tracing::debug!(shard = %shard.shard, "archive does not tell its position yet"),
            },
            Err(error @ FabricError::StreamMissing { .. }) => {
                tracing::debug!(shard = %shard.shard, %error, "shard is not there yet")
            }
            Err(error) => tracing::warn!(shard = %shard.shard, %error, "shard cannot be heard, trying again"),
        }
        shard.healthy.store(false, Ordering::Release);
        tokio::time::sleep(RETRY.mul_f64(rand::random_range(0.5..1.5))).await;
    }
}

/// The highest number that is known to have been given to an event: seen here, or archived. A gateway that has seen nothing yet must
/// know what is archived; the others go on without the archive.
async fn given_before(fabric: &Fabric, shard: &ShardHub) -> Option<u64> {
    let told = fabric.request_within(&GetPositions { shards: vec![shard.shard.clone()] }, PATIENCE).await;
    if let Ok([position]) = told.as_deref() {
        shard.archived.fetch_max(*position, Ordering::AcqRel);
    }
    let given = shard.head().max(shard.archived());
    (told.is_ok() || given > 0).then_some(given)
}

async fn follow(hub: &Hub, shard: &ShardHub, users: &Users, mut reader: ShardReader, head: Head) {
    shard.created_ms.store(head.created_ms, Ordering::Release);
    let first = shard.head() == 0;
    let missed = !first && shard.head() != head.last_seq;
    {
        let mut state = shard.lock();
        state.restart(head.last_seq);
        if missed {
            state.dismiss();
        }
    }
    if missed {
        // What was said meanwhile is not in the ring: who listened must resume.
        users.send_away(Close::Restart);
    }
    shard.head.send_replace(head.last_seq);
    shard.healthy.store(true, Ordering::Release);
    let mut pulse = Pulse::new(Instant::now());
    // When the last delivery began.
    let mut began = Instant::now();
    let mut next = None;
    loop {
        let event = match next.take() {
            Some(event) => event,
            None => reader.next().await,
        };
        match event {
            ReaderEvent::Record(_) | ReaderEvent::Batch(_) => {
                let mut records = records(event);
                if pulse.is_hot(Instant::now()) {
                    next = gather(&mut reader, &mut records, began + GATHER).await;
                }
                began = Instant::now();
                let before = shard.lock().delivered;
                let heard = records.len() as u64;
                take(hub, shard, users, records).await;
                pulse.beat(Instant::now(), heard, shard.lock().delivered - before);
            }
            // Other rooms' purges may move the head without a record.
            ReaderEvent::Caught(head) => {
                shard.head.send_if_modified(|known| std::mem::replace(known, head.max(*known)) < head);
            }
            ReaderEvent::Broken { reason } => {
                tracing::warn!(shard = %shard.shard, reason, "shard has a hole that the log does not hold, sockets are sent to resume");
                shard.healthy.store(false, Ordering::Release);
                shard.lock().dismiss();
                users.send_away(Close::Restart);
                return;
            }
        }
    }
}

/// Those of an event; none, when it brings none.
fn records(event: ReaderEvent) -> Vec<Record> {
    match event {
        ReaderEvent::Record(record) => vec![record],
        ReaderEvent::Batch(records) => records,
        ReaderEvent::Caught(_) | ReaderEvent::Broken { .. } => Vec::new(),
    }
}

/// Adds what comes until then, and what is there already; gives the event that was none of them and ended it.
async fn gather(reader: &mut ShardReader, into: &mut Vec<Record>, until: Instant) -> Option<ReaderEvent> {
    while let Ok(event) = timeout_at(until, reader.next()).await {
        match event {
            ReaderEvent::Record(_) | ReaderEvent::Batch(_) => into.extend(records(event)),
            ReaderEvent::Caught(_) | ReaderEvent::Broken { .. } => return Some(event),
        }
    }
    None
}

async fn take(hub: &Hub, shard: &ShardHub, users: &Users, records: Vec<Record>) {
    let Some(last) = records.last().map(|record| record.seq) else { return };
    hub.heard.fetch_add(records.len() as u64, Ordering::Relaxed);
    let mut together = Vec::with_capacity(records.len());
    for record in records {
        let record = Arc::new(record);
        if !peek_kind(&record.payload).is_some_and(Kind::is_room_change) {
            together.push(record);
            continue;
        }
        // Who may hear what lies behind it is decided by it.
        deliver(shard, &std::mem::take(&mut together)).await;
        before_delivery(users, &record);
        deliver(shard, std::slice::from_ref(&record)).await;
        after_delivery(shard, users, &record);
    }
    deliver(shard, &together).await;
    shard.head.send_replace(last);
}

async fn deliver(shard: &ShardHub, records: &[Arc<Record>]) {
    let deliveries = shard.lock().take(records);
    for delivery in deliveries {
        if let Some(room) = delivery.deliver().await {
            shard.lock().sweep(&room);
        }
    }
}

/// A role or membership holds from its place in the log on.
fn before_delivery(users: &Users, record: &Record) {
    let Ok(envelope) = Envelope::decode(&record.payload) else { return };
    let Some(user) = users.held(envelope.concerned()) else { return };
    let Some(ver) = envelope.ver else { return };
    let role = match envelope.kind {
        Kind::Joined => {
            let named = envelope.body.as_ref().and_then(|body| body.text.as_deref());
            Some(named.and_then(Role::parse).unwrap_or(Role::Member))
        }
        Kind::Role => match envelope.body.as_ref().and_then(|body| body.text.as_deref()).and_then(Role::parse) {
            Some(role) => Some(role),
            None => return,
        },
        Kind::Left => None,
        Kind::Created | Kind::Message | Kind::Edited | Kind::Deleted | Kind::Reacted | Kind::Pinned => return,
        Kind::Renamed | Kind::Topic | Kind::Call => return,
    };
    user.change_role(&record.room, role, ver);
}

fn after_delivery(shard: &ShardHub, users: &Users, record: &Record) {
    let Ok(envelope) = Envelope::decode(&record.payload) else { return };
    let room = record.room.clone();
    match envelope.kind {
        Kind::Joined => users.signal(envelope.concerned(), &Signal::Joined { room, seq: record.seq }),
        Kind::Left => {
            let Some(user) = users.held(envelope.concerned()) else { return };
            // Somebody who joined again meanwhile stays: only the room's newest version counts.
            if user.role(&room).is_none() {
                shard.lock().expel(&room, envelope.concerned());
                user.signal(&Signal::Left { room });
            }
        }
        Kind::Role => users.signal(envelope.concerned(), &Signal::Changed { room }),
        Kind::Renamed | Kind::Topic => {
            let changed = Signal::Changed { room: room.clone() };
            let members = users.members(&room);
            let listeners = shard.lock().rooms.get(&room).map(|room| room.listeners.clone()).unwrap_or_default();
            let ids: HashSet<_> = members.iter().map(|user| &user.id).collect();
            for socket in listeners.iter().filter(|socket| socket.user().is_none_or(|user| !ids.contains(user))) {
                socket.mailbox.signal(changed.clone());
            }
            members.iter().for_each(|user| user.signal(&changed));
        }
        Kind::Created | Kind::Message | Kind::Edited | Kind::Deleted | Kind::Reacted | Kind::Pinned | Kind::Call => {}
    }
}
