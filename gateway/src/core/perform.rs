//! Jobs of sessions: each is done here and ends in one outcome.

use std::sync::Arc;

use futures_util::StreamExt as _;
use protocol::close::Close;
use protocol::code::{Code, Refusal};
use protocol::frame::{ErrorFrame, OkFrame, RoomList, ServerFrame};
use protocol::id::RoomId;
use protocol::presence::Status;
use protocol::room::RoomType;
use protocol::rpc::directory::SetStatus;

use super::Core;
use super::attach::Manner;
use crate::session::{Identity, Job, Outcome};
use crate::socket::Socket;
use crate::socket::codec::framed;

/// Rooms of one `resume` that are replayed at once.
const CONCURRENT: usize = 8;

impl Core {
    /// Does a job of a socket.
    pub async fn perform(self: Arc<Self>, socket: Arc<Socket>, me: Option<Identity>, job: Job) -> Outcome {
        let me = match (me, job) {
            (_, Job::Hello(hello)) => return Outcome::Opened(self.open(&socket, *hello).await),
            (Some(me), job) => (me, job),
            (None, _) => return Outcome::Opened(Err((Refusal::bad_request("say `hello` first"), Close::BadFrame))),
        };
        let (me, job) = me;
        match job {
            Job::Hello(_) => Outcome::Answered(None),
            Job::Resume { cursors, recent, watch } => self.resume(&me, &socket, cursors, recent, watch).await,
            Job::Publish(change) => {
                let (reference, room, id, archived) = (change.reference, change.room.clone(), change.id, change.archived);
                let began = std::time::Instant::now();
                let result = self.publish(&me, *change).await;
                self.metrics.sent(&result, began.elapsed());
                Outcome::Published { reference, room, id, archived, result }
            }
            Job::Archived(ok) => Outcome::Answered(Some(ServerFrame::Ok(self.archived(&me, ok).await))),
            Job::Attach { reference, room, after } => {
                let result = self.attach(&me, &socket, &room, after, Manner::Answer { reference }).await;
                if result.is_ok() {
                    self.looks_into(&me, &room);
                }
                self.attached(&socket, room, Some(reference), result)
            }
            Job::Detach { reference, room, recent } => self.detach(&me, &socket, reference, room, recent).await,
            Job::Joined { room, seq, recent } => self.joined(&me, &socket, room, seq, recent).await,
            Job::Changed { room } => {
                // A view that cannot be read now is not worth an error: the next change or `welcome` brings it.
                let permit = self.views.acquire().await;
                if permit.is_ok()
                    && let Ok(frame) = self.room_frame(&me, &room).await
                {
                    socket.mailbox.push_live(&framed(socket.encoding, &frame));
                }
                Outcome::Attached { attached: Vec::new(), detached: None }
            }
            Job::History { reference, room, paging } => {
                let result = self.history(&me.claims, &room, paging).await.map(|page| OkFrame {
                    entries: Some(page.entries),
                    as_of: Some(page.as_of),
                    older: Some(page.older),
                    newer: Some(page.newer),
                    ..ok(reference, &room)
                });
                answer(Some(reference), Some(room), result)
            }
            Job::Events { reference, room, after, limit } => {
                let result = self.events(&me.claims, &room, after, limit).await;
                let result =
                    result.map(|page| OkFrame { events: Some(page.events), more: Some(page.more), ..ok(reference, &room) });
                answer(Some(reference), Some(room), result)
            }
            Job::Read { room, seq } => {
                let result = self.mark_read(&me, &socket, &room, seq).await;
                Outcome::Marked { room, result }
            }
            Job::Rooms { reference, after, limit } => {
                answer(Some(reference), None, self.own_rooms(&me, reference, after, limit).await)
            }
            Job::Typing { room, on } => {
                self.typing(&me, &room, on).await;
                Outcome::Answered(None)
            }
            Job::Status(status) => Outcome::Stated(self.state(&me, status).await),
            Job::Lobby { reference, on, limit } => {
                if on {
                    self.presence.lobby.subscribe(&socket, reference, limit);
                    return Outcome::Answered(None);
                }
                self.presence.lobby.unsubscribe(&socket);
                let rooms = Some(RoomList::Ranked(Vec::new()));
                answer(Some(reference), None, Ok(OkFrame { reference, rooms, ..OkFrame::default() }))
            }
            Job::Refresh { reference, token } => {
                let result = match self.verify(&token).await {
                    Ok(claims) if claims.sub == me.claims.sub => Ok(claims),
                    Ok(_) => Err(Refusal::forbidden("the token is another user's")),
                    Err((refusal, _)) => Err(refusal),
                };
                Outcome::Refreshed { reference, result }
            }
        }
    }

