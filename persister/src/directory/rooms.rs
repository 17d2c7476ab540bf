//! Making and changing rooms.

use protocol::code::Refusal;
use protocol::event::Kind;
use protocol::id::{Name, RoomId, UserId};
use protocol::room::{Role, RoomType};
use protocol::rpc::directory::{CreateRoom, CreatedRoom, PatchRoom, PlacedRoom};
use protocol::text::{line, name};
use tokio_postgres::error::SqlState;

use super::Directory;
use crate::outbox::Draft;
use crate::pool::StoreError;

/// Characters of a room's name and topic.
const NAME_CHARS: usize = 80;
const TOPIC_CHARS: usize = 250;

impl Directory {
    /// Answers once creation and creator are in the room's log; for two there is one direct room.
    pub async fn create_room(&self, request: CreateRoom) -> Result<CreatedRoom, StoreError> {
        if request.room_type == RoomType::Direct {
            let peer = request.peer.ok_or_else(|| Refusal::bad_request("`user` is missing"))?;
            return self.create_direct(request.user, peer).await;
        }
        let name = checked_name(request.name.as_deref().ok_or_else(|| Refusal::bad_request("`name` is missing"))?)?;
        let topic = request.topic.as_deref().map(checked_topic).transpose()?.filter(|topic| !topic.is_empty());
        let room = self.insert(&request.user, request.room_type, &name, topic.as_deref(), None).await?;
        Ok(CreatedRoom { placed: self.placed(&request.user, &room).await?, created: true })
    }

    async fn create_direct(&self, user: UserId, peer: UserId) -> Result<CreatedRoom, StoreError> {
        if user == peer {
            return Err(Refusal::bad_request("a direct room is with somebody else").into());
        }
        let client = self.pools.writer().await?;
        let exists = client.query_opt("SELECT 1 FROM users WHERE id = $1", &[&peer.as_str()]).await?;
        exists.ok_or_else(|| Refusal::not_found("no such user"))?;
        drop(client);
        let (first, second) = if user < peer { (&user, &peer) } else { (&peer, &user) };
        let pair = format!("{first} {second}");
        let inserted = match self.existing(&pair).await? {
            Some(room) => Err(room),
            None => match self.insert(&user, RoomType::Direct, "", None, Some((&peer, &pair))).await {
                Ok(room) => Ok(room),
                // The other one was faster.
                Err(StoreError::Postgres(error)) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                    Err(self.existing(&pair).await?.ok_or(error)?)
                }
                Err(error) => return Err(error),
            },
        };
        let created = inserted.is_ok();
        let (Ok(room) | Err(room)) = inserted;
        if !created {
            self.carry_room(&room).await?;
        }
        Ok(CreatedRoom { placed: self.placed(&user, &room).await?, created })
    }

    async fn existing(&self, pair: &str) -> Result<Option<RoomId>, StoreError> {
        let client = self.pools.writer().await?;
        let row = client.query_opt("SELECT id FROM rooms WHERE pair = $1", &[&pair]).await?;
        Ok(row.map(|row| super::room_id(row.get(0))).transpose()?)
    }

    /// The log has what was committed of a room before the call.
    async fn carry_room(&self, room: &RoomId) -> Result<(), StoreError> {
        let client = self.pools.writer().await?;
        let row = client.query_one("SELECT home, shard FROM rooms WHERE id = $1", &[&room.as_str()]).await?;
        drop(client);
        Ok(self.outbox.carried(&super::shard(&row)?).await?)
    }

    async fn insert(
        &self,
        user: &UserId,
        room_type: RoomType,
        name: &str,
        topic: Option<&str>,
        peer: Option<(&UserId, &str)>,
    ) -> Result<RoomId, StoreError> {
        let room = Name::fresh();
        let mut client = self.pools.writer().await?;
        let tx = client.transaction().await?;
        let shards = self.fabric.shards();
        let turn: i64 = tx.query_one("SELECT nextval('room_deal')", &[]).await?.get(0);
        let shard = &shards[turn as usize % shards.len()];
        let insert = "INSERT INTO rooms (id, type, name, topic, home, shard, pair) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let (home, number, pair) = (shard.home.as_str(), i32::from(shard.number), peer.map(|(_, pair)| pair));
        tx.execute(insert, &[&room.as_str(), &room_type.as_str(), &name, &topic, &home, &number, &pair]).await?;
        let mut locked = self.lock(tx, &room, user).await?;
        let mut created = Draft::new(Kind::Created, &locked.actor);
        if !name.is_empty() {
            created = created.text(name);
        }
        locked.say(created).await?;
        let role = if peer.is_some() { Role::Member } else { Role::Owner };
        locked.add(user, role).await?;
        let joined = Draft::new(Kind::Joined, &locked.actor).role(role);
        locked.say(joined).await?;
        if let Some((peer, _)) = peer {
            locked.add(peer, Role::Member).await?;
            let joined = Draft::new(Kind::Joined, &locked.actor).about(peer);
            locked.say(joined).await?;
        }
        let shard = locked.commit().await?;
        drop(client);
        self.outbox.carried(&shard).await?;
        Ok(room)
    }

    /// By moderators; what is the same already is no event. An empty topic removes it.
    pub async fn patch_room(&self, request: PatchRoom) -> Result<PlacedRoom, StoreError> {
        let name = request.name.as_deref().map(checked_name).transpose()?;
        let topic = request.topic.as_deref().map(checked_topic).transpose()?;
        let mut client = self.pools.writer().await?;
        let mut locked = self.lock(client.transaction().await?, &request.room, &request.user).await?;
        locked.need(Role::Moderator)?;
        if let Some(name) = name.filter(|name| *name != locked.name) {
            let update = "UPDATE rooms SET name = $2 WHERE id = $1";
            locked.tx.execute(update, &[&request.room.as_str(), &name]).await?;
            let draft = Draft::new(Kind::Renamed, &locked.actor).text(name);
            locked.say(draft).await?;
        }
        if let Some(topic) = topic.filter(|topic| *topic != locked.topic.clone().unwrap_or_default()) {
            let update = "UPDATE rooms SET topic = nullif($2, '') WHERE id = $1";
            locked.tx.execute(update, &[&request.room.as_str(), &topic]).await?;
            let draft = Draft::new(Kind::Topic, &locked.actor).text(topic);
            locked.say(draft).await?;
        }
        let shard = locked.commit().await?;
        drop(client);
        self.outbox.carried(&shard).await?;
        self.placed(&request.user, &request.room).await
    }
}

fn checked_name(text: &str) -> Result<String, Refusal> {
    name(text, NAME_CHARS).map_err(|fault| Refusal::bad_request(format!("`name` {fault}")))
}

fn checked_topic(text: &str) -> Result<String, Refusal> {
    line(text, TOPIC_CHARS).map_err(|fault| Refusal::bad_request(format!("`topic` {fault}")))
}
