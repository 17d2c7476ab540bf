//! What gateways ask about members: where a user is one, and where he stands in one room; and read marks.

use protocol::code::Refusal;
use protocol::presence::{State, Status};
use protocol::room::{SiteRole, User};
use protocol::rpc::directory::{GetMemberships, GetStanding, MarkRead, Membership, Memberships, ReadMark, RoomInfo, Standing};
use tokio_postgres::Row;

use super::{Directory, damaged, no_such_room, role, room_id, room_type, shard};
use crate::pool::StoreError;

/// Memberships of one answer at most; NATS takes 1 MiB.
const PAGE: u64 = 5_000;

impl Directory {
    /// A user and his memberships, as of now.
    pub async fn memberships(&self, request: GetMemberships) -> Result<Memberships, StoreError> {
        let client = self.pools.writer().await?;
        let limit = request.limit.clamp(1, PAGE) as usize;
        let after = request.after.as_ref().map_or("", |room| room.as_str());
        // One read: a gateway asks this for every user who connects.
        let select = "SELECT u.name, u.role AS site_role, u.guest, u.status, u.status_text, \
             r.id, r.type, r.home, r.shard, r.ver, r.members, r.role FROM users u LEFT JOIN LATERAL ( \
             SELECT r.id, r.type, r.home, r.shard, r.ver, r.members, m.role FROM members m JOIN rooms r ON r.id = m.room \
             WHERE m.user_id = u.id AND m.room > $2 ORDER BY m.room LIMIT $3) r ON true WHERE u.id = $1 ORDER BY r.id";
        let select = client.prepare_cached(select).await?;
        let rows = client.query(&select, &[&request.user.as_str(), &after, &(limit as i64 + 1)]).await?;
        let row = rows.first().ok_or_else(|| Refusal::not_found("no such user"))?;
        let role = SiteRole::parse(row.get("site_role")).ok_or_else(damaged)?;
        let user = User { id: request.user, name: row.get("name"), role, guest: row.get("guest") };
        let state = State::parse(row.get("status")).ok_or_else(damaged)?;
        let status = Status { state, text: row.get("status_text") };
        let more = rows.len() > limit;
        // Who is nowhere a member has one row without a room.
        let rooms = rows.iter().take(limit).filter(|row| row.get::<_, Option<&str>>("id").is_some());
        let rooms = rooms.map(membership).collect::<Result<_, _>>()?;
        Ok(Memberships { user, status, rooms, more })
    }

    /// A room and a user's role in it, as of now.
    pub async fn standing(&self, request: GetStanding) -> Result<Standing, StoreError> {
        let client = self.pools.writer().await?;
        let select = "SELECT r.id, r.type, r.home, r.shard, r.ver, r.members, m.role FROM rooms r \
             LEFT JOIN members m ON m.room = r.id AND m.user_id = $2 WHERE r.id = $1";
        let select = client.prepare_cached(select).await?;
        let row = client.query_opt(&select, &[&request.room.as_str(), &request.user.as_str()]).await?;
        let row = row.ok_or_else(no_such_room)?;
        let info = RoomInfo {
            room: room_id(row.get("id"))?,
            room_type: room_type(&row)?,
            shard: shard(&row)?,
            ver: row.get::<_, i64>("ver") as u64,
            members: row.get::<_, i64>("members") as u64,
        };
        Ok(Standing { info, role: role(&row)? })
    }

    /// Monotonic; the caller has bounded `seq` by the room's head.
    pub async fn mark_read(&self, request: MarkRead) -> Result<ReadMark, StoreError> {
        let client = self.pools.writer().await?;
        let seq = request.seq.min(request.head) as i64;
        let update = "WITH moved AS (UPDATE members SET read_seq = $3, shown_seq = CASE WHEN $4 THEN shown_seq ELSE $3 END \
                 WHERE room = $1 AND user_id = $2 AND greatest(read_seq, joined_seq) < $3 RETURNING read_seq) \
             SELECT coalesce((SELECT read_seq FROM moved), greatest(m.read_seq, m.joined_seq)), EXISTS (SELECT FROM moved), r.members \
             FROM members m JOIN rooms r ON r.id = m.room WHERE m.room = $1 AND m.user_id = $2";
        let update = client.prepare_cached(update).await?;
        let row = client.query_opt(&update, &[&request.room.as_str(), &request.user.as_str(), &seq, &request.unseen]).await?;
        let row = row.ok_or_else(no_such_room)?;
        Ok(ReadMark { seq: row.get::<_, i64>(0) as u64, moved: row.get(1), members: row.get::<_, i64>(2) as u64 })
    }
}

fn membership(row: &Row) -> Result<Membership, Refusal> {
    Ok(Membership {
        room: room_id(row.get("id"))?,
        room_type: room_type(row)?,
        shard: shard(row)?,
        role: role(row)?.ok_or_else(damaged)?,
        ver: row.get::<_, i64>("ver") as u64,
        members: row.get::<_, i64>("members") as u64,
    })
}
