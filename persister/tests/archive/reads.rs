//! Pages, raw events, counts: what readers see.

use persister::archive::{overview, own_overview};
use protocol::code::{Code, Refusal};
use protocol::entry::Entry;
use protocol::envelope::Envelope;
use protocol::event::{Body, Kind, Quote};
use protocol::frame::Paging;
use protocol::id::RoomId;
use protocol::rpc::archive::{GetEntries, GetEvents, GetHistory, GetUnread, History};

use crate::world::{World, author, change, envelope, message, name, now_ms};

async fn page(world: &World, room: &RoomId, paging: Paging, limit: u64) -> History {
    let ask = GetHistory { room: room.clone(), viewer: name("ann"), paging, limit, deleted: vec![] };
    world.archive().history(ask).await.unwrap()
}

fn seqs(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.seq).collect()
}

/// Publishes, and waits until all of it is archived.
async fn archived(world: &World, room: &RoomId, envelopes: &[Envelope]) -> Vec<u64> {
    world.log().await;
    let mut seqs = Vec::new();
    for envelope in envelopes {
        seqs.push(world.publish(room, envelope).await);
    }
    let writer = world.writer();
    world.archived(*seqs.last().unwrap()).await;
    writer.stop().await;
    seqs
}

fn reply(from: &str, root: u64) -> Envelope {
    Envelope { body: Some(Body { thread: Some(root), ..Body::text("reply") }), ..message(from, "") }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_holds_deleted_and_edited_messages() {
    let world = World::new().await;
    world.user("ann").await;
    let room = world.room("private", &["ann"]).await;
    let quote = Quote { seq: 2, from: author("bo"), text: Some("secret".into()) };
    let quoting =
        Envelope { body: Some(Body { reply_to: Some(2), reply: Some(quote), ..Body::text("so?") }), ..message("ann", "") };
    let edit = |target, text: &str| Envelope { body: Some(Body::text(text)), ..change(Kind::Edited, "ann", target) };
    let events = [
        envelope(Kind::Created, "ann"),
        message("bo", "secret"),
        message("ann", "tpyo"),
        quoting,
        edit(3, "typo"),
        Envelope { body: Some(Body::text("more secret")), ..change(Kind::Edited, "bo", 2) },
        Envelope { emoji: Some("+".into()), ..change(Kind::Reacted, "bo", 3) },
        change(Kind::Deleted, "bo", 2),
        edit(2, "too late"),
    ];
    assert_eq!(archived(&world, &room, &events).await, (1..=9).collect::<Vec<_>>());
    world.sql("UPDATE users SET name = 'Anna' WHERE id = 'ann'").await;
    let History { entries, position, older, newer } = page(&world, &room, Paging::default(), 50).await;
    assert_eq!((position, older, newer), (9, false, false));
    assert_eq!(seqs(&entries), [1, 2, 3, 4]);
    assert_eq!((entries[1].deleted, &entries[1].body, entries[1].rev), (true, &None, 8));
    assert_eq!(entries[2].body.as_ref().unwrap().text.as_deref(), Some("typo"));
    assert_eq!((entries[2].rev, entries[2].edited_ts.is_some(), entries[2].reactions.len()), (7, true, 1));
    assert_eq!(entries[2].from.name, "Anna", "the present name");
    assert_eq!(entries[3].body.as_ref().unwrap().reply.as_ref().unwrap().text, None, "the quote of a deleted message");

    let ask = GetEvents { room: room.clone(), viewer: name("ann"), after: 1, limit: 100 };
    let raw = world.archive().events(ask).await.unwrap();
    assert_eq!(raw.events.iter().map(|event| event.seq).collect::<Vec<_>>(), (2..=9).collect::<Vec<_>>());
    let text = serde_json::to_string(&raw.events).unwrap();
    assert!(!text.contains("secret") && !text.contains("too late") && text.contains("tpyo"), "{text}");

    let ask = GetEntries { room, viewer: name("ann"), seqs: vec![3, 5, 77], deleted: Vec::new() };
    assert_eq!(seqs(&world.archive().entries(ask).await.unwrap().entries), [3], "an edit is no entry");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_every_direction() {
    let world = World::new().await;
    let room = world.room("public", &[]).await;
    let mut events: Vec<Envelope> = (1..=100).map(|number| message("ann", &number.to_string())).collect();
    events.extend([change(Kind::Pinned, "ann", 10), change(Kind::Pinned, "ann", 90), change(Kind::Pinned, "ann", 50)]);
    events.push(Envelope { remove: true, ..change(Kind::Pinned, "ann", 50) });
    archived(&world, &room, &events).await;
    let check = async |paging: Paging, limit: u64, expected: Vec<u64>, older: bool, newer: bool| {
        let page = page(&world, &room, paging.clone(), limit).await;
        assert_eq!((seqs(&page.entries), page.older, page.newer), (expected, older, newer), "{paging:?}");
    };
    let before = |before| Paging { before: Some(before), ..Default::default() };
    let after = |after| Paging { after: Some(after), ..Default::default() };
    let around = |around| Paging { around: Some(around), ..Default::default() };
    check(Paging::default(), 10, (91..=100).collect(), true, false).await;
    check(before(91), 10, (81..=90).collect(), true, true).await;
    check(before(11), 10, (1..=10).collect(), false, true).await;
    check(before(1), 10, vec![], false, true).await;
    check(before(500), 200, (1..=100).collect(), false, false).await;
    check(after(0), 10, (1..=10).collect(), false, true).await;
    check(after(90), 10, (91..=100).collect(), true, false).await;
    check(after(100), 10, vec![], true, false).await;
    check(around(50), 10, (45..=54).collect(), true, true).await;
    check(around(2), 10, (1..=10).collect(), false, true).await;
    check(around(99), 10, (91..=100).collect(), true, false).await;
    check(around(500), 60, (41..=100).collect(), true, false).await;
    check(Paging { pinned: true, ..Default::default() }, 10, vec![10, 90], false, false).await;
    check(Paging { pinned: true, before: Some(90), ..Default::default() }, 10, vec![10], false, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_ends_early_and_is_never_empty() {
    let world = World::new().await;
    let room = world.room("public", &[]).await;
    let large = message("ann", &"x".repeat(300 << 10));
    let mut events: Vec<Envelope> = (0..40).map(|_| message("ann", &"x".repeat(8_000))).collect();
    events.push(large);
    archived(&world, &room, &events).await;
    let newest = page(&world, &room, Paging::default(), 50).await;
    assert_eq!((seqs(&newest.entries), newest.older), (vec![41], true));
    let next = page(&world, &room, Paging { before: Some(41), ..Default::default() }, 50).await;
    assert_eq!((next.entries.len(), next.entries[31].seq, next.older, next.newer), (32, 40, true, true));
    let first = page(&world, &room, Paging { after: Some(0), ..Default::default() }, 50).await;
    assert_eq!((first.entries.len(), first.entries[0].seq, first.older, first.newer), (32, 1, false, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_page_begins_with_its_root() {
    let world = World::new().await;
    let room = world.room("public", &[]).await;
    let mut events = vec![message("ann", "other"), message("ann", "root")];
    events.extend(["bo", "bo", "cy", "di", "ed"].map(|from| reply(from, 2)));
    events.push(change(Kind::Deleted, "bo", 3));
    archived(&world, &room, &events).await;
    let thread = |before| Paging { thread: Some(2), before, ..Default::default() };
    let newest = page(&world, &room, thread(None), 3).await;
    assert_eq!((seqs(&newest.entries), newest.older, newest.newer), (vec![2, 6, 7], true, false));
    let footer = newest.entries[0].thread.clone().unwrap();
    let authors: Vec<_> = footer.from.iter().map(|author| author.id.to_string()).collect();
    assert_eq!((footer.count, footer.last, authors), (4, 7, vec!["bo".into(), "cy".into(), "di".to_owned()]));
    let rest = page(&world, &room, thread(Some(6)), 10).await;
    assert_eq!((seqs(&rest.entries), rest.older, rest.newer), (vec![2, 3, 4, 5], false, true));
    assert!(rest.entries[1].deleted);

    // Deleted in the log's tail: not counted, though the deletion itself is still to be folded in.
    let ask = GetHistory { room: room.clone(), viewer: name("ann"), paging: thread(None), limit: 50, deleted: vec![4, 7, 3] };
    let page = world.archive().history(ask).await.unwrap();
    let footer = page.entries[0].thread.clone().unwrap();
    let authors: Vec<_> = footer.from.iter().map(|author| author.id.to_string()).collect();
    assert_eq!((footer.count, footer.last, authors), (2, 6, vec!["cy".into(), "di".to_owned()]));
    let four = page.entries.iter().find(|entry| entry.seq == 4).unwrap();
    assert_eq!((four.deleted, &four.body, four.rev), (false, &None, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn private_rooms_do_not_exist_for_others() {
    let world = World::new().await;
    for user in ["ann", "bo"] {
        world.user(user).await;
    }
    let room = world.room("private", &["ann"]).await;
    archived(&world, &room, &[message("ann", "hush")]).await;
    let archive = world.archive();
    let code = |refusal: Refusal| refusal.code;
    let paging = Paging::default();
    let history = GetHistory { room: room.clone(), viewer: name("bo"), paging, limit: 50, deleted: vec![] };
    assert_eq!(code(archive.history(history).await.unwrap_err().into()), Code::NotFound);
    let events = GetEvents { room: room.clone(), viewer: name("bo"), after: 0, limit: 50 };
    assert_eq!(code(archive.events(events).await.unwrap_err().into()), Code::NotFound);
    let entries = GetEntries { room: room.clone(), viewer: name("bo"), seqs: vec![1], deleted: Vec::new() };
    assert_eq!(code(archive.entries(entries).await.unwrap_err().into()), Code::NotFound);
    let nowhere = GetEvents { room: RoomId::fresh(), viewer: name("bo"), after: 0, limit: 50 };
    assert_eq!(code(archive.events(nowhere).await.unwrap_err().into()), Code::NotFound);
    let unread = GetUnread { room: room.clone(), users: vec![name("bo")] };
    assert_eq!(archive.unread(unread).await.unwrap().counts, [], "no member, no count");
    assert_eq!(page(&world, &room, Paging::default(), 50).await.entries.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_exact_and_stop_at_a_thousand() {
    let world = World::new().await;
    let many: Vec<String> = (0..12).map(|number| format!("u{number}")).collect();
    for user in ["ann", "bo"].into_iter().chain(many.iter().map(String::as_str)) {
        world.user(user).await;
    }
    let mut members: Vec<&str> = many.iter().map(String::as_str).collect();
    members.extend(["ann", "bo"]);
    let room = world.room("public", &members).await;
    let mentioning =
        |from: &str| Envelope { body: Some(Body { mentions: vec![name("bo")], ..Body::text("<@bo>") }), ..message(from, "") };
    let mut events: Vec<Envelope> = (0..1_010).map(|_| message("ann", "x")).collect();
    events.extend([mentioning("ann"), mentioning("bo"), message("bo", "own"), mentioning("ann")]);
    events.extend([change(Kind::Deleted, "ann", 1_014), envelope(Kind::Joined, "u0"), change(Kind::Deleted, "ann", 1_000)]);
    archived(&world, &room, &events).await;
    world.sql("UPDATE members SET read_seq = 990 WHERE user_id IN ('bo', 'u1')").await;
    let mut users: Vec<_> = members.iter().map(|user| name(user)).collect();
    for few in [false, true] {
        if few {
            users.retain(|user| ["ann", "bo", "u0", "u1"].contains(&user.as_str()));
        }
        let unread = world.archive().unread(GetUnread { room: room.clone(), users: users.clone() }).await.unwrap();
        let of = |user: &str| {
            let count = unread.counts.iter().find(|count| count.user.as_str() == user).unwrap();
            (count.unread, count.mentions)
        };
        assert_eq!((unread.head, unread.last.as_ref().unwrap().seq), (1_017, 1_016));
        assert_eq!((of("ann"), of("bo"), of("u0"), of("u1")), ((2, 0), (20, 1), (1_000, 0), (22, 0)), "few: {few}");
    }
    let client = world.pools.writer().await.unwrap();
    let seen = overview(&client, &name("bo"), &[room.clone(), RoomId::fresh()]).await.unwrap();
    let (known, unknown) = (&seen[0], &seen[1]);
    assert_eq!((&known.0, &unknown.1), (&room, &Default::default()));
    let overview = &known.1;
    assert_eq!((seen.len(), overview.head, overview.read, overview.unread, overview.mentions), (2, 1_017, 990, 20, 1));
    assert_eq!(overview.last.as_ref().unwrap().from.name, "U0");
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_mark_does_not_wait_for_the_archive() {
    let world = World::new().await;
    world.user("ann").await;
    let room = world.room("public", &["ann"]).await;
    let client = world.pools.writer().await.unwrap();
    for (joined, read, expected) in [(0, 3, 3), (1, 0, 1), (1, 3, 3)] {
        world.sql(&format!("UPDATE members SET joined_seq = {joined}, read_seq = {read}")).await;
        let seen = overview(&client, &name("ann"), std::slice::from_ref(&room)).await.unwrap();
        assert_eq!((seen[0].1.head, seen[0].1.read), (0, expected), "joined {joined}, read {read}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_was_made_while_tables_were_empty_does_not_read_all_of_them_later() {
    let world = World::new().await;
    world.user("ann").await;
    let room = world.room("public", &["ann"]).await;
    let client = world.pools.writer().await.unwrap();
    let look = async || {
        overview(&client, &name("ann"), std::slice::from_ref(&room)).await.unwrap();
        own_overview(&client, &name("ann"), "", 50).await.unwrap().remove(0).1
    };
    // The session makes its plan, and keeps it.
    look().await;
    let fill = format!(
        "INSERT INTO events SELECT '{room}', n, {now}, {now}, n - 1, gen_random_uuid(), 1, 'bo', NULL, '\\x00', NULL
             FROM generate_series(1, 5000) n;
         INSERT INTO room_state SELECT 'r' || n, 1, 1, 1 FROM generate_series(1, 5000) n;
         INSERT INTO room_state VALUES ('{room}', 5000, 5000, {now});
         INSERT INTO entries SELECT 'r' || n, 1, n % 2 = 0, false, '\\x00' FROM generate_series(1, 5000) n;
         INSERT INTO mentions SELECT 'bo', 'r' || n, 1 FROM generate_series(1, 5000) n",
        now = now_ms()
    );
    world.sql(&fill).await;
    let read = async || {
        client.execute("SELECT pg_stat_force_next_flush()", &[]).await.unwrap();
        let read = "SELECT sum(seq_tup_read)::bigint FROM pg_stat_user_tables
            WHERE relname LIKE 'events%' OR relname IN ('room_state', 'entries', 'mentions')";
        client.query_one(read, &[]).await.unwrap().get::<_, i64>(0)
    };
    let before = read().await;
    let seen = look().await;
    assert_eq!((seen.head, seen.unread), (5_000, 1_000));
    assert_eq!(read().await, before, "rows that were read by going through a table");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_any_time_find_a_partition() {
    let world = World::new().await;
    let room = world.room("public", &[]).await;
    // As if no partition had been made: all lies in the default one.
    archived(&world, &room, &[message("ann", "x"), message("ann", "y")]).await;
    assert_eq!(world.number("SELECT count(*) FROM events_default").await, 0, "made before the rows came");
    let partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass";
    assert!(world.number(partitions).await >= 2);
    // A slice takes over what lies in the default partition.
    let old = 1_500_000_000_000_u64;
    let insert = "INSERT INTO events (room, seq, ts, at, prev, id, kind, author, payload) VALUES";
    world.sql(&format!("{insert} ('{room}', 900, {old}, {old}, 2, '00000000-0000-7000-8000-000000000000', 99, '', '')")).await;
    assert_eq!(world.number("SELECT count(*) FROM events_default").await, 1);
    let partitions = persister::partitions::Partitions::default();
    let mut client = world.pools.writer().await.unwrap();
    partitions.cover(&mut client, old, old, old).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM events_default").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM events").await, 3);
}
