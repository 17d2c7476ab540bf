//! The servers of all tests that do not harm them, and what most tests begin with.

use serde_json::{Value, json};
use testkit::{Encoding, Person, Wire, World};
use tokio::sync::OnceCell;

/// Without a rate limit: tests send as fast as they can.
pub async fn shared() -> &'static World {
    static SHARED: OnceCell<World> = OnceCell::const_new();
    SHARED.get_or_init(async || World::start(&[], &[("CHATMESH__LIMITS__PER_MINUTE", "0")]).await).await
}

/// A guest's socket that has nothing attached.
pub async fn quiet(world: &World, encoding: Encoding, person: &Person) -> Wire {
    Wire::open(&world.gateway, encoding, &person.token, json!({"attach": "none"})).await.0
}

/// The `seq` of an answer or an event.
#[track_caller]
pub fn seq(frame: &Value) -> u64 {
    frame["seq"].as_u64().unwrap()
}
