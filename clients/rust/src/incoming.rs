//! What the server says on an open connection, and what follows from it.

use protocol::event::Event;
use protocol::frame::{OkFrame, ServerFrame};
use protocol::id::RoomId;
use tokio::time::Instant;

use crate::ClientError;
use crate::chain::{Chain, Standing, Verdict};
use crate::change::Stored;
use crate::client::{Asked, Update};
use crate::heard::Heard;
use crate::worker::{Awaited, Worker};

impl Worker {
    /// False: the updates are not read, and the connection is to be given up.
    pub(crate) fn take(&mut self, heard: Heard) -> bool {
        match heard {
            Heard::Frame(ServerFrame::Ok(ok)) => self.answer(ok.reference, Ok(*ok)),
            Heard::Unreadable { reference, error } | Heard::Refusal { reference: Some(reference), error, .. } => {
                self.answer(reference, Err(error))
            }
            Heard::Refusal { reference: None, room: Some(room), error } => self.not_attached(room, error),
            Heard::Refusal { reference: None, room: None, error } => self.mailbox.news(Update::Refused { room: None, error }),
            Heard::Stranger { room, seq, prev } => {
                self.place(&room, seq, prev, None);
                true
            }
            Heard::Frame(ServerFrame::Event(event)) => {
                self.event(event);
                true
            }
            Heard::Frame(frame) => self.frame(frame),
        }
    }

    fn frame(&mut self, frame: ServerFrame) -> bool {
        match &frame {
            ServerFrame::Pong | ServerFrame::Unknown | ServerFrame::Welcome(_) => return true,
            ServerFrame::Skipped { room, until, .. } => {
                let (room, until) = (room.clone(), *until);
                if let Some(chain) = self.chains.get_mut(&room).filter(|chain| chain.standing == Standing::Replaying) {
                    if self.mailbox.event(Update::Frame(Box::new(frame))) {
                        chain.seen(until);
                    } else {
                        chain.fall_behind(Instant::now(), Some(std::time::Duration::ZERO));
                    }
                }
                return true;
            }
            ServerFrame::Resumed { room, head, .. } => {
                if let Some(chain) = self.chains.get_mut(room).filter(|chain| chain.standing == Standing::Replaying) {
                    chain.standing = Standing::Live;
                    chain.seen(*head);
                }
            }
            ServerFrame::Room(room) if self.options.recent && !self.chains.contains_key(&room.room) => {
                // Joined: the own `joined` comes next.
                self.chains.insert(room.room.clone(), Chain::new(None, Standing::Live));
            }
            ServerFrame::RoomGone { room, .. } => {
                self.chains.remove(room);
            }
            _ => {}
        }
        self.mailbox.news(Update::Frame(Box::new(frame)))
    }

    fn event(&mut self, event: Box<Event>) {
        if event.from.id == self.tokens.login.user.id
            && let Some(lane) = self.lanes.get_mut(&event.room)
        {
            lane.seen(Stored { id: event.id, seq: event.seq, ts: event.ts, dup: false });
        }
        let (room, seq, prev) = (event.room.clone(), event.seq, event.prev);
        self.place(&room, seq, prev, Some(Update::Event(event)));
    }

    /// An event's place in its room's chain; what is new goes on to the user, if he has a place for it.
    fn place(&mut self, room: &RoomId, seq: u64, prev: Option<u64>, update: Option<Update>) {
        // Without a chain it is of a room that was just detached.
        let Some(chain) = self.chains.get_mut(room) else { return };
        match chain.judge(seq, prev) {
            Verdict::Old => {}
            Verdict::Gap => {
                tracing::warn!(%room, seq, cursor = chain.cursor, "events are missing, the room is attached again");
                chain.fall_behind(Instant::now(), None);
            }
            Verdict::New if update.is_none_or(|update| self.mailbox.event(update)) => chain.seen(seq),
            Verdict::New => chain.fall_behind(Instant::now(), Some(std::time::Duration::ZERO)),
        }
    }

    fn answer(&mut self, reference: u64, result: Result<OkFrame, ClientError>) -> bool {
        let Some(waiting) = self.waiting.remove(&reference) else { return true };
        match waiting.what {
            Awaited::Change(room) => {
                if let Some(lane) = self.lanes.get_mut(&room) {
                    lane.answered(reference, result.and_then(stored), Instant::now());
                }
                true
            }
            Awaited::Request(asked) => {
                tell(asked, result);
                true
            }
            Awaited::Attach(room, asked) => self.attached(room, asked, result),
            Awaited::Nothing => true,
        }
    }

    fn attached(&mut self, room: RoomId, asked: Option<Asked>, result: Result<OkFrame, ClientError>) -> bool {
        let error = match &result {
            Ok(ok) => {
                if let Some(chain) = self.chains.get_mut(&room).filter(|chain| chain.standing == Standing::Asked) {
                    chain.standing = Standing::Replaying;
                    chain.cursor = chain.cursor.or(ok.head);
                }
                None
            }
            Err(error) => Some(error.clone()),
        };
        match (asked, error) {
            (Some(asked), error) => {
                if error.is_some() {
                    self.chains.remove(&room);
                }
                tell(asked, result);
                true
            }
            (None, Some(error)) => self.not_attached(room, error),
            (None, None) => true,
        }
    }

    /// A cursor could not be served.
    fn not_attached(&mut self, room: RoomId, error: ClientError) -> bool {
        let Some(chain) = self.chains.get_mut(&room) else {
            return self.mailbox.news(Update::Refused { room: Some(room), error });
        };
        if error.code() == Some("conflict") {
            // The cursor is none of this log.
            chain.cursor = None;
            chain.fall_behind(Instant::now(), None);
            self.mailbox.news(Update::Anew(room))
        } else if error.is_retryable() {
            let wait = error.retry_after().unwrap_or_else(|| crate::backoff(0));
            chain.fall_behind(Instant::now(), Some(wait));
            true
        } else {
            self.chains.remove(&room);
            self.mailbox.news(Update::Refused { room: Some(room), error })
        }
    }
}

fn stored(ok: OkFrame) -> Result<Stored, ClientError> {
    match (ok.id, ok.seq, ok.ts) {
        (Some(id), Some(seq), Some(ts)) => Ok(Stored { id, seq, ts, dup: ok.dup.unwrap_or(false) }),
        _ => Err(ClientError::Unexpected("an `ok` without `id`, `seq`, `ts`".into())),
    }
}

fn tell(asked: Asked, result: Result<OkFrame, ClientError>) {
    // Nobody may wait for it any more.
    let _gone = asked.done.send(result);
}
