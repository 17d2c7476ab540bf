//! A mesh, people on it, and what they hear.

use std::time::Duration;

use chatmesh_client::protocol::event::{Event, Kind};
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Api, Client, ClientOptions, Login, NewChange, Update};
use http::Method;
use serde_json::Value;
use testkit::Mesh;
use tokio::sync::{OnceCell, mpsc};
use tokio::time::timeout;

/// Within this everything that is waited for happens.
pub const SOON: Duration = Duration::from_secs(40);

/// A mesh without a rate limit.
pub async fn mesh(variables: &[(&str, &str)]) -> Mesh {
    Mesh::start(&[&[("CHATMESH__LIMITS__PER_MINUTE", "0")], variables].concat()).await
}

/// The mesh of all tests that do not harm it.
pub async fn shared() -> &'static Mesh {
    static SHARED: OnceCell<Mesh> = OnceCell::const_new();
    SHARED.get_or_init(async || mesh(&[]).await).await
}

/// A user, his connection, and what it tells.
pub struct Person {
    pub api: Api,
    pub login: Login,
    pub client: Client,
    pub updates: mpsc::Receiver<Update>,
}

impl Person {
    /// A guest who connects to `origin`, online.
    pub async fn start(origin: &str, options: ClientOptions) -> Person {
        let mut person = Self::offline(origin, options).await;
        person.until(|update| matches!(update, Update::Online(_))).await;
        person
    }

    async fn offline(origin: &str, options: ClientOptions) -> Person {
        let api = Api::new(origin);
        let login = api.guest("somebody").await.unwrap();
        let (client, updates) = Client::start(api.clone(), login.clone(), options);
        Person { api, login, client, updates }
    }

    /// The next update of a kind; the others are passed over.
    pub async fn until(&mut self, wanted: impl Fn(&Update) -> bool) -> Update {
        let found = async {
            loop {
                let update = self.updates.recv().await.unwrap();
                if let Update::Closed(error) = &update
                    && !wanted(&update)
                {
                    panic!("closed: {error}");
                }
                if wanted(&update) {
                    return update;
                }
            }
        };
        timeout(SOON, found).await.expect("the update did not come")
    }

    /// The next `count` messages of a room, with everything before them passed over.
    pub async fn messages(&mut self, room: &RoomId, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            let of_room =
                |update: &Update| matches!(update, Update::Event(event) if event.room == *room && event.kind == Kind::Message);
            let Update::Event(event) = self.until(of_room).await else { unreachable!() };
            events.push(*event);
        }
        events
    }

    /// A public room of his own.
    pub async fn room(&self) -> RoomId {
        self.api.create_room(&self.login.access_token, "a room", "public").await.unwrap().room
    }

    pub async fn join(&self, room: &RoomId) {
        self.api.join(&self.login.access_token, room.as_str()).await.unwrap();
    }

    /// Messages in the room's raw log, through HTTP.
    pub async fn log(&self, room: &RoomId) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        loop {
            let after = events.last().map_or(0, |event| event.seq);
            let path = format!("/rooms/{room}/events?after={after}&limit=200");
            let page = self.api.insist(Method::GET, &path, Some(&self.login.access_token), None, SOON).await.unwrap();
            events.extend(serde_json::from_value::<Vec<Event>>(page["events"].clone()).unwrap());
            if page["more"] != Value::Bool(true) {
                return events.into_iter().filter(|event| event.kind == Kind::Message).collect();
            }
        }
    }
}

/// Submits `texts` in order and gives their `seq`s once all are stored.
pub async fn say(client: &Client, room: &RoomId, texts: impl IntoIterator<Item = String>) -> Vec<u64> {
    let mut tickets = Vec::new();
    for text in texts {
        tickets.push(client.submit(NewChange::message(room, text)).await.unwrap());
    }
    let mut seqs = Vec::new();
    for ticket in tickets {
        seqs.push(timeout(SOON, ticket.stored()).await.expect("an answer in time").unwrap().seq);
    }
    seqs
}

pub fn texts(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.body.as_ref().unwrap().text.clone().unwrap()).collect()
}

pub fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

pub fn is_rising(seqs: &[u64]) -> bool {
    seqs.windows(2).all(|pair| pair[0] < pair[1])
}
