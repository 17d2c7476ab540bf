//! The servers of all tests that do not harm them, and what most tests begin with.

use serde_json::{Value, json};
use testkit::{Encoding, Person, Service, Wire, World};
use tokio::sync::OnceCell;

/// Tests send as fast as they can.
pub const UNLIMITED: (&str, &str) = ("CHATMESH__LIMITS__PER_MINUTE", "0");

/// Without a rate limit.
pub async fn shared() -> &'static World {
    static SHARED: OnceCell<World> = OnceCell::const_new();
    SHARED.get_or_init(async || World::start(&[], &[UNLIMITED]).await).await
}

/// Another gateway on the same fabric, which pushes at most 20 events and welcomes with at most 2 rooms.
pub async fn small() -> &'static Service {
    static SMALL: OnceCell<Service> = OnceCell::const_new();
    let world = shared().await;
    SMALL
        .get_or_init(async || {
            let limits = [("CHATMESH__LIMITS__REPLAY_EVENTS", "20"), ("CHATMESH__LIMITS__ROOMS", "2"), UNLIMITED];
            let gateway = Service::gateway(&world.nats, &limits);
            gateway.ready().await;
            gateway
        })
        .await
}

/// A socket that has nothing attached.
pub async fn quiet(gateway: &Service, encoding: Encoding, person: &Person) -> Wire {
    Wire::open(gateway, encoding, &person.token, json!({"attach": "none"})).await.0
}

/// A new public room of a new guest, and a socket of his that has nothing attached.
pub async fn alone(world: &World, encoding: Encoding) -> (Person, String, Wire) {
    let person = world.guest().await;
    let room = world.room(&person.token, "public").await;
    let wire = quiet(&world.gateway, encoding, &person).await;
    (person, room, wire)
}

/// A number of a frame or an entry.
#[track_caller]
pub fn number(frame: &Value, name: &str) -> u64 {
    frame[name].as_u64().unwrap()
}

/// The `seq` of an answer, an event or an entry.
#[track_caller]
pub fn seq(frame: &Value) -> u64 {
    number(frame, "seq")
}

/// The `seq`s of a list.
#[track_caller]
pub fn seqs(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(seq).collect()
}

/// The events of a room among frames.
pub fn events(frames: &[Value], room: &str) -> Vec<Value> {
    frames.iter().filter(|frame| frame["t"] == "event" && frame["room"] == room).cloned().collect()
}

/// Attaches a room from its head, and takes what that says.
pub async fn attach(wire: &mut Wire, room: &str) {
    wire.ok(json!({"t": "attach", "room": room})).await;
    resumed(wire, room).await;
}

/// The room's `resumed`.
pub async fn resumed(wire: &mut Wire, room: &str) -> Value {
    wire.find(|frame| frame["t"] == "resumed" && frame["room"] == room).await
}

/// Everything up to the room's `resumed`, in order.
pub async fn until_resumed(wire: &mut Wire, room: &str) -> Vec<Value> {
    let mut frames = Vec::new();
    while frames.last().is_none_or(|frame: &Value| frame["t"] != "resumed" || frame["room"] != room) {
        frames.push(wire.frame().await);
    }
    frames
}

/// The room's whole log.
pub async fn log(wire: &mut Wire, room: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.last().map_or(0, seq);
        let page = wire.ok(json!({"t": "events", "room": room, "after": after, "limit": 200})).await;
        all.extend(page["events"].as_array().unwrap().iter().cloned());
        if page["more"] == false {
            return all;
        }
    }
}
