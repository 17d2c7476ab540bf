//! Rooms and members: who may, and the changes that go to the log through the outbox.

mod change;
mod members;
mod memberships;
mod presence;
mod rooms;
mod views;

use fabric::Fabric;
use protocol::code::{Code, Refusal};
use protocol::event::{Author, AuthorType};
use protocol::id::{Name, RoomId, UserId};
use protocol::room::{Role, RoomType};
use protocol::subject::Shard;
use tokio_postgres::Row;

use crate::outbox::Outbox;
use crate::pool::Pools;

/// Answers everything about rooms; cheap to clone.
#[derive(Clone)]
pub struct Directory {
    pools: Pools,
    fabric: Fabric,
    outbox: Outbox,
}

impl Directory {
    pub fn new(pools: Pools, fabric: Fabric, outbox: Outbox) -> Self {
        Self { pools, fabric, outbox }
    }
}

fn no_such_room() -> Refusal {
    Refusal::not_found("no such room, or not for you")
}

fn damaged() -> Refusal {
    Refusal::new(Code::Internal, "the room's record is damaged")
}

/// Columns `home, shard`.
fn shard(row: &Row) -> Result<Shard, Refusal> {
    let home = Name::parse(row.get("home")).map_err(|_| damaged())?;
    let number = u16::try_from(row.get::<_, i32>("shard")).map_err(|_| damaged())?;
    Ok(Shard { home, number })
}

/// Column `type`.
fn room_type(row: &Row) -> Result<RoomType, Refusal> {
    RoomType::parse(row.get("type")).ok_or_else(damaged)
}

/// Column `role`, which a left join may leave empty.
fn role(row: &Row) -> Result<Option<Role>, Refusal> {
    row.get::<_, Option<&str>>("role").map(|role| Role::parse(role).ok_or_else(damaged)).transpose()
}

fn room_id(text: &str) -> Result<RoomId, Refusal> {
    RoomId::parse(text).map_err(|_| damaged())
}

/// Columns `id, name, guest` of a user.
fn author(row: &Row) -> Result<Author, Refusal> {
    let author_type = if row.get("guest") { AuthorType::Guest } else { AuthorType::User };
    Ok(Author { id: UserId::parse(row.get("id")).map_err(|_| damaged())?, name: row.get("name"), author_type })
}
