//! News of rooms that are not attached: at most one `activity` a second for each room, with counts from the archive.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fabric::Fabric;
use futures_util::StreamExt as _;
use protocol::frame::ServerFrame;
use protocol::id::{RoomId, UserId};
use protocol::rpc::archive::{GetPositions, GetUnread, Wait};

use super::{Hub, ShardHub};
use crate::socket::Socket;
use crate::socket::codec::framed;

const INTERVAL: Duration = Duration::from_secs(1);
/// Above this many watchers the counts are left out.
const COUNTED: usize = 1_000;
/// Rooms asked about at once.
const CONCURRENT: usize = 8;
/// How long the archive may lag behind the news before they are told without it.
const LAG_MS: u64 = 1_000;

/// Keeps [`ShardHub::archived`] up to date.
pub async fn watch_positions(fabric: Fabric, hub: Arc<Hub>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        ticks.tick().await;
        let shards: Vec<_> = hub.shards().cloned().collect();
        let request = GetPositions { shards: shards.iter().map(|shard| shard.shard.clone()).collect() };
        // Away or behind: what was known stays true.
        for (shard, position) in shards.iter().zip(fabric.request(&request).await.unwrap_or_default()) {
            shard.archived.fetch_max(position, Ordering::AcqRel);
        }
    }
}

/// Tells watchers once a second.
pub async fn serve(fabric: Fabric, hub: Arc<Hub>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let news: Vec<(Arc<ShardHub>, RoomId)> =
            hub.shards().flat_map(|shard| shard.take_news().into_iter().map(|room| (shard.clone(), room))).collect();
        futures_util::stream::iter(news).for_each_concurrent(CONCURRENT, |(shard, room)| tell(&fabric, shard, room)).await;
    }
}

impl ShardHub {
    fn take_news(&self) -> Vec<RoomId> {
        self.lock().news.drain().collect()
    }

    fn watchers(&self, room: &RoomId) -> (u64, Vec<Arc<Socket>>) {
        let mut state = self.lock();
        state.sweep(room);
        let room = state.rooms.get(room);
        (room.and_then(|room| room.head).unwrap_or(0), room.map(|room| room.watchers.clone()).unwrap_or_default())
    }
}

async fn tell(fabric: &Fabric, shard: Arc<ShardHub>, room: RoomId) {
    let (head, watchers) = shard.watchers(&room);
    let mut by_user: HashMap<UserId, Vec<Arc<Socket>>> = HashMap::new();
    for socket in watchers {
        if let Some(user) = socket.user() {
            by_user.entry(user.clone()).or_default().push(socket);
        }
    }
    let counted = by_user.len() <= COUNTED;
    // Whether the archive got there or not, it is asked; it tells the head of its counts.
    drop(fabric.request(&Wait { shard: shard.shard.clone(), seq: head, wait_ms: LAG_MS }).await);
    let users = if counted { by_user.keys().cloned().collect() } else { Vec::new() };
    let unread = fabric.request(&GetUnread { room: room.clone(), users }).await;
    // Those who left meanwhile hear nothing of what came after.
    if let Ok(unread) = &unread
        && shard.heard(unread.head).await.is_err()
    {
        return;
    }
    let (_, staying) = shard.watchers(&room);
    let frame = |user: &UserId| match &unread {
        Ok(unread) => {
            let count = unread.counts.iter().find(|count| count.user == *user);
            ServerFrame::Activity {
                room: room.clone(),
                head: unread.head,
                unread: count.map(|count| count.unread),
                mentions: count.map(|count| count.mentions),
                last: unread.last.clone().map(Box::new),
            }
        }
        Err(_) => ServerFrame::Activity { room: room.clone(), head, unread: None, mentions: None, last: None },
    };
    for (user, sockets) in &by_user {
        let frame = frame(user);
        for socket in sockets.iter().filter(|socket| staying.iter().any(|other| other.id == socket.id)) {
            socket.mailbox.push_live(&framed(socket.encoding, &frame));
        }
    }
}
