//! Joining, leaving, adding, removing, roles.

use protocol::code::Refusal;
use protocol::event::Kind;
use protocol::id::{RoomId, UserId};
use protocol::limits::SMALL_ROOM;
use protocol::room::{Role, RoomType};
use protocol::rpc::Done;
use protocol::rpc::directory::{
    AddMember, JoinRoom, LeaveRoom, ListMembers, Member, MemberPage, PlacedRoom, RemoveMember, SetRole,
};

use super::{Directory, damaged, no_such_room, role};
use crate::outbox::Draft;
use crate::pool::StoreError;

/// Members of one page.
const PAGE: u64 = 1_000;

impl Directory {
    /// `not_found` for rooms that are not public; of a member the same, without an event.
    pub async fn join(&self, request: JoinRoom) -> Result<PlacedRoom, StoreError> {
        let mut client = self.pools.writer().await?;
        let mut locked = self.lock(client.transaction().await?, &request.room, &request.user).await?;
        locked.visible()?;
        if locked.role.is_none() {
            locked.add(&request.user, Role::Member).await?;
            let draft = Draft::new(Kind::Joined, &locked.actor);
            locked.say(draft).await?;
        }
        let shard = locked.commit().await?;
        drop(client);
        // Also when nothing changed: the first answer may have been lost before the log had it.
        self.outbox.carried(&shard).await?;
        self.placed(&request.user, &request.room).await
    }

    /// `conflict` in a direct room, and for the only owner of a room with others.
    pub async fn leave(&self, request: LeaveRoom) -> Result<Done, StoreError> {
        let mut client = self.pools.writer().await?;
        let mut locked = self.lock(client.transaction().await?, &request.room, &request.user).await?;
        match locked.role {
            None => {
                let select = "SELECT 1 FROM former_members WHERE room = $1 AND user_id = $2";
                let former = locked.tx.query_opt(select, &[&request.room.as_str(), &request.user.as_str()]).await?.is_some();
                if !former {
                    locked.visible()?;
                }
            }
            Some(_) if locked.room_type == RoomType::Direct => {
                return Err(Refusal::conflict("a direct room cannot be left").into());
            }
            Some(Role::Owner) if !locked.can_lose_owner(&request.user).await? => {
                return Err(Refusal::conflict("make somebody else owner first").into());
            }
            Some(_) => {
                locked.remove(&request.user).await?;
                let draft = Draft::new(Kind::Left, &locked.actor);
                locked.say(draft).await?;
            }
        }
        let shard = locked.commit().await?;
        drop(client);
        self.outbox.carried(&shard).await?;
        Ok(Done {})
    }

    /// By moderators; roles above member by owners alone.
    pub async fn add_member(&self, request: AddMember) -> Result<Member, StoreError> {
        let mut client = self.pools.writer().await?;
        let mut locked = self.lock(client.transaction().await?, &request.room, &request.actor).await?;
        locked.need(Role::Moderator)?;
        let wanted = request.role.unwrap_or(Role::Member);
        let above = || Refusal::forbidden("only an owner gives this role");
        match locked.role_of(&request.user).await? {
            Some(current) => {
                if request.role.is_some_and(|role| role != current) {
                    if locked.role < Some(Role::Owner) {
                        return Err(above().into());
                    }
                    set_role(&mut locked, &request.user, current, wanted).await?;
                }
            }
            None => {
                if wanted > Role::Member && locked.role < Some(Role::Owner) {
                    return Err(above().into());
                }
                let exists = locked.tx.query_opt("SELECT 1 FROM users WHERE id = $1", &[&request.user.as_str()]).await?;
                exists.ok_or_else(|| Refusal::not_found("no such user"))?;
                locked.add(&request.user, wanted).await?;
                let joined = Draft::new(Kind::Joined, &locked.actor).about(&request.user).role(wanted);
                locked.say(joined).await?;
                if wanted > Role::Member {
                    let draft = Draft::new(Kind::Role, &locked.actor).about(&request.user).text(wanted.as_str());
                    locked.say(draft).await?;
                }
            }
        }
        let shard = locked.commit().await?;
        drop(client);
        self.outbox.carried(&shard).await?;
        self.member(&request.room, &request.user).await
    }

    /// By owners; `conflict` when none would be left.
    pub async fn set_role(&self, request: SetRole) -> Result<Member, StoreError> {
        let mut client = self.pools.writer().await?;
        let mut locked = self.lock(client.transaction().await?, &request.room, &request.actor).await?;
        locked.need(Role::Owner)?;
        let current = locked.role_of(&request.user).await?;
        let current = current.ok_or_else(|| Refusal::not_found("no such member"))?;
        set_role(&mut locked, &request.user, current, request.role).await?;
        let shard = locked.commit().await?;
        drop(client);
        self.outbox.carried(&shard).await?;
        self.member(&request.room, &request.user).await
    }

