//! A connection in ordinary times: both encodings, long absences, tokens that expire, readers that are slow.

use std::collections::{HashMap, HashSet};

use chatmesh_client::protocol::decode::Encoding;
use chatmesh_client::protocol::frame::{Paging, ServerFrame};
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{ClientError, ClientOptions, Update};
use http::Method;
use testkit::Proxy;

use crate::world::{Person, SOON, is_rising, mesh, numbers, say, shared, texts};

#[tokio::test(flavor = "multi_thread")]
async fn both_encodings_hear_each_other_once_and_in_order() {
    let url = shared().await.url();
    for encoding in Encoding::ALL {
        let mut ann = Person::start(&url, ClientOptions { encoding, ..ClientOptions::default() }).await;
        let mut bo = Person::start(&url, ClientOptions { encoding, ..ClientOptions::default() }).await;
        let room = ann.room().await;
        bo.join(&room).await;
        bo.until(|update| matches!(update, Update::Frame(frame) if matches!(**frame, ServerFrame::Room(_)))).await;
        let seqs = say(&ann.client, &room, numbers(150)).await;
        assert!(is_rising(&seqs));
        for person in [&mut ann, &mut bo] {
            let events = person.messages(&room, 150).await;
            assert_eq!(texts(&events), numbers(150));
            assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), seqs);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_missed_than_is_pushed_gives_the_newest_and_goes_on_live() {
    let url = shared().await.url();
    let ann = Person::start(&url, ClientOptions::default()).await;
    let room = ann.room().await;
    let first = say(&ann.client, &room, numbers(1)).await[0];
    say(&ann.client, &room, numbers(700)).await;
    let resume = HashMap::from([(room.clone(), first)]);
    let mut bo = Person::start(&url, ClientOptions { resume, recent: false, ..ClientOptions::default() }).await;
    let skips = |update: &Update| matches!(update, Update::Frame(frame) if matches!(**frame, ServerFrame::Skipped { .. }));
    let Update::Frame(frame) = bo.until(skips).await else { unreachable!() };
    let ServerFrame::Skipped { after, until, entries, .. } = *frame else { unreachable!() };
    assert_eq!((after, entries.len()), (first, 50));
    assert_eq!(entries.last().unwrap().seq, until);
    say(&ann.client, &room, ["after".to_owned()]).await;
    assert_eq!(texts(&bo.messages(&room, 1).await), ["after"], "nothing of what was skipped comes as an event");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_loses_nothing() {
    let url = shared().await.url();
    let ann = Person::start(&url, ClientOptions::default()).await;
    let mut bo = Person::start(&url, ClientOptions { recent: false, ..ClientOptions::default() }).await;
    let room = ann.room().await;
    bo.client.attach(&room, Some(0)).await.unwrap();
    // More than the channel holds; fewer behind it than would be skipped.
    say(&ann.client, &room, numbers(1_400)).await;
    let page = bo.client.history(&room, Paging::default()).await.unwrap();
    assert!(page.entries.is_some(), "answers come although no update is read");
    assert_eq!(texts(&bo.messages(&room, 1_400).await), numbers(1_400));
    say(&ann.client, &room, ["live".to_owned()]).await;
    assert_eq!(texts(&bo.messages(&room, 1).await), ["live"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rooms_than_hello_takes_come_back_after_a_break() {
    let url = shared().await.url();
    let proxy = Proxy::to(url.trim_start_matches("http://").to_owned()).await;
    let ann = Person::start(&url, ClientOptions { recent: false, ..ClientOptions::default() }).await;
    let mut rooms = Vec::new();
    for _ in 0..210 {
        rooms.push(ann.room().await);
    }
    let resume = rooms.iter().map(|room| (room.clone(), 0)).collect();
    let through = format!("http://{}", proxy.address());
    let mut bo = Person::start(&through, ClientOptions { resume, recent: false, ..ClientOptions::default() }).await;
    let is_resumed = |update: &Update| matches!(update, Update::Frame(frame) if matches!(**frame, ServerFrame::Resumed { .. }));
    let mut resumed = HashSet::new();
    while resumed.len() < rooms.len() {
        let Update::Frame(frame) = bo.until(is_resumed).await else { unreachable!() };
        let ServerFrame::Resumed { room, .. } = *frame else { unreachable!() };
        resumed.insert(room);
    }
    proxy.cut();
    bo.until(|update| matches!(update, Update::Offline(_))).await;
    for room in &rooms {
        say(&ann.client, room, ["missed".to_owned()]).await;
    }
    proxy.resume();
    let mut missed = HashSet::new();
    while missed.len() < rooms.len() {
        let Update::Event(event) = bo.until(|update| matches!(update, Update::Event(_))).await else { unreachable!() };
        assert_eq!(event.body.unwrap().text.unwrap(), "missed");
        assert!(missed.insert(event.room), "each once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_lived_token_is_exchanged_and_the_socket_stays() {
    let mesh = mesh(&[("CHATMESH__AUTH__ACCESS_TTL_S", "6")]).await;
    let mut ann = Person::start(&mesh.url(), ClientOptions::default()).await;
    let room = ann.room().await;
    for _ in 0..3 {
        let update = ann.until(|update| matches!(update, Update::Login(_) | Update::Offline(_))).await;
        let Update::Login(login) = update else { panic!("{update:?} instead of new tokens") };
        assert_eq!(login.user, ann.login.user);
        assert!(login.expires_at > ann.login.expires_at);
        ann.login = *login;
        say(&ann.client, &room, ["still here".to_owned()]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_was_ended_ends_the_client() {
    let mut ann = Person::start(&shared().await.url(), ClientOptions::default()).await;
    let token = ann.login.access_token.clone();
    ann.api.insist(Method::POST, "/auth/logout", Some(&token), None, SOON).await.unwrap();
    let Update::Closed(error) = ann.until(|update| matches!(update, Update::Closed(_))).await else { unreachable!() };
    assert_eq!(error.code(), Some("unauthenticated"), "after it was tried with another token: {error}");
    let room = RoomId::parse("r").unwrap();
    let late = ann.client.attach(&room, None).await;
    assert!(matches!(late, Err(ClientError::Offline(_))), "{late:?}");
}
