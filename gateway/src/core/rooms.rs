//! A user's views of rooms, and his read marks.

use std::sync::Arc;

use protocol::code::Refusal;
use protocol::frame::{OkFrame, RoomList, ServerFrame};
use protocol::id::RoomId;
use protocol::limits::SMALL_ROOM;
use protocol::room::{Room, RoomType};
use protocol::rpc::directory::{GetRoom, ListOwnRooms, MarkRead};
use protocol::rpc::notice::{self, RoomNotice, UserNotice};
use protocol::subject;

use super::{Core, no_such_room};
use crate::session::Identity;
use crate::socket::Socket;

impl Core {
    /// The user's view of one room.
    pub async fn room_view(&self, me: &Identity, room: &RoomId) -> Result<Room, Refusal> {
        let placed = self.fabric.request(&GetRoom { user: me.claims.sub.clone(), room: room.clone() }).await?;
        Ok(placed.room)
    }

    /// A page of the user's own rooms, newest activity first.
    pub async fn own_rooms(
        &self,
        me: &Identity,
        reference: u64,
        after: Option<RoomId>,
        limit: Option<u64>,
    ) -> Result<OkFrame, Refusal> {
        let most = self.config.limits.history;
        let limit = limit.unwrap_or(self.config.limits.rooms).min(most);
        let page = self.fabric.request(&ListOwnRooms { user: me.claims.sub.clone(), after, limit }).await?;
        let rooms = page.rooms.into_iter().map(|placed| placed.room).collect();
        Ok(OkFrame { reference, rooms: Some(RoomList::Own(rooms)), more: Some(page.more), ..OkFrame::default() })
    }

    /// Stores a read mark and tells the user's other sockets, in a small room all who have it attached.
    pub async fn mark_read(&self, me: &Identity, socket: &Arc<Socket>, room: &RoomId, seq: u64) -> Result<u64, Refusal> {
        let standing = self.standing(me, room).await?;
        if standing.role.is_none() {
            return Err(if standing.room_type == RoomType::Public {
                Refusal::forbidden("join the room first")
            } else {
                no_such_room()
            });
        }
        let shard = standing.shard;
        if seq > shard.head() {
            shard.barrier().await?;
        }
        let head = self.room_head(&shard, room).await?;
        let user = me.claims.sub.clone();
        let unseen = me.user.is_invisible();
        let request = MarkRead { user: user.clone(), room: room.clone(), seq: seq.min(head), head, unseen };
        let mark = self.fabric.request(&request).await?;
        if standing.room_type == RoomType::Public && !unseen {
            self.active(room, &shard.shard, &user);
        }
        if mark.moved {
            let origin = socket.session().to_owned();
            let own = UserNotice::Read { room: room.clone(), user: user.clone(), seq: mark.seq, origin };
            self.say(subject::user(&user), notice::encode(&own)).await;
            if mark.members <= SMALL_ROOM && !unseen {
                let to_room = RoomNotice::Read { user, seq: mark.seq };
                self.say(shard.shard.ephemeral(room), notice::encode(&to_room)).await;
            }
        }
        Ok(mark.seq)
    }

    /// A notice may be lost: the truth is stored already.
    pub(super) async fn say(&self, subject: String, payload: Vec<u8>) {
        if let Err(error) = self.fabric.send_core(subject, payload.into()).await {
            tracing::debug!(%error, "notice not sent");
        }
    }

    /// The frame that tells a user how a room stands for him now.
    pub async fn room_frame(&self, me: &Identity, room: &RoomId) -> Result<ServerFrame, Refusal> {
        Ok(ServerFrame::Room(Box::new(self.room_view(me, room).await?)))
    }
}