    /// What a user chose to be: stored, then told by the directory. Takes a second, so that a flood of it stays cheap.
    async fn state(&self, me: &Identity, status: Status) -> Result<(), Refusal> {
        const PACE: std::time::Duration = std::time::Duration::from_secs(1);
        if me.user.status() == status {
            return Ok(());
        }
        let request = SetStatus { user: me.claims.sub.clone(), status };
        let (stored, ()) = tokio::join!(self.fabric.request(&request), tokio::time::sleep(PACE));
        stored.map(drop)
    }

    /// Somebody opened a room and reads: in a public one it counts for the ranking.
    fn looks_into(&self, me: &Identity, room: &RoomId) {
        if let Some((RoomType::Public, shard)) = me.user.known(room)
            && !me.user.is_invisible()
        {
            self.active(room, &shard, &me.claims.sub);
        }
    }

    async fn resume(
        &self,
        me: &Identity,
        socket: &Arc<Socket>,
        cursors: Vec<(RoomId, u64)>,
        recent: Vec<(RoomId, u64)>,
        watch: bool,
    ) -> Outcome {
        let named = cursors.into_iter().map(|(room, cursor)| (room, cursor, Manner::Resume));
        let quiet = recent.into_iter().map(|(room, cursor)| (room, cursor, Manner::Quiet));
        let attached: Vec<Option<RoomId>> = futures_util::stream::iter(named.chain(quiet))
            .map(async |(room, cursor, manner)| match self.attach(me, socket, &room, Some(cursor), manner).await {
                Ok(()) => Some(room),
                // He left meanwhile, and hears that anyway.
                Err(refusal) if manner == Manner::Quiet && refusal.code == Code::NotFound => None,
                Err(refusal) => {
                    self.refuse(socket, None, Some(room), refusal);
                    None
                }
            })
            .buffer_unordered(CONCURRENT)
            .collect()
            .await;
        let attached: Vec<RoomId> = attached.into_iter().flatten().collect();
        if watch {
            for (room, shard) in me.user.rooms() {
                if let Ok(shard) = self.hub.shard(&shard) {
                    shard.watch(&room, socket);
                }
            }
        }
        Outcome::Attached { attached, detached: None }
    }

    fn attached(&self, socket: &Socket, room: RoomId, reference: Option<u64>, result: Result<(), Refusal>) -> Outcome {
        match result {
            Ok(()) => Outcome::Attached { attached: vec![room], detached: None },
            Err(refusal) => {
                // Whatever it was before, a room whose cursor lies above its head is not attached.
                let detached = (refusal.code == Code::Conflict).then(|| room.clone());
                self.refuse(socket, reference, Some(room), refusal);
                Outcome::Attached { attached: Vec::new(), detached }
            }
        }
    }

    async fn detach(&self, me: &Identity, socket: &Arc<Socket>, reference: u64, room: RoomId, recent: bool) -> Outcome {
        let watch = recent && me.user.role(&room).is_some();
        for shard in self.hub.shards() {
            if shard.is_listening(&room, socket) {
                shard.detach(&room, socket, watch).await;
            }
        }
        let frame = ServerFrame::Ok(Box::new(ok(reference, &room)));
        socket.mailbox.push(framed(socket.encoding, &frame));
        Outcome::Attached { attached: Vec::new(), detached: Some(room) }
    }

    /// The user became a member, from anywhere: his view of the room, then the room from his own `joined`.
    async fn joined(&self, me: &Identity, socket: &Arc<Socket>, room: RoomId, seq: u64, recent: bool) -> Outcome {
        let nothing = Outcome::Attached { attached: Vec::new(), detached: None };
        let view = self.room_frame(me, &room).await;
        if me.user.role(&room).is_none() {
            // Gone again: `room_gone` was said, or is about to be.
            return nothing;
        }
        match view {
            Ok(frame) => socket.mailbox.push(framed(socket.encoding, &frame)),
            Err(refusal) if refusal.code == Code::NotFound => return nothing,
            Err(refusal) => return self.attached(socket, room, None, Err(refusal)),
        }
        if !recent {
            return nothing;
        }
        match self.attach(me, socket, &room, Some(seq.saturating_sub(1)), Manner::Quiet).await {
            Err(refusal) if refusal.code == Code::NotFound => nothing,
            result => self.attached(socket, room, None, result),
        }
    }

    fn refuse(&self, socket: &Socket, reference: Option<u64>, room: Option<RoomId>, refusal: Refusal) {
        let frame = ServerFrame::Error(Box::new(ErrorFrame::new(reference, room, refusal)));
        socket.mailbox.push(framed(socket.encoding, &frame));
    }
}

fn ok(reference: u64, room: &RoomId) -> OkFrame {
    OkFrame { reference, room: Some(room.clone()), ..OkFrame::default() }
}

fn answer(reference: Option<u64>, room: Option<RoomId>, result: Result<OkFrame, Refusal>) -> Outcome {
    Outcome::Answered(Some(match result {
        Ok(ok) => ServerFrame::Ok(Box::new(ok)),
        Err(refusal) => ServerFrame::Error(Box::new(ErrorFrame::new(reference, room, refusal))),
    }))
}