    /// By moderators; owners and moderators by owners alone.
    pub async fn remove_member(&self, request: RemoveMember) -> Result<Done, StoreError> {
        if request.actor == request.user {
            return self.leave(LeaveRoom { user: request.user, room: request.room }).await;
        }
        let mut client = self.pools.writer().await?;
        let mut locked = self.lock(client.transaction().await?, &request.room, &request.actor).await?;
        locked.need(Role::Moderator)?;
        match locked.role_of(&request.user).await? {
            Some(role) if role > Role::Member && locked.role < Some(Role::Owner) => {
                return Err(Refusal::forbidden("only an owner removes owners and moderators").into());
            }
            Some(Role::Owner) if !locked.can_lose_owner(&request.user).await? => {
                return Err(Refusal::conflict("the room would have no owner").into());
            }
            Some(_) => {
                locked.remove(&request.user).await?;
                let draft = Draft::new(Kind::Left, &locked.actor).about(&request.user);
                locked.say(draft).await?;
            }
            None => {
                let select = "SELECT 1 FROM former_members WHERE room = $1 AND user_id = $2";
                let former = locked.tx.query_opt(select, &[&request.room.as_str(), &request.user.as_str()]).await?;
                former.ok_or_else(|| Refusal::not_found("no such member"))?;
            }
        }
        let shard = locked.commit().await?;
        drop(client);
        self.outbox.carried(&shard).await?;
        Ok(Done {})
    }

    /// In the order of ids, for those who may read the room.
    pub async fn members(&self, request: ListMembers) -> Result<MemberPage, StoreError> {
        let client = self.pools.writer().await?;
        let select = "SELECT r.type, r.members, m.role FROM rooms r LEFT JOIN members m ON m.room = r.id AND m.user_id = $2 WHERE r.id = $1";
        let row = client.query_opt(select, &[&request.room.as_str(), &request.user.as_str()]).await?;
        let row = row.ok_or_else(no_such_room)?;
        let viewer = role(&row)?;
        if !protocol::room::may_read(super::room_type(&row)?, viewer) {
            return Err(no_such_room().into());
        }
        let small = row.get::<_, i64>("members") as u64 <= SMALL_ROOM;
        let limit = request.limit.clamp(1, PAGE) as usize;
        let after = request.after.as_ref().map_or("", |user| user.as_str());
        let select = "SELECT u.id, u.name, m.role, greatest(CASE WHEN m.user_id = $4 THEN m.read_seq ELSE m.shown_seq END, m.joined_seq) AS read, u.seen_ts \
             FROM members m JOIN users u ON u.id = m.user_id WHERE m.room = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3";
        let rows = client.query(select, &[&request.room.as_str(), &after, &(limit as i64 + 1), &request.user.as_str()]).await?;
        let more = rows.len() > limit;
        let members = rows.iter().take(limit).map(|row| member(row, small, true)).collect::<Result<_, _>>()?;
        Ok(MemberPage { viewer, members, more })
    }

    async fn member(&self, room: &RoomId, user: &UserId) -> Result<Member, StoreError> {
        let client = self.pools.writer().await?;
        let select =
            "SELECT u.id, u.name, m.role FROM members m JOIN users u ON u.id = m.user_id WHERE m.room = $1 AND m.user_id = $2";
        let row = client.query_opt(select, &[&room.as_str(), &user.as_str()]).await?;
        Ok(member(&row.ok_or_else(|| Refusal::not_found("no such member"))?, false, false)?)
    }
}

fn member(row: &tokio_postgres::Row, read: bool, seen: bool) -> Result<Member, Refusal> {
    Ok(Member {
        id: UserId::parse(row.get("id")).map_err(|_| damaged())?,
        name: row.get("name"),
        role: role(row)?.ok_or_else(damaged)?,
        read: read.then(|| row.get::<_, i64>("read") as u64),
        state: None,
        text: None,
        seen: seen.then(|| row.get::<_, Option<i64>>("seen_ts")).flatten().map(|seen| seen as u64),
    })
}

async fn set_role(locked: &mut super::change::Locked<'_>, user: &UserId, current: Role, role: Role) -> Result<(), StoreError> {
    if current == role {
        return Ok(());
    }
    if current == Role::Owner && !locked.has_other_owner(user).await? {
        return Err(Refusal::conflict("make somebody else owner first").into());
    }
    let update = "UPDATE members SET role = $3 WHERE room = $1 AND user_id = $2";
    locked.tx.execute(update, &[&locked.room.as_str(), &user.as_str(), &role.as_str()]).await?;
    let draft = Draft::new(Kind::Role, &locked.actor).about(user).text(role.as_str());
    locked.say(draft).await
}
