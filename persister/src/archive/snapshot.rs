//! One moment of the archive for one room: membership is checked in the snapshot in which the rows are read.

use deadpool_postgres::{Object, Transaction};
use protocol::code::Refusal;
use protocol::id::{RoomId, UserId};
use protocol::room::{Role, RoomType, may_read};
use tokio_postgres::IsolationLevel;

use crate::pool::StoreError;
use crate::store::{signed, unsigned};

/// A room as of one moment.
pub struct Snapshot<'a> {
    pub tx: Transaction<'a>,
    pub room: RoomId,
    /// All of the room's shard up to this `seq` is in the snapshot.
    pub position: u64,
}

impl<'a> Snapshot<'a> {
    /// Opens it; `not_found` when the room does not exist for the viewer. Without a viewer, for services, nothing is checked.
    pub async fn open(client: &'a mut Object, room: &RoomId, viewer: Option<&UserId>) -> Result<Self, StoreError> {
        const ACCESS: &str = "SELECT r.type, m.role, coalesce(p.position, 0) FROM rooms r
            LEFT JOIN members m ON m.room = r.id AND m.user_id = $2
            LEFT JOIN shard_position p ON p.home = r.home AND p.shard = r.shard
            WHERE r.id = $1";
        let begin = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
        let tx = begin.start().await?;
        let statement = tx.prepare_cached(ACCESS).await?;
        let found = tx.query_opt(&statement, &[&room.as_str(), &viewer.map_or("", |viewer| viewer.as_str())]).await?;
        let Some(found) = found else { return Err(no_such_room().into()) };
        let room_type = RoomType::parse(found.get(0));
        let role = found.get::<_, Option<&str>>(1).and_then(Role::parse);
        if viewer.is_some() && !room_type.is_some_and(|room_type| may_read(room_type, role)) {
            return Err(no_such_room().into());
        }
        let position = unsigned(found.get(2));
        Ok(Self { tx, room: room.clone(), position })
    }

    /// Which of the messages are deleted.
    pub async fn deleted(&self, seqs: &[u64]) -> Result<Vec<u64>, StoreError> {
        const DELETED: &str = "SELECT seq FROM entries WHERE room = $1 AND seq = ANY($2) AND deleted";
        if seqs.is_empty() {
            return Ok(Vec::new());
        }
        let seqs: Vec<i64> = seqs.iter().copied().map(signed).collect();
        let statement = self.tx.prepare_cached(DELETED).await?;
        let rows = self.tx.query(&statement, &[&self.room.as_str(), &seqs]).await?;
        Ok(rows.iter().map(|row| unsigned(row.get(0))).collect())
    }

    /// Ends it before its connection goes back, so that nobody else pays for it.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

fn no_such_room() -> Refusal {
    Refusal::not_found("no such room")
}
