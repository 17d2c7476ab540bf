//! The machine itself: waiting for `hello`, opening, open, closing.

use std::collections::{HashSet, VecDeque};

use protocol::close::Close;
use protocol::code::{Code, Refusal};
use protocol::frame::{Change, ClientFrame, ErrorFrame, Refused, ServerFrame};
use protocol::id::RoomId;
use protocol::limits::{ATTACHED, ID_FUTURE_MS, ID_PAST_MS};
use protocol::presence::Status;

use super::lane::Lanes;
use super::reads::Reads;
use super::{Bounds, Effect, Identity, Job, Signal};
use crate::core::interned;

/// Attach-like jobs that may wait.
const CONTROL_QUEUE: usize = 128;

#[derive(PartialEq, Eq)]
pub(super) enum Phase {
    Greeting,
    Opening,
    Open,
    Closing,
}

/// One connection.
pub struct Session {
    pub(super) bounds: Bounds,
    pub(super) phase: Phase,
    pub(super) identity: Option<Identity>,
    pub(super) recent: bool,
    pub(super) lanes: Lanes,
    pub(super) reads: Reads,
    /// Attach, detach and what the log says of memberships: one at a time, in order.
    pub(super) control: VecDeque<Job>,
    pub(super) control_busy: bool,
    /// Rooms whose `attach` waits or is under way, and the one that is under way.
    pub(super) attaching: HashSet<RoomId>,
    pub(super) attaches: Option<RoomId>,
    pub(super) requests: usize,
    /// A status is being stored, and the one that was said meanwhile.
    pub(super) stating: Option<Option<Status>>,
    pub(super) lobby: bool,
    pub(super) revoked: bool,
    pub(super) attached: HashSet<RoomId>,
    pub(super) heard_ms: u64,
    pub(super) opened_ms: u64,
    /// Tokens that are being verified: the `hello`'s, or those of `refresh`.
    pub(super) verifying: usize,
    /// What came meanwhile and must be looked at again behind it: revocations, and rooms that were left before `welcome`.
    pub(super) early: Vec<Signal>,
    pub(super) effects: Vec<Effect>,
}

