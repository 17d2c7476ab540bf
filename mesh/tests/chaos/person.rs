//! One user with a client that lasts: what it sees and is told goes to the checker as it happens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chatmesh_client::protocol::decode::Encoding;
use chatmesh_client::protocol::event::Kind;
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Action, Api, Client, ClientError, ClientOptions, Login, NewChange, Stored, Update};
use loadtest::checker::{Checker, ClientId};
use tokio::sync::{mpsc, watch};

/// A pause between two sends of one writer to one room.
const PACE: Duration = Duration::from_millis(25);

/// What all clients of a run share.
#[derive(Clone, Default)]
pub struct Record {
    checker: Arc<Mutex<Checker>>,
    /// Sends that were acknowledged so far.
    pub acknowledged: Arc<watch::Sender<u64>>,
}

impl Record {
    pub fn checker(&self) -> MutexGuard<'_, Checker> {
        self.checker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
pub struct Person {
    pub api: Api,
    pub login: Login,
    pub id: ClientId,
    client: Client,
    record: Record,
}

impl Person {
    /// Connects, and tells the checker all that comes from then on.
    pub fn connect(api: &Api, login: &Login, encoding: Encoding, record: &Record) -> Self {
        let options = ClientOptions { encoding, ..ClientOptions::default() };
        let (client, updates) = Client::start(api.clone(), login.clone(), options);
        let id = record.checker().client(&login.user.id);
        tokio::spawn(tell(id, updates, record.clone()));
        Self { api: api.clone(), login: login.clone(), id, client, record: record.clone() }
    }

    /// The last event that this client saw of a room; `None`: not attached.
    pub fn cursor(&self, room: &RoomId) -> Option<u64> {
        self.record.checker().cursor(self.id, room)
    }

    /// Writes one change. Returns when it is stored, or finally refused.
    pub async fn change(&self, change: NewChange) -> Result<Stored, ClientError> {
        let send = self.record.checker().sends(self.id, &change.room);
        let stored = self.client.change(change).await?;
        self.record.checker().stored(&send, stored.id, stored.seq, stored.ts);
        self.record.acknowledged.send_modify(|count| *count += 1);
        Ok(stored)
    }

    /// Writes to a room until the stop, or until the room refuses him; gives the refusal.
    pub async fn write(self, room: RoomId, mut stop: watch::Receiver<bool>) -> Result<(), ClientError> {
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut last = None;
        for number in 0.. {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                _ = pace.tick() => {}
            }
            let text = format!("{} {number}", self.login.user.name);
            let action = match (number % 16, last) {
                (5, Some(target)) => Action::Edit { target, text },
                (9, Some(target)) => Action::React { target, emoji: "👍".into(), remove: false },
                (13, Some(target)) => {
                    last = None;
                    Action::Delete { target }
                }
                (15, root @ Some(_)) => Action::Send { text, reply_to: None, thread: root },
                _ => Action::Send { text, reply_to: None, thread: None },
            };
            let change = NewChange::new(&room, action);
            let is_message = change.kind() == Kind::Message;
            let stored = self.change(change).await?;
            if is_message {
                last = Some(stored.seq);
            }
        }
        Ok(())
    }
}

async fn tell(id: ClientId, mut updates: mpsc::Receiver<Update>, record: Record) {
    while let Some(update) = updates.recv().await {
        if let Update::Closed(error) = &update {
            panic!("a client's connection ended for good: {error}");
        }
        record.checker().update(id, &update);
    }
}
