//! A client that lasts: handles to the task that keeps the connection.

use std::collections::HashMap;
use std::sync::Arc;

use protocol::decode::Encoding;
use protocol::event::Event;
use protocol::frame::{OkFrame, Paging, ServerFrame, Welcome};
use protocol::id::RoomId;
use protocol::room::User;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::change::{NewChange, Stored};
use crate::lane::Pending;
use crate::mailbox::{Mailbox, QUEUE};
use crate::worker::Worker;
use crate::{Api, ClientError, Login};

/// Changes that may wait for their `ok`; then [`Client::submit`] waits.
const CHANGES: usize = 1_024;
/// Requests that may wait for their answer; then [`Client::request`] waits.
const REQUESTS: usize = 64;
/// Commands on their way to the task; then whoever gives one waits.
const COMMANDS: usize = 64;

/// How to connect.
pub struct ClientOptions {
    pub encoding: Encoding,
    /// Rooms to attach, and their cursors: the last `seq` seen in each.
    pub resume: HashMap<RoomId, u64>,
    /// Attach the user's recent rooms by themselves.
    pub recent: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { encoding: Encoding::MessagePack, resume: HashMap::new(), recent: true }
    }
}

/// What happens on the connection.
#[derive(Debug)]
pub enum Update {
    Online(Box<Welcome>),
    Offline(ClientError),
    /// Each event of an attached room once, in order; after [`ServerFrame::Skipped`] from there on.
    Event(Box<Event>),
    /// `skipped`, `resumed`, `activity`, `room`, `room_gone`, `read`, `me`: what else the server says by itself.
    Frame(Box<ServerFrame>),
    /// The room's log is not the one that the cursor was of: what is held of the room is void, and is to be loaded anew.
    Anew(RoomId),
    /// A refusal that answers no request; an attached room that it names is attached no longer.
    Refused {
        room: Option<RoomId>,
        error: ClientError,
    },
    /// New tokens, for whoever keeps them.
    Login(Box<Login>),
    /// The connection ended for good.
    Closed(ClientError),
}

/// Who waits for an answer.
pub(crate) struct Asked {
    pub done: oneshot::Sender<Result<OkFrame, ClientError>>,
    pub _place: OwnedSemaphorePermit,
}

pub(crate) enum Command {
    Change(Pending),
    Request(Value, Asked),
    Attach(RoomId, Option<u64>, Asked),
    Detach(RoomId, Asked),
}

/// Cheap to clone; the connection ends with the last clone and the last [`Ticket`].
#[derive(Clone)]
pub struct Client {
    pub user: User,
    commands: mpsc::Sender<Command>,
    changes: Arc<Semaphore>,
    requests: Arc<Semaphore>,
}

/// A change that waits for its `ok`.
pub struct Ticket {
    stored: oneshot::Receiver<Result<Stored, ClientError>>,
    _client: Client,
}

impl Ticket {
    /// Returns once the change is in the log, after any number of breaks, or is finally refused.
    pub async fn stored(self) -> Result<Stored, ClientError> {
        self.stored.await.map_err(gone)?
    }
}

impl Client {
    /// Starts to connect. Updates come through the receiver; who does not want them drops it. Who reads too slowly loses no event:
    /// the room is attached again behind the last one read.
    pub fn start(api: Api, login: Login, options: ClientOptions) -> (Self, mpsc::Receiver<Update>) {
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let (updates, heard) = mpsc::channel(QUEUE);
        let (changes, requests) = (Arc::new(Semaphore::new(CHANGES)), Arc::new(Semaphore::new(REQUESTS)));
        let client = Self { user: login.user.clone(), commands, changes, requests };
        tokio::spawn(Worker::new(api, login, options, receiver, Mailbox::new(updates)).run());
        (client, heard)
    }

    /// Gives a change its place behind those submitted before. Waits only while too many are on their way.
    pub async fn submit(&self, change: NewChange) -> Result<Ticket, ClientError> {
        let place = self.changes.clone().acquire_owned().await.map_err(gone)?;
        let (done, stored) = oneshot::channel();
        let pending = Pending { change, id: None, done, _place: Some(place), on_wire: None };
        self.commands.send(Command::Change(pending)).await.map_err(gone)?;
        Ok(Ticket { stored, _client: self.clone() })
    }

    /// Submits and waits until it is stored.
    pub async fn change(&self, change: NewChange) -> Result<Stored, ClientError> {
        self.submit(change).await?.stored().await
    }

    async fn ask(&self, command: impl FnOnce(Asked) -> Command) -> Result<OkFrame, ClientError> {
        let place = self.requests.clone().acquire_owned().await.map_err(gone)?;
        let (done, answer) = oneshot::channel();
        self.commands.send(command(Asked { done, _place: place })).await.map_err(gone)?;
        answer.await.map_err(gone)?
    }

    /// Sends a frame with a `ref` of its own and gives the answer; once, without a retry.
    pub async fn request(&self, frame: Value) -> Result<OkFrame, ClientError> {
        self.ask(|asked| Command::Request(frame, asked)).await
    }

    /// Attaches a room behind a cursor, or at its head; it stays attached through breaks.
    pub async fn attach(&self, room: &RoomId, after: Option<u64>) -> Result<OkFrame, ClientError> {
        self.ask(|asked| Command::Attach(room.clone(), after, asked)).await
    }

    pub async fn detach(&self, room: &RoomId) -> Result<OkFrame, ClientError> {
        self.ask(|asked| Command::Detach(room.clone(), asked)).await
    }

    /// A page of entries, folded.
    pub async fn history(&self, room: &RoomId, paging: Paging) -> Result<OkFrame, ClientError> {
        let Paging { before, after, around, thread, pinned, limit } = paging;
        let mut frame = json!({ "t": "history", "room": room });
        for (name, value) in [("before", before), ("after", after), ("around", around), ("thread", thread), ("limit", limit)] {
            if let Some(value) = value {
                frame[name] = value.into();
            }
        }
        if pinned {
            frame["pinned"] = true.into();
        }
        self.request(frame).await
    }

    /// Marks the room as read up to a `seq`.
    pub async fn read(&self, room: &RoomId, seq: u64) -> Result<OkFrame, ClientError> {
        self.request(json!({ "t": "read", "room": room, "seq": seq })).await
    }
}

fn gone<E>(_: E) -> ClientError {
    ClientError::Offline("the client has ended".into())
}
