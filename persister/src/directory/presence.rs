//! What presence keeps here: states that users chose, when they were seen, who was active where; and what its list shows of rooms.

use std::collections::HashMap;

use protocol::code::Refusal;
use protocol::id::{Name, RoomId, UserId};
use protocol::presence::RECENT_MIN;
use protocol::rpc::Done;
use protocol::rpc::directory::{GetActive, GetFacts, Mark, NoteActive, NoteSeen, RoomFacts, SetStatus};
use protocol::rpc::notice::{self, UserNotice};
use protocol::subject;

use super::{Directory, damaged, room_id};
use crate::archive::overview;
use crate::pool::StoreError;

/// Rooms and marks of one request.
const FACTS: usize = 200;
const MARKS: u64 = 5_000;

impl Directory {
    /// Stored first, then told to the user's gateways; who misses that reads it at the next `hello`.
    pub async fn set_status(&self, request: SetStatus) -> Result<Done, StoreError> {
        let SetStatus { user, status } = request;
        let client = self.pools.writer().await?;
        let update = "UPDATE users SET status = $2, status_text = $3 WHERE id = $1";
        let update = client.prepare_cached(update).await?;
        let changed = client.execute(&update, &[&user.as_str(), &status.state.as_str(), &status.text]).await?;
        drop(client);
        if changed == 0 {
            return Err(Refusal::not_found("no such user").into());
        }
        let notice = notice::encode(&UserNotice::Status { user: user.clone(), status });
        if let Err(error) = self.fabric.send_core(subject::user(&user), notice.into()).await {
            tracing::debug!(%error, "notice not sent");
        }
        Ok(Done {})
    }

    /// The newest time of each counts.
    pub async fn note_seen(&self, request: NoteSeen) -> Result<Done, StoreError> {
        let (users, times): (Vec<&str>, Vec<i64>) = request.users.iter().map(|(user, at)| (user.as_str(), *at as i64)).unzip();
        let client = self.pools.writer().await?;
        let update = "UPDATE users u SET seen_ts = s.at FROM (SELECT id, max(at) AS at FROM unnest($1::text[], $2::bigint[]) AS t(id, at) \
             GROUP BY id) s WHERE u.id = s.id AND coalesce(u.seen_ts, 0) < s.at";
        client.execute(update, &[&users, &times]).await?;
        Ok(Done {})
    }

    /// Keeps the newest minute of each (room, user); what is twice as old as counts is forgotten.
    pub async fn note_active(&self, request: NoteActive) -> Result<Done, StoreError> {
        let rooms: Vec<&str> = request.marks.iter().map(|mark| mark.room.as_str()).collect();
        let users: Vec<&str> = request.marks.iter().map(|mark| mark.user.as_str()).collect();
        let minutes: Vec<i64> = request.marks.iter().map(|mark| mark.minute as i64).collect();
        let client = self.pools.writer().await?;
        // In one order, so that two who write at once do not wait for each other in a circle.
        let upsert = "INSERT INTO room_activity (room, user_id, minute) \
             SELECT room, user_id, max(minute) FROM unnest($1::text[], $2::text[], $3::bigint[]) AS t(room, user_id, minute) \
             GROUP BY room, user_id ORDER BY room, user_id \
             ON CONFLICT (room, user_id) DO UPDATE SET minute = excluded.minute WHERE room_activity.minute < excluded.minute";
        client.execute(upsert, &[&rooms, &users, &minutes]).await?;
        if let Some(newest) = minutes.iter().max() {
            let old = "DELETE FROM room_activity WHERE minute < $1";
            client.execute(old, &[&(newest - 2 * RECENT_MIN as i64)]).await?;
        }
        Ok(Done {})
    }

    /// Marks in the order of (room, user).
    pub async fn active(&self, request: GetActive) -> Result<Vec<Mark>, StoreError> {
        let (room, user) = request.after.as_ref().map_or(("", ""), |(room, user)| (room.as_str(), user.as_str()));
        let limit = request.limit.clamp(1, MARKS) as i64;
        let client = self.pools.writer().await?;
        let select = "SELECT room, user_id, minute FROM room_activity WHERE minute >= $1 AND (room, user_id) > ($2, $3) \
             ORDER BY room, user_id LIMIT $4";
        let rows = client.query(select, &[&(request.since as i64), &room, &user, &limit]).await?;
        let mark = |row: &tokio_postgres::Row| {
            let user = UserId::parse(row.get(1)).map_err(|_| damaged())?;
            Ok(Mark { room: room_id(row.get(0))?, user, minute: row.get::<_, i64>(2) as u64 })
        };
        Ok(rows.iter().map(mark).collect::<Result<_, Refusal>>()?)
    }

    /// Name and last entry of public rooms.
    pub async fn facts(&self, mut request: GetFacts) -> Result<Vec<RoomFacts>, StoreError> {
        request.rooms.truncate(FACTS);
        let client = self.pools.reader().await?;
        // Nobody in particular looks: no member has this id.
        let nobody = Name::fresh();
        let mut known: HashMap<_, _> = overview(&client, &nobody, &request.rooms).await?.into_iter().collect();
        let ids: Vec<&str> = request.rooms.iter().map(RoomId::as_str).collect();
        let select = client.prepare_cached("SELECT id, name FROM rooms WHERE id = ANY($1) AND type = 'public'").await?;
        let rows = client.query(&select, &[&ids]).await?;
        let facts = |row: &tokio_postgres::Row| {
            let room = room_id(row.get(0))?;
            let last = known.remove(&room).and_then(|overview| overview.last);
            Ok(RoomFacts { room, name: row.get(1), last })
        };
        Ok(rows.iter().map(facts).collect::<Result<_, Refusal>>()?)
    }
}
