//! The servers of all tests that do not harm them: one gateway without a rate limit, one with narrow limits, one that takes two sockets.

use serde_json::{Value, json};
use testkit::{Encoding, Person, SOON, Service, Wire, World, fresh_name};
use tokio::sync::OnceCell;

pub const BOTH: [Encoding; 2] = [Encoding::MessagePack, Encoding::Json];
/// Limits of the narrow gateway.
pub const TEXT_BYTES: usize = 500;
pub const FRAME_BYTES: usize = 2_000;
pub const PER_MINUTE: usize = 60;

pub struct Edge {
    pub world: World,
    pub narrow: Service,
    pub full: Service,
}

impl std::ops::Deref for Edge {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

pub async fn shared() -> &'static Edge {
    static SHARED: OnceCell<Edge> = OnceCell::const_new();
    SHARED
        .get_or_init(async || {
            let world = World::start(&[], &[("CHATMESH__LIMITS__PER_MINUTE", "0")]).await;
            let narrow = Service::gateway(
                &world.nats,
                &[
                    ("CHATMESH__LIMITS__PER_MINUTE", &PER_MINUTE.to_string()),
                    ("CHATMESH__LIMITS__TEXT_BYTES", &TEXT_BYTES.to_string()),
                    ("CHATMESH__LIMITS__FRAME_BYTES", &FRAME_BYTES.to_string()),
                    ("CHATMESH__LIMITS__PING_S", "3"),
                ],
            );
            let full = Service::gateway(&world.nats, &[("CHATMESH__LIMITS__SOCKETS", "2")]);
            narrow.ready().await;
            full.ready().await;
            Edge { world, narrow, full }
        })
        .await
}

impl Edge {
    /// A guest's socket that has nothing attached.
    pub async fn quiet(&self, encoding: Encoding, person: &Person) -> Wire {
        Wire::open(&self.gateway, encoding, &person.token, json!({"attach": "none"})).await.0
    }

    /// A further login of an account made by [`World::account`].
    pub async fn login(&self, account: &Person) -> Person {
        let body = json!({"name": account.name, "password": format!("password of {}", account.name)});
        self.post("/v1/auth/login", "", body).await.is(http::StatusCode::OK).person()
    }

    /// A room of this owner with these members.
    pub async fn room_with(&self, owner: &Person, room_type: &str, members: &[&Person]) -> String {
        let room = self.room(&owner.token, room_type).await;
        for member in members {
            self.add(&room, &owner.token, &member.id).await;
        }
        room
    }

    /// All events of a room.
    pub async fn log(&self, room: &str, token: &str) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let after = events.last().map_or(0, seq);
            let page = self.get(&format!("/v1/rooms/{room}/events?after={after}&limit=200"), token).await;
            let page = page.is(http::StatusCode::OK).json();
            events.extend(page["events"].as_array().unwrap().iter().cloned());
            if page["more"] == false {
                return events;
            }
        }
    }

    /// What the gateway wrote holds no error and no panic.
    #[track_caller]
    pub fn wrote_no_error(&self) {
        for gateway in [&self.gateway, &self.narrow, &self.full] {
            let wrong =
                gateway.stderr().lines().find(|line| line.contains("ERROR") || line.contains("panicked")).map(str::to_owned);
            assert_eq!(wrong, None);
        }
    }
}

/// The `seq` of an answer or an event.
#[track_caller]
pub fn seq(frame: &Value) -> u64 {
    frame["seq"].as_u64().unwrap()
}

/// Waits until a socket answers: it is open, and everything before was handled.
pub async fn is_open(wire: &mut Wire) {
    wire.say(&json!({"t": "ping"})).await;
    wire.find(|frame| frame["t"] == "pong").await;
}

/// The next frame must be an error of this code.
pub async fn error(wire: &mut Wire, code: &str) -> Value {
    let frame = wire.frame().await;
    assert!(frame["t"] == "error" && frame["code"] == code, "{frame} is no {code}");
    assert!(frame["message"].is_string() && frame["retryable"].is_boolean(), "{frame}");
    frame
}

/// Waits for a condition within what the tests give the servers.
pub async fn soon<T>(what: &str, condition: impl AsyncFnMut() -> Option<T>) -> T {
    testkit::eventually_for(SOON, what, condition).await
}

/// A name that fits where `len` characters are allowed, and no other test has.
pub fn name_of(len: usize) -> String {
    let name = fresh_name();
    format!("{name}{}", "x".repeat(len - name.len()))
}