impl Session {
    pub fn new(bounds: Bounds, now_ms: u64) -> Self {
        Self {
            bounds,
            phase: Phase::Greeting,
            identity: None,
            recent: true,
            lanes: Lanes::default(),
            reads: Reads::default(),
            control: VecDeque::new(),
            // Until `welcome`, what is signalled waits.
            control_busy: true,
            attaching: HashSet::new(),
            attaches: None,
            requests: 0,
            stating: None,
            lobby: false,
            revoked: false,
            attached: HashSet::new(),
            heard_ms: now_ms,
            opened_ms: now_ms,
            verifying: 0,
            early: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// What is to be done since the last call, in order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// No further frame may be handed in: the client has to wait.
    pub fn is_paused(&self) -> bool {
        self.phase == Phase::Opening
            || self.requests + self.reads.open() >= self.bounds.requests
            || self.control.len() >= CONTROL_QUEUE
            || self.lanes.any_is_full()
    }

    /// Rooms that are attached.
    pub fn attached(&self) -> impl Iterator<Item = &RoomId> {
        self.attached.iter()
    }

    /// It hears of changes of the ranked list.
    pub fn wants_lobby(&self) -> bool {
        self.lobby
    }

    /// Its login ended, or it was banned.
    pub fn is_revoked(&self) -> bool {
        self.revoked
    }

    pub fn is_closing(&self) -> bool {
        self.phase == Phase::Closing
    }

    /// When [`Self::tick`] is due next, in milliseconds since 1970 UTC.
    pub fn deadline_ms(&self) -> u64 {
        let silence = self.heard_ms + self.bounds.silence_ms;
        match (&self.phase, &self.identity) {
            (Phase::Greeting, _) => self.opened_ms + self.bounds.hello_ms,
            (Phase::Open, Some(identity)) => silence.min(identity.claims.exp * 1_000),
            (Phase::Opening | Phase::Open | Phase::Closing, _) => silence,
        }
    }

    /// Time passed.
    pub fn tick(&mut self, now_ms: u64) {
        if self.is_closing() || now_ms < self.deadline_ms() {
            return;
        }
        let expired = self.identity.as_ref().is_some_and(|identity| identity.claims.exp * 1_000 <= now_ms);
        match self.phase {
            Phase::Greeting => self.close(Close::NoHello),
            Phase::Open if expired => self.close(Close::Unauthenticated),
            Phase::Opening | Phase::Open => self.close(Close::Silent),
            Phase::Closing => {}
        }
    }

    /// Any bytes came.
    pub fn heard(&mut self, now_ms: u64) {
        self.heard_ms = now_ms;
    }

    /// Bytes came that do not decode.
    pub fn broken(&mut self, message: String) {
        self.refuse(None, None, Refusal::new(Code::BadFrame, message));
        self.close(Close::BadFrame);
    }

    pub fn close(&mut self, close: Close) {
        if !self.is_closing() {
            self.phase = Phase::Closing;
            self.effects.push(Effect::Close(close));
        }
    }

    /// The next frame of the client.
    pub fn frame(&mut self, frame: Result<ClientFrame, Refused>, now_ms: u64) {
        match (&self.phase, frame) {
            (Phase::Closing | Phase::Opening, _) => {}
            (Phase::Greeting, Ok(ClientFrame::Hello(hello))) => {
                self.phase = Phase::Opening;
                self.verifying = 1;
                self.effects.push(Effect::Start(Job::Hello(hello)));
            }
            (Phase::Greeting, refused) => {
                let (reference, refusal) = match refused {
                    Ok(_) => (None, Refusal::bad_request("the first frame must be `hello`")),
                    Err(refused) => (refused.reference, refused.refusal),
                };
                self.refuse(reference, None, Refusal { code: Code::BadRequest, ..refusal });
                self.close(Close::BadFrame);
            }
            (Phase::Open, Err(refused)) => self.refuse(refused.reference, refused.room, refused.refusal),
            (Phase::Open, Ok(frame)) => self.open_frame(frame, now_ms),
        }
    }

    fn open_frame(&mut self, frame: ClientFrame, now_ms: u64) {
        match frame {
            ClientFrame::Hello(_) => self.refuse(None, None, Refusal::bad_request("`hello` was said already")),
            ClientFrame::Change(change) => self.change(change, now_ms),
            ClientFrame::Attach { reference, room, after } => {
                if !self.attached.contains(&room) && !self.attaching.contains(&room) {
                    if self.attached.len() + self.attaching.len() >= ATTACHED {
                        let message = format!("at most {ATTACHED} rooms may be attached; detach one first");
                        return self.refuse(Some(reference), Some(room), Refusal::new(Code::TooLarge, message));
                    }
                    self.attaching.insert(room.clone());
                }
                self.control(Job::Attach { reference, room, after });
            }
            ClientFrame::Detach { reference, room } => self.control(Job::Detach { reference, room, recent: self.recent }),
            ClientFrame::History { reference, room, paging } => self.request(Job::History { reference, room, paging }),
            ClientFrame::Events { reference, room, after, limit } => self.request(Job::Events { reference, room, after, limit }),
            ClientFrame::Read { reference, room, seq } => self.read(reference, room, seq),
            ClientFrame::Rooms { reference, after, limit } => self.request(Job::Rooms { reference, after, limit }),
            ClientFrame::Refresh { reference, token } => {
                self.verifying += 1;
                self.request(Job::Refresh { reference, token });
            }
            ClientFrame::Lobby { reference, on, limit } => {
                self.lobby = on;
                self.request(Job::Lobby { reference, on, limit });
            }
            ClientFrame::Typing { room, on } => self.request(Job::Typing { room, on }),
            ClientFrame::Status(status) => match &mut self.stating {
                // Of a flood the newest stands.
                Some(next) => *next = Some(status),
                None => {
                    self.stating = Some(None);
                    self.effects.push(Effect::Start(Job::Status(status)));
                }
            },
            ClientFrame::Ping => self.effects.push(Effect::Reply(ServerFrame::Pong)),
        }
    }

    fn change(&mut self, change: Box<Change>, now_ms: u64) {
        let (reference, room, id) = (change.reference, &change.room, change.id);
        if self.lanes.refuses(room, id, now_ms) {
            return self.refuse(Some(reference), Some(change.room), behind());
        }
        let time = id.time_ms();
        if time + ID_PAST_MS < now_ms || time > now_ms + ID_FUTURE_MS {
            let refusal = Refusal::bad_request(format!(
                "the time inside `id` must lie within 7 days before and 2 minutes after the server's time, which is {now_ms}"
            ));
            return self.refuse(Some(reference), Some(change.room), refusal);
        }
        let Some(identity) = &self.identity else { return };
        if let Err(retry_after_ms) = identity.user.take_token(now_ms) {
            let refusal = Refusal::new(Code::RateLimited, "too many changes; slow down").after(retry_after_ms);
            self.lanes.hold(room, id, now_ms);
            return self.refuse(Some(reference), Some(change.room), refusal);
        }
        let start = self.lanes.offer(*change, now_ms);
        self.effects.extend(start.map(|change| Effect::Start(Job::Publish(Box::new(change)))));
    }

    /// Notes what is attached, and tells it.
    pub(super) fn set_attached(&mut self, room: RoomId, on: bool) {
        let changed = if on { self.attached.insert(interned::name(&room)) } else { self.attached.remove(&room) };
        if changed {
            self.effects.push(Effect::Attachment { room, on });
        }
    }

    fn read(&mut self, reference: Option<u64>, room: RoomId, seq: u64) {
        if self.reads.offer(&room, seq, reference) {
            self.effects.push(Effect::Start(Job::Read { room, seq }));
        }
    }

    pub(super) fn request(&mut self, job: Job) {
        self.requests += 1;
        self.effects.push(Effect::Start(job));
    }

    pub(super) fn control(&mut self, job: Job) {
        self.control.push_back(job);
        self.next_control();
    }

    pub(super) fn next_control(&mut self) {
        if !self.control_busy
            && let Some(job) = self.control.pop_front()
        {
            self.control_busy = true;
            self.attaches = match &job {
                Job::Attach { room, .. } => Some(room.clone()),
                _ => None,
            };
            self.effects.push(Effect::Start(job));
        }
    }

    pub(super) fn refuse(&mut self, reference: Option<u64>, room: Option<RoomId>, refusal: Refusal) {
        self.effects.push(Effect::Reply(ServerFrame::Error(Box::new(ErrorFrame::new(reference, room, refusal)))));
    }
}

pub(super) fn behind() -> Refusal {
    Refusal::unavailable("an earlier change to this room failed; send again from the first")
}
