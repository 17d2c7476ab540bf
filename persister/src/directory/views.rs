//! A user's views of rooms: the directory's facts together with the archive's counts.

use std::collections::HashMap;

use deadpool_postgres::Object;
use protocol::code::Refusal;
use protocol::id::{RoomId, UserId};
use protocol::room::Room;
use protocol::rpc::directory::{GetRoom, ListOwnRooms, ListPublicRooms, PlacedRoom, RoomPage};

use super::{Directory, no_such_room, role, room_id, room_type, shard};
use crate::archive::{Overview, overview, own_overview};
use crate::pool::StoreError;

/// Rooms of one page.
const PAGE: u64 = 200;

/// What a view needs of a room: `$1` is the viewer. A direct room has the other's name.
const COLUMNS: &str = "SELECT r.id, r.type, r.home, r.shard, r.ver, r.topic, r.members, m.role, \
     CASE WHEN r.type = 'direct' THEN coalesce((SELECT u.name FROM members o JOIN users u ON u.id = o.user_id \
     WHERE o.room = r.id AND o.user_id <> $1 LIMIT 1), '') ELSE r.name END AS name \
     FROM rooms r LEFT JOIN own m ON m.room = r.id";

impl Directory {
    /// `not_found` when the room does not exist for the user.
    pub async fn room(&self, request: GetRoom) -> Result<PlacedRoom, StoreError> {
        self.placed(&request.user, &request.room).await
    }

    /// One room as the user sees it; `not_found` when it does not exist for him.
    pub(super) async fn placed(&self, user: &UserId, room: &RoomId) -> Result<PlacedRoom, StoreError> {
        let client = self.pools.writer().await?;
        let known = overview(&client, user, std::slice::from_ref(room)).await?;
        let page = views(&client, user, known).await?;
        Ok(page.into_iter().next().ok_or_else(no_such_room)?)
    }

    /// Newest activity first.
    pub async fn own_rooms(&self, request: ListOwnRooms) -> Result<RoomPage, StoreError> {
        let limit = request.limit.clamp(1, PAGE) as usize;
        let client = self.pools.writer().await?;
        let after = request.after.as_ref().map_or("", |room| room.as_str());
        let mut known = own_overview(&client, &request.user, after, limit + 1).await?;
        let more = known.len() > limit;
        known.truncate(limit);
        Ok(RoomPage { rooms: views(&client, &request.user, known).await?, more })
    }

    /// In the order of ids.
    pub async fn public_rooms(&self, request: ListPublicRooms) -> Result<RoomPage, StoreError> {
        let limit = request.limit.clamp(1, PAGE) as usize;
        let client = self.pools.writer().await?;
        let after = request.after.as_ref().map_or("", |room| room.as_str());
        let select = "SELECT id FROM rooms WHERE type = 'public' AND id > $1 ORDER BY id LIMIT $2";
        let select = client.prepare_cached(select).await?;
        let ids = client.query(&select, &[&after, &(limit as i64 + 1)]).await?;
        let more = ids.len() > limit;
        let rooms: Vec<RoomId> = ids.iter().take(limit).map(|row| room_id(row.get(0))).collect::<Result<_, Refusal>>()?;
        let known = overview(&client, &request.user, &rooms).await?;
        Ok(RoomPage { rooms: views(&client, &request.user, known).await?, more })
    }
}

/// Those of the rooms that exist for the user, in this order. Counts and `last` were read before: who was removed meanwhile is seen to be
/// gone, and is told nothing of what came after.
async fn views(client: &Object, user: &UserId, known: Vec<(RoomId, Overview)>) -> Result<Vec<PlacedRoom>, StoreError> {
    let ids: Vec<&str> = known.iter().map(|(room, _)| room.as_str()).collect();
    // His memberships are read once, and not again for each room.
    let own = "WITH own AS MATERIALIZED (SELECT room, role FROM members WHERE user_id = $1 AND room = ANY($2))";
    let select = format!("{own} {COLUMNS} WHERE r.id = ANY($2) ORDER BY array_position($2, r.id)");
    let select = client.prepare_cached(&select).await?;
    let rows = client.query(&select, &[&user.as_str(), &ids]).await?;
    let mut known: HashMap<RoomId, Overview> = known.into_iter().collect();
    let views = rows.iter().map(|row| {
        let (room, room_type, role) = (room_id(row.get("id"))?, room_type(row)?, role(row)?);
        if !protocol::room::may_read(room_type, role) {
            return Ok(None);
        }
        let seen = known.remove(&room).unwrap_or_default();
        let shown = Room {
            name: row.get("name"),
            room_type,
            topic: row.get("topic"),
            role,
            head: seen.head,
            read: seen.read,
            unread: seen.unread,
            mentions: seen.mentions,
            members: row.get::<_, i64>("members") as u64,
            last: seen.last,
            room,
        };
        Ok(Some(PlacedRoom { room: shown, shard: shard(row)?, ver: row.get::<_, i64>("ver") as u64 }))
    });
    Ok(views.filter_map(Result::transpose).collect::<Result<_, Refusal>>()?)
}
