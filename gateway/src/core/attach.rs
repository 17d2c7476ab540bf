//! Attach and resume: everything after a cursor, then the live stream, without a gap and without a double.

use std::sync::Arc;

use protocol::code::{Code, Refusal};
use protocol::event::Event;
use protocol::frame::{OkFrame, ServerFrame};
use protocol::id::RoomId;
use protocol::room::{RoomType, may_read};

use super::{Core, Standing, no_such_room};
use crate::hub::{Listen, encode, event};
use crate::session::Identity;
use crate::socket::Socket;
use crate::socket::codec::framed;

/// How an attachment speaks to the client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// `ok {ref, head}` first, `resumed` at the end.
    Answer { reference: u64 },
    /// `resumed` at the end: an entry of `resume`.
    Resume,
    /// Neither: the user's recent rooms, and rooms that he joins.
    Quiet,
}

/// How far a replay came.
struct Progress {
    /// The cursor that was asked for.
    asked: u64,
    /// The last event that was pushed, else the cursor.
    last: u64,
    /// Nothing is missing up to here; may lie above `last` when the log has nothing between.
    until: u64,
    count: u64,
}

impl Core {
    /// Attaches a room to a socket. What was pushed by then is complete when it returns `Ok`.
    pub async fn attach(
        &self,
        me: &Identity,
        socket: &Arc<Socket>,
        room: &RoomId,
        after: Option<u64>,
        manner: Manner,
    ) -> Result<(), Refusal> {
        let standing = self.standing(me, room).await?;
        let shard = standing.shard.clone();
        if manner != Manner::Quiet || after.is_none() {
            shard.barrier().await?;
        }
        self.check_still_member(me, room, &standing).await?;
        let head = match (manner, after) {
            (Manner::Quiet, Some(after)) => {
                // The archive may be ahead of this gateway; what it told must not come once more.
                shard.heard(after).await?;
                after
            }
            _ => self.room_head(&shard, room).await?,
        };
        let cursor = after.unwrap_or(head);
        if cursor > head {
            if shard.is_listening(room, socket) {
                shard.detach(room, socket, false).await;
            }
            let refusal = Refusal::conflict("the cursor lies above the room's head; load the room anew");
            return Err(Refusal { head: Some(head), ..refusal });
        }
        if let Manner::Answer { reference } = manner {
            let ok = OkFrame { reference, room: Some(room.clone()), head: Some(head), ..OkFrame::default() };
            socket.mailbox.push(framed(socket.encoding, &ServerFrame::Ok(Box::new(ok))));
        }
        if shard.is_listening(room, socket) {
            if manner != Manner::Quiet {
                let resumed = ServerFrame::Resumed { room: room.clone(), after: cursor, head: cursor, count: 0 };
                socket.mailbox.push(framed(socket.encoding, &resumed));
            }
            return Ok(());
        }
        let progress = Progress { asked: cursor, last: cursor, until: cursor, count: 0 };
        self.replay(me, socket, room, &standing, progress, manner).await
    }

    /// What was known before the barrier may have ended since.
    async fn check_still_member(&self, me: &Identity, room: &RoomId, standing: &Standing) -> Result<(), Refusal> {
        if standing.room_type != RoomType::Public && me.user.role(room).is_none() {
            self.fresh_standing(me, room).await?;
        }
        Ok(())
    }

    async fn replay(
        &self,
        me: &Identity,
        socket: &Arc<Socket>,
        room: &RoomId,
        standing: &Standing,
        mut at: Progress,
        manner: Manner,
    ) -> Result<(), Refusal> {
        let shard = &standing.shard;
        let public = standing.room_type == RoomType::Public;
        let mut permit = None;
        loop {
            let listen = shard.listen(
                room,
                at.until,
                self.config.limits.replay_events,
                socket,
                || match manner {
                    // Attached as a member, or not at all.
                    Manner::Quiet => me.user.role(room).is_some(),
                    Manner::Answer { .. } | Manner::Resume => public || may_read(standing.room_type, me.user.role(room)),
                },
                |count, head| {
                    let head = if count > 0 { head } else { at.last };
                    let count = at.count + count;
                    let resumed = ServerFrame::Resumed { room: room.clone(), after: at.asked, head, count };
                    (manner != Manner::Quiet).then(|| framed(socket.encoding, &resumed))
                },
            );
            let limit = self.config.limits.replay_events;
            let (events, until) = match listen {
                Listen::Live { .. } => return Ok(()),
                Listen::Gone => return Err(no_such_room()),
                Listen::Behind(records) => {
                    let until = records.last().map_or(at.until, |record| record.seq);
                    let events: Vec<Event> = records.iter().filter_map(|record| event(record).ok()).collect();
                    (events, until)
                }
                Listen::Uncovered => {
                    if permit.is_none() {
                        permit = self.replays.acquire().await.ok();
                    }
                    let missed = self.missed(shard, room, &me.claims.sub, at.until, limit + 1).await?;
                    let last = missed.events.last().map_or(at.until, |event| event.seq);
                    self.confirm(&me.claims.sub, room, standing, last).await?;
                    (missed.events, missed.until)
                }
            };
            if events.len() > limit {
                let until = self.skip(me, socket, room, standing, at.last).await?;
                (at.last, at.until) = (until, until);
                continue;
            }
            for event in events {
                at.last = event.seq;
                at.count += 1;
                if !socket.mailbox.push_when_drained(encode(event, socket.encoding)).await {
                    return Err(Refusal::new(Code::Unavailable, "the socket is gone"));
                }
            }
            at.until = until;
        }
    }
}
