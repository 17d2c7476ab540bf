//! Two gateways, a persister and a presence service; and what a test asks of presence.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::{Encoding, Person, SOON, Service, Wire, World};
use tokio::sync::OnceCell;
use tokio::time::timeout;

const UNLIMITED: (&str, &str) = ("CHATMESH__LIMITS__PER_MINUTE", "0");

pub struct Place {
    pub world: World,
    pub other: Service,
    pub presence: Service,
}

impl std::ops::Deref for Place {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Place {
    /// Servers of one's own; `more` is for both gateways.
    pub async fn start(more: &[(&str, &str)]) -> Place {
        let variables = [&[("CHATMESH__NATS__SHARDS", "2")], more].concat();
        let world = World::start(&variables[..1], &[&variables[1..], &[UNLIMITED]].concat()).await;
        let other = Service::gateway(&world.nats, &[&variables[..], &[UNLIMITED]].concat());
        let presence = Service::presence(&world.nats);
        presence.ready().await;
        other.ready().await;
        Place { world, other, presence }
    }

    /// The servers of all tests that do not harm them.
    pub async fn shared() -> &'static Place {
        static SHARED: OnceCell<Place> = OnceCell::const_new();
        SHARED.get_or_init(|| Place::start(&[])).await
    }

    /// A socket with the user's rooms attached, and its `welcome`.
    pub async fn open(&self, gateway: &Service, person: &Person) -> (Wire, Value) {
        Wire::open(gateway, Encoding::MessagePack, &person.token, json!({})).await
    }

    /// Two people in one room, the first is the owner.
    pub async fn pair(&self, room_type: &str) -> (Person, Person, String) {
        let (ann, ben) = (self.account().await, self.account().await);
        let room = self.room(&ann.token, room_type).await;
        self.add(&room, &ann.token, &ben.id).await;
        (ann, ben, room)
    }
}

/// The people of one room as a client has them.
#[derive(Debug, Default)]
pub struct People {
    pub states: BTreeMap<String, String>,
    pub count: u64,
    pub frames: Vec<Value>,
}

impl People {
    /// Takes a `presence` of the room; the first must be whole, and no later one may tell what is known.
    pub fn take(&mut self, frame: Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        if self.frames.is_empty() {
            assert_eq!(frame["full"], true, "{frame}");
        }
        if frame["full"] == true {
            self.states.clear();
        }
        for join in frame["joins"].as_array().unwrap() {
            let (id, state) = (text(&join["id"]), text(&join["state"]));
            assert!(join["name"].is_string(), "{frame}");
            assert_ne!(self.states.insert(id, state.clone()), Some(state), "{frame}");
        }
        for user in frame["leaves"].as_array().unwrap() {
            assert!(self.states.remove(user.as_str().unwrap()).is_some(), "{frame}");
        }
        for set in frame["set"].as_array().unwrap() {
            let known = self.states.get_mut(set["user"].as_str().unwrap()).unwrap();
            *known = text(&set["state"]);
        }
        self.count = frame["count"].as_u64().unwrap();
        self.frames.push(frame);
    }

    /// Reads until the room's people are so.
    #[track_caller]
    pub fn until(&mut self, wire: &mut Wire, room: &str, wanted: &[(&str, &str)]) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let mut wanted: Vec<(String, String)> = wanted.iter().map(|(id, state)| ((*id).into(), (*state).into())).collect();
            wanted.sort();
            let read = async {
                while self.count as usize != wanted.len() || !self.states.iter().eq(wanted.iter().map(|(id, state)| (id, state)))
                {
                    let frame = wire.find(|frame| frame["t"] == "presence" && frame["room"] == *room).await;
                    self.take(frame);
                }
            };
            let read = timeout(SOON, read).await;
            assert!(read.is_ok(), "not {wanted:?} at {caller}: {self:?}");
        }
    }
}
