//! A user's views of rooms: the directory's facts together with the archive's counts.

use protocol::code::Refusal;
use protocol::id::{RoomId, UserId};
use protocol::room::Room;
use protocol::rpc::directory::{GetRoom, ListOwnRooms, ListPublicRooms, PlacedRoom, RoomPage};

use super::{Directory, no_such_room, role, room_id, room_type, shard};
use crate::archive::overview;
use crate::pool::StoreError;

/// Rooms of one page.
const PAGE: u64 = 200;

/// What a view needs of a room: `$1` is the viewer. A direct room has the other's name.
const COLUMNS: &str = "SELECT r.id, r.type, r.home, r.shard, r.ver, r.topic, r.members, m.role, \
     CASE WHEN r.type = 'direct' THEN coalesce((SELECT u.name FROM members o JOIN users u ON u.id = o.user_id \
     WHERE o.room = r.id AND o.user_id <> $1 LIMIT 1), '') ELSE r.name END AS name \
     FROM rooms r LEFT JOIN members m ON m.room = r.id AND m.user_id = $1";

impl Directory {
    /// `not_found` when the room does not exist for the user.
    pub async fn room(&self, request: GetRoom) -> Result<PlacedRoom, StoreError> {
        self.placed(&request.user, &request.room).await
    }

    /// One room as the user sees it; `not_found` when it does not exist for him.
    pub(super) async fn placed(&self, user: &UserId, room: &RoomId) -> Result<PlacedRoom, StoreError> {
        let page = self.views(user, vec![room.clone()]).await?;
        Ok(page.into_iter().next().ok_or_else(no_such_room)?)
    }

    /// Newest activity first.
    pub async fn own_rooms(&self, request: ListOwnRooms) -> Result<RoomPage, StoreError> {
        let limit = request.limit.clamp(1, PAGE) as usize;
        let client = self.pools.writer().await?;
        let user = request.user.as_str();
        let after = request.after.as_ref().map_or("", |room| room.as_str());
        // Newest activity first; a room that the archive has not seen yet is new.
        let newest = "SELECT m.room, coalesce(s.active_ts, 9223372036854775807) AS active FROM members m \
             LEFT JOIN room_state s ON s.room = m.room WHERE m.user_id = $1";
        let select = format!(
            "WITH own AS ({newest}), start AS (SELECT active, room FROM own WHERE room = $2) \
             SELECT room FROM own WHERE $2 = '' OR (active, room) < (SELECT active, room FROM start) \
             ORDER BY active DESC, room DESC LIMIT $3"
        );
        let select = client.prepare_cached(&select).await?;
        let ids = client.query(&select, &[&user, &after, &(limit as i64 + 1)]).await?;
        let more = ids.len() > limit;
        drop(client);
        let rooms = ids.iter().take(limit).map(|row| room_id(row.get(0))).collect::<Result<_, Refusal>>()?;
        Ok(RoomPage { rooms: self.views(&request.user, rooms).await?, more })
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
        drop(client);
        let rooms = ids.iter().take(limit).map(|row| room_id(row.get(0))).collect::<Result<_, Refusal>>()?;
        Ok(RoomPage { rooms: self.views(&request.user, rooms).await?, more })
    }

    /// Those of the rooms that exist for the user, in this order.
    async fn views(&self, user: &UserId, rooms: Vec<RoomId>) -> Result<Vec<PlacedRoom>, StoreError> {
        let client = self.pools.writer().await?;
        // Counts and `last` first: who was removed meanwhile is seen to be gone, and is told nothing of what came after.
        let mut known = overview(&client, user, &rooms).await?;
        let ids: Vec<&str> = rooms.iter().map(|room| room.as_str()).collect();
        let select = format!("{COLUMNS} WHERE r.id = ANY($2) ORDER BY array_position($2, r.id)");
        let select = client.prepare_cached(&select).await?;
        let rows = client.query(&select, &[&user.as_str(), &ids]).await?;
        drop(client);
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
}
