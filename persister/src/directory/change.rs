//! Changing a room: its row is locked, the rules are checked, rows and outbox are written, the version rises; then the log takes it.

use deadpool_postgres::Transaction;
use protocol::code::Refusal;
use protocol::event::Author;
use protocol::id::{RoomId, UserId};
use protocol::room::{Role, RoomType};
use protocol::subject::Shard;

use super::{Directory, author, no_such_room, role, room_type, shard};
use crate::outbox::{Draft, write};
use crate::pool::StoreError;

/// A room whose row is locked by this transaction.
pub struct Locked<'t> {
    pub tx: Transaction<'t>,
    pub room: RoomId,
    pub room_type: RoomType,
    pub shard: Shard,
    pub name: String,
    pub topic: Option<String>,
    /// The actor, by the name of now.
    pub actor: Author,
    /// The actor's role.
    pub role: Option<Role>,
    ver: u64,
    members: i64,
    changed: bool,
}

impl Directory {
    /// Locks a room for a change by `actor`.
    pub(super) async fn lock<'t>(&self, tx: Transaction<'t>, room: &RoomId, actor: &UserId) -> Result<Locked<'t>, StoreError> {
        let select = "SELECT type, home, shard, name, topic, ver FROM rooms WHERE id = $1 FOR UPDATE";
        let select = tx.prepare_cached(select).await?;
        let row = tx.query_opt(&select, &[&room.as_str()]).await?.ok_or_else(no_such_room)?;
        let select = "SELECT u.id, u.name, u.guest, m.role FROM users u \
             LEFT JOIN members m ON m.room = $2 AND m.user_id = u.id WHERE u.id = $1";
        let select = tx.prepare_cached(select).await?;
        let who = tx.query_opt(&select, &[&actor.as_str(), &room.as_str()]).await?;
        let who = who.ok_or_else(|| Refusal::not_found("no such user"))?;
        Ok(Locked {
            room: room.clone(),
            room_type: room_type(&row)?,
            shard: shard(&row)?,
            name: row.get("name"),
            topic: row.get("topic"),
            actor: author(&who)?,
            role: role(&who)?,
            ver: row.get::<_, i64>("ver") as u64,
            members: 0,
            changed: false,
            tx,
        })
    }
}

impl Locked<'_> {
    /// Refuses those to whom the room does not exist.
    pub fn visible(&self) -> Result<(), Refusal> {
        if protocol::room::may_read(self.room_type, self.role) { Ok(()) } else { Err(no_such_room()) }
    }

    /// Refuses those below a role.
    pub fn need(&self, least: Role) -> Result<(), Refusal> {
        self.visible()?;
        if self.room_type == RoomType::Direct {
            return Err(Refusal::conflict("a direct room has two members and no settings"));
        }
        if self.role >= Some(least) { Ok(()) } else { Err(Refusal::forbidden("your role in this room does not allow it")) }
    }

    /// Writes a change under the next version.
    pub async fn say(&mut self, draft: Draft) -> Result<(), StoreError> {
        self.ver += 1;
        self.changed = true;
        write(&self.tx, &self.shard, &self.room, self.ver, draft).await
    }

    /// The role of another user.
    pub async fn role_of(&self, user: &UserId) -> Result<Option<Role>, StoreError> {
        let select = "SELECT role FROM members WHERE room = $1 AND user_id = $2";
        let row = self.tx.query_opt(select, &[&self.room.as_str(), &user.as_str()]).await?;
        Ok(row.as_ref().map(role).transpose()?.flatten())
    }

    /// A new member; the caller says so.
    pub async fn add(&mut self, user: &UserId, role: Role) -> Result<(), StoreError> {
        let insert = "INSERT INTO members (room, user_id, role) VALUES ($1, $2, $3)";
        self.tx.execute(insert, &[&self.room.as_str(), &user.as_str(), &role.as_str()]).await?;
        let forget = "DELETE FROM former_members WHERE room = $1 AND user_id = $2";
        self.tx.execute(forget, &[&self.room.as_str(), &user.as_str()]).await?;
        self.members += 1;
        Ok(())
    }

    /// A member less; the caller says so.
    pub async fn remove(&mut self, user: &UserId) -> Result<(), StoreError> {
        let delete = "DELETE FROM members WHERE room = $1 AND user_id = $2";
        self.members -= self.tx.execute(delete, &[&self.room.as_str(), &user.as_str()]).await? as i64;
        let remember = "INSERT INTO former_members (room, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.tx.execute(remember, &[&self.room.as_str(), &user.as_str()]).await?;
        Ok(())
    }

    /// Somebody else owns the room too.
    pub async fn has_other_owner(&self, user: &UserId) -> Result<bool, StoreError> {
        let select = "SELECT EXISTS (SELECT FROM members WHERE room = $1 AND role = 'owner' AND user_id <> $2)";
        Ok(self.tx.query_one(select, &[&self.room.as_str(), &user.as_str()]).await?.get(0))
    }

    /// Somebody else owns the room too, or nobody else is in it.
    pub async fn can_lose_owner(&self, user: &UserId) -> Result<bool, StoreError> {
        let select =
            "SELECT count(*) FILTER (WHERE role = 'owner') > 0 OR count(*) = 0 FROM members WHERE room = $1 AND user_id <> $2";
        Ok(self.tx.query_one(select, &[&self.room.as_str(), &user.as_str()]).await?.get(0))
    }

    /// Commits; gives the shard whose relay must run.
    pub async fn commit(self) -> Result<Shard, StoreError> {
        if self.changed {
            let update = "UPDATE rooms SET ver = $2, members = members + $3 WHERE id = $1";
            self.tx.execute(update, &[&self.room.as_str(), &(self.ver as i64), &self.members]).await?;
        }
        self.tx.commit().await?;
        Ok(self.shard)
    }
}
