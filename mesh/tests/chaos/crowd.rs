//! People who write and listen in public rooms and a private one, of whom one is removed on the way.

use chatmesh_client::protocol::decode::Encoding;
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Api, ClientError, Login};
use http::Method;
use loadtest::checker::Report;
use serde_json::{Value, json};
use testkit::eventually_for;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::LONG;
use crate::evidence::Evidence;
use crate::person::{Person, Record};

/// Ann owns all rooms; she, Ben and Cat write everywhere, Dan listens, and Eve writes in the private room until she is removed.
const NAMES: [&str; 5] = ["ann", "ben", "cat", "dan", "eve"];
const EVE: usize = 4;

pub struct Crowd {
    pub record: Record,
    people: Vec<Person>,
    /// Two public ones and the private one.
    rooms: Vec<RoomId>,
    writers: JoinSet<Result<(), ClientError>>,
    eve: Option<tokio::task::JoinHandle<Result<(), ClientError>>>,
    stop: watch::Sender<bool>,
}

impl Crowd {
    /// Makes accounts and rooms, and connects everybody, spread over the gateways.
    pub async fn gather(apis: &[Api]) -> Self {
        let record = Record::default();
        let mut logins = Vec::new();
        for name in NAMES {
            logins.push(apis[0].guest(name).await.unwrap());
        }
        let mut rooms = Vec::new();
        for (name, kind) in [("hall", "public"), ("yard", "public"), ("den", "private")] {
            let made = call(&apis[0], &logins[0], Method::POST, "/rooms", Some(json!({ "name": name, "type": kind }))).await;
            let room = RoomId::parse(made["room"].as_str().unwrap()).unwrap();
            for login in &logins[1..] {
                let member = json!({ "user": login.user.id });
                call(&apis[0], &logins[0], Method::POST, &format!("/rooms/{room}/members"), Some(member)).await;
            }
            rooms.push(room);
        }
        record.checker().private(&rooms[2]);
        let encodings = [Encoding::MessagePack, Encoding::Json];
        let connect =
            |(at, login): (usize, &Login)| Person::connect(&apis[at % apis.len()], login, encodings[at / 2 % 2], &record);
        let people: Vec<Person> = logins.iter().enumerate().map(connect).collect();
        let crowd = Self { record, people, rooms, writers: JoinSet::new(), eve: None, stop: watch::Sender::new(false) };
        eventually_for(LONG, "everybody has all rooms attached", async || {
            let attached = |person: &Person| crowd.rooms.iter().all(|room| person.cursor(room).is_some());
            crowd.people.iter().all(attached).then_some(())
        })
        .await;
        crowd
    }

    /// Everybody begins to write.
    pub fn write(&mut self) {
        for person in &self.people[..3] {
            for room in &self.rooms {
                self.writers.spawn(person.clone().write(room.clone(), self.stop.subscribe()));
            }
        }
        let eve = self.people[EVE].clone();
        self.eve = Some(tokio::spawn(eve.write(self.rooms[2].clone(), self.stop.subscribe())));
    }

    /// Waits for so many further acknowledgements.
    pub async fn progress(&self, count: u64) {
        let mut acknowledged = self.record.acknowledged.subscribe();
        let wanted = *acknowledged.borrow() + count;
        let reached = tokio::time::timeout(LONG, acknowledged.wait_for(|count| *count >= wanted)).await;
        assert!(reached.is_ok(), "sends are not acknowledged any more");
    }

    /// Ann removes Eve from the private room; after that the room does not exist for Eve.
    pub async fn remove_eve(&mut self) {
        let (ann, eve, den) = (&self.people[0], &self.people[EVE], &self.rooms[2]);
        let path = format!("/rooms/{den}/members/{}", eve.login.user.id);
        let removed = ann.api.insist(Method::DELETE, &path, Some(&ann.login.access_token), None, LONG).await;
        // A retry whose first answer was lost finds nobody to remove.
        let gone = |error: &ClientError| matches!(error, ClientError::Refused { code, .. } if code == "not_found");
        assert!(removed.as_ref().map_or_else(gone, |_| true), "{removed:?}");
        let writing = self.eve.take().unwrap();
        let refused = tokio::time::timeout(LONG, writing).await.expect("Eve's writing ends").unwrap();
        assert!(refused.as_ref().is_err_and(gone), "{refused:?}");
        for what in ["history", "events"] {
            let path = format!("/rooms/{den}/{what}?after=0");
            let read = eve.api.insist(Method::GET, &path, Some(&eve.login.access_token), None, LONG).await;
            assert!(read.as_ref().is_err_and(gone), "{what}: {read:?}");
        }
    }

    /// Stops the writers, waits until everybody has seen everything, and judges.
    pub async fn judge(mut self, evidence: &Evidence) -> Report {
        self.stop.send_replace(true);
        let writers = std::mem::take(&mut self.writers);
        let ended = tokio::time::timeout(LONG, writers.join_all()).await.expect("what was written is stored in the end");
        for outcome in ended {
            outcome.unwrap();
        }
        let heads = evidence.heads(&self.rooms).await;
        for (number, person) in self.people.iter().enumerate() {
            for (room, head) in self.rooms.iter().zip(&heads) {
                let removed = number == EVE && *room == self.rooms[2];
                if !removed {
                    let what = format!("client {number} sees {room} up to {head}");
                    let seen = async || (person.cursor(room)? >= *head).then_some(());
                    tokio::time::timeout(LONG, eventually_for(2 * LONG, &what, seen)).await.ok();
                }
            }
        }
        evidence.wait_for_archive().await;
        let ann = &self.people[0];
        for room in &self.rooms {
            let entries = evidence.history(ann, room).await;
            self.record.checker().history(room, &ann.login.user.id, entries);
        }
        evidence.log(&self.record).await;
        evidence.archive(&self.record).await;
        self.record.checker().report()
    }
}

async fn call(api: &Api, login: &Login, method: Method, path: &str, body: Option<Value>) -> Value {
    api.insist(method, path, Some(&login.access_token), body, LONG).await.unwrap()
}
