//! A client that lasts: handles to the task that keeps the connection.

use std::collections::HashMap;

use protocol::decode::Encoding;
use protocol::event::{Event, Kind};
use protocol::frame::{OkFrame, ServerFrame, Welcome};
use protocol::id::RoomId;
use protocol::room::User;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::worker::Worker;
use crate::{Api, ClientError, Login};

/// Commands and updates that may wait; when full, the caller or the socket waits.
const QUEUE: usize = 1_024;

/// How to connect.
pub struct ClientOptions {
    pub encoding: Encoding,
    /// Cursors: the last `seq` seen in each room.
    pub resume: HashMap<RoomId, u64>,
    /// Attach the user's recent rooms by themselves.
    pub recent: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { encoding: Encoding::MessagePack, resume: HashMap::new(), recent: true }
    }
}

/// A change to be made: a message unless `kind` says otherwise.
#[derive(Clone, Debug)]
pub struct NewChange {
    pub room: RoomId,
    pub kind: Kind,
    pub text: Option<String>,
    pub reply_to: Option<u64>,
    pub thread: Option<u64>,
    pub target: Option<u64>,
    pub emoji: Option<String>,
    pub remove: bool,
}

impl NewChange {
    /// A message.
    pub fn message(room: &RoomId, text: impl Into<String>) -> Self {
        Self {
            room: room.clone(),
            kind: Kind::Message,
            text: Some(text.into()),
            reply_to: None,
            thread: None,
            target: None,
            emoji: None,
            remove: false,
        }
    }
}

/// A change that is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub id: protocol::id::EventId,
    pub seq: u64,
    pub ts: u64,
    pub dup: bool,
}

/// What happens on the connection.
#[derive(Debug)]
pub enum Update {
    Online(Box<Welcome>),
    Offline,
    /// Each event of an attached room once, in order.
    Event(Box<Event>),
    /// Everything else that the server says by itself.
    Frame(Box<ServerFrame>),
    /// The connection ended for good.
    Closed(ClientError),
}

pub(crate) enum Command {
    Change(NewChange, oneshot::Sender<Result<Stored, ClientError>>),
    Request(Value, oneshot::Sender<Result<OkFrame, ClientError>>),
}

/// Cheap to clone; the connection ends with the last clone.
#[derive(Clone)]
pub struct Client {
    pub user: User,
    commands: mpsc::Sender<Command>,
}

impl Client {
    /// Starts to connect. Updates come through the receiver, which must be read.
    pub fn start(api: Api, login: Login, options: ClientOptions) -> (Self, mpsc::Receiver<Update>) {
        let (commands, receiver) = mpsc::channel(QUEUE);
        let (updates, heard) = mpsc::channel(QUEUE);
        let user = login.user.clone();
        tokio::spawn(Worker::new(api, login, options, receiver, updates).run());
        (Self { user, commands }, heard)
    }

    /// Returns once the change is in the log, after any number of breaks, or is finally refused.
    pub async fn change(&self, change: NewChange) -> Result<Stored, ClientError> {
        let (done, stored) = oneshot::channel();
        let gone = || ClientError::Offline("the client has ended".into());
        self.commands.send(Command::Change(change, done)).await.map_err(|_| gone())?;
        stored.await.map_err(|_| gone())?
    }

    /// Sends a frame with a `ref` of its own and gives the answer; once, without a retry.
    pub async fn request(&self, frame: Value) -> Result<OkFrame, ClientError> {
        let (done, answer) = oneshot::channel();
        let gone = || ClientError::Offline("the client has ended".into());
        self.commands.send(Command::Request(frame, done)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}
