//! What cannot be read is kept with its error, and blocks nobody.

use protocol::event::Kind;
use protocol::rpc::archive::{GetEvents, GetHistory};

use crate::world::{World, change, message, name};

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_kept_and_shown_to_nobody() {
    let world = World::new().await;
    world.log().await;
    let room = world.room("public", &[]).await;
    let before = world.publish(&room, &message("ann", "before")).await;
    world.raw(&room, "garbage".into(), b"\xc1\x00 no envelope".to_vec()).await;
    world.raw(&room, "empty".into(), Vec::new()).await;
    // Well-formed MessagePack of wrong types: {"kind": 7, "id": "\0"}.
    world.raw(&room, "types".into(), b"\x82\xa4kind\x07\xa2id\xa1\x00".to_vec()).await;
    // An unknown kind with a U+0000 in it, which the error repeats.
    world.raw(&room, "kind".into(), b"\x81\xa4kind\xa3a\x00b".to_vec()).await;
    let nul = world.publish(&room, &message("ann", "nul \0 in a text")).await;
    world.publish(&room, &change(Kind::Edited, "ann", before)).await;
    let last = world.publish(&room, &message("ann", "after")).await;
    let writer = world.writer();
    world.archived(last).await;
    assert_eq!(world.number("SELECT count(*) FROM events").await, 8);
    assert_eq!(
        world.number("SELECT count(*) FROM events WHERE kind = 99 AND error IS NOT NULL AND seq BETWEEN 2 AND 5").await,
        4
    );

    let ask = GetEvents { room: room.clone(), viewer: name("ann"), after: 0, limit: 100 };
    let events = world.archive().events(ask).await.unwrap().events;
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [before, nul, nul + 1, last]);
    assert_eq!(events[1].prev, Some(before), "the chain that clients see has no poison in it");
    assert_eq!(events[1].body.as_ref().unwrap().text.as_deref(), Some("nul \0 in a text"));
    let ask = GetHistory { room, viewer: name("ann"), paging: Default::default(), limit: 50, deleted: vec![] };
    let entries = world.archive().history(ask).await.unwrap().entries;
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [before, nul, last]);
    writer.stop().await;
}
