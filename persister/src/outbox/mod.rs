//! The transactional outbox: a change of a room is written beside the rows it changes, and carried into the log afterwards.

mod relay;
mod row;
mod session;

use protocol::envelope::Envelope;
use protocol::event::{Author, Body, Kind, Target};
use protocol::id::{EventId, RoomId, UserId};
use protocol::room::Role;
use protocol::subject::Shard;
use tokio_postgres::Transaction;

pub use relay::Outbox;

use crate::archive::now_ms;
use crate::pool::StoreError;

/// One change of a room, before it has its version.
pub struct Draft {
    pub kind: Kind,
    pub from: Author,
    /// The user concerned, when it is not the author.
    pub target: Option<UserId>,
    pub text: Option<String>,
}

impl Draft {
    pub fn new(kind: Kind, from: &Author) -> Self {
        Self { kind, from: from.clone(), target: None, text: None }
    }

    /// About this user; the author himself needs no naming.
    pub fn about(mut self, user: &UserId) -> Self {
        self.target = (*user != self.from.id).then(|| user.clone());
        self
    }

    /// With which role somebody joined; without a word as a member.
    pub fn role(self, role: Role) -> Self {
        if role > Role::Member { self.text(role.as_str()) } else { self }
    }

    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

/// Writes a change. The caller holds the lock of the room's row and raised its version to `ver` for this one.
pub async fn write(tx: &Transaction<'_>, shard: &Shard, room: &RoomId, ver: u64, draft: Draft) -> Result<(), StoreError> {
    let id = EventId::at(now_ms());
    let joined = (draft.kind == Kind::Joined).then(|| draft.target.as_ref().unwrap_or(&draft.from.id).as_str().to_owned());
    let author = draft.from.id.clone();
    let envelope = Envelope {
        kind: draft.kind,
        id,
        from: draft.from,
        target: draft.target.map(Target::User),
        emoji: None,
        remove: false,
        body: draft.text.map(Body::text),
        ver: Some(ver),
    };
    let insert =
        "INSERT INTO outbox (home, shard, room, ver, author, event_id, payload, joined) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let number = i32::from(shard.number);
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [&shard.home.as_str(), &number, &room.as_str(), &(ver as i64), &author.as_str(), &id.uuid(), &envelope.encode(), &joined];
    tx.execute(insert, &values).await?;
    Ok(())
}
