//! The state machine of one connection. It does no I/O and reads no clock: frames, outcomes and signals come in with the time,
//! effects go out. What the effects do is the work of `core`, how they reach the wire that of `socket`.

#[cfg(test)]
mod fuzz;
mod lane;
mod machine;
mod outcomes;
mod reads;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use protocol::close::Close;
use protocol::code::Refusal;
use protocol::frame::{Change, Hello, OkFrame, Paging, ServerFrame};
use protocol::id::{EventId, Name, RoomId};
use protocol::presence::Status;
use protocol::rpc::account::Claims;

pub use machine::Session;

use crate::core::users::UserState;

/// Bounds of a session, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub hello_ms: u64,
    pub silence_ms: u64,
    /// Requests of one socket that may be open, besides sends.
    pub requests: usize,
}

/// What happens to a session from inside the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The user became a member: his own `joined` has this `seq`.
    Joined {
        room: RoomId,
        seq: u64,
    },
    /// The user is no member any more; his listeners are gone already.
    Left {
        room: RoomId,
    },
    /// The user's view of a room changed.
    Changed {
        room: RoomId,
    },
    Close(Close),
    /// A login (`login.<login>`) or a user's logins (`user.<user>`) ended: tokens up to this time are void.
    Revoked {
        key: String,
        at_ms: u64,
        except: Option<Name>,
        close: Close,
    },
}

/// Who speaks on a socket, after `hello`.
#[derive(Clone)]
pub struct Identity {
    pub claims: Claims,
    pub user: Arc<UserState>,
}

/// Work that a session wants done; each ends in one [`Outcome`].
pub enum Job {
    Hello(Box<Hello>),
    /// After `welcome`: cursors to resume, and recent rooms to attach from their head.
    Resume {
        cursors: Vec<(RoomId, u64)>,
        recent: Vec<(RoomId, u64)>,
        watch: bool,
    },
    Publish(Box<Change>),
    /// What is stored and answered by this waits for the archive, if it was asked for.
    Archived(Box<OkFrame>),
    Attach {
        reference: u64,
        room: RoomId,
        after: Option<u64>,
    },
    Detach {
        reference: u64,
        room: RoomId,
        recent: bool,
    },
    Joined {
        room: RoomId,
        seq: u64,
        recent: bool,
    },
    Changed {
        room: RoomId,
    },
    History {
        reference: u64,
        room: RoomId,
        paging: Paging,
    },
    Events {
        reference: u64,
        room: RoomId,
        after: u64,
        limit: Option<u64>,
    },
    Read {
        room: RoomId,
        seq: u64,
    },
    Rooms {
        reference: u64,
        after: Option<RoomId>,
        limit: Option<u64>,
    },
    Refresh {
        reference: u64,
        token: String,
    },
    Typing {
        room: RoomId,
        on: bool,
    },
    Status(Status),
    Lobby {
        reference: u64,
        on: bool,
        limit: Option<u64>,
    },
}

/// What `hello` led to.
pub struct Opened {
    pub identity: Identity,
    pub welcome: ServerFrame,
    pub resume: Job,
    pub recent: bool,
}

/// How a job ended.
pub enum Outcome {
    Opened(Result<Box<Opened>, (Refusal, Close)>),
    Published {
        reference: u64,
        room: RoomId,
        id: EventId,
        /// The answer is to wait for the archive; those behind it are not.
        archived: bool,
        result: Result<Box<OkFrame>, Refusal>,
    },
    /// An attach-like job ended; these rooms are attached now, or no more.
    Attached {
        attached: Vec<RoomId>,
        detached: Option<RoomId>,
    },
    Answered(Option<ServerFrame>),
    /// A read mark is stored, and stands at this `seq`.
    Marked {
        room: RoomId,
        result: Result<u64, Refusal>,
    },
    Refreshed {
        reference: u64,
        result: Result<Claims, Refusal>,
    },
    /// A status is stored, or cannot be.
    Stated(Result<(), Refusal>),
}

/// What a session wants.
pub enum Effect {
    Reply(ServerFrame),
    Start(Job),
    /// A room is attached now, or no more.
    Attachment {
        room: RoomId,
        on: bool,
    },
    /// Close after what was replied so far.
    Close(Close),
}
