//! Services, core messages and revocations.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fabric::{Fabric, FabricError, Revocations, Revoked, Service};
use futures_util::StreamExt as _;
use protocol::code::{Code, Refusal};
use protocol::rpc::account::{GetUser, KnownUsers, Revocation};
use protocol::rpc::archive::GetPositions;
use testkit::Nats;
use tokio::time::timeout;

use crate::fixture::{LONG, config, connect, room, shard};

#[tokio::test]
async fn services_answer_refuse_and_survive_a_panic() {
    let nats = Nats::start().await;
    let (server, client) = (connect(&nats).await, connect(&nats).await);
    let service = Service::new(&server, "archive", "0.1.0", "tests").await.unwrap();
    let answer = |request: GetPositions| async move {
        match request.shards[0].number {
            0 => Ok(vec![42]),
            1 => Err(Refusal::not_found("no such shard").after(7)),
            _ => panic!("one request's panic"),
        }
    };
    service.endpoint(4, answer).await.unwrap();
    let ask = async |number| client.request(&GetPositions { shards: vec![shard(number)] }).await;
    assert_eq!(ask(0).await.unwrap(), [42]);
    let refusal = ask(1).await.unwrap_err();
    assert_eq!((refusal.code, refusal.retry_after_ms), (Code::NotFound, Some(7)));
    assert_eq!(ask(2).await.unwrap_err().code, Code::Internal);
    assert_eq!(ask(0).await.unwrap(), [42]);
    service.stop().await;
    assert_eq!(ask(0).await.unwrap_err().code, Code::Unavailable);
}

#[tokio::test]
async fn no_responder_is_unavailable_at_once_and_silence_after_the_time_out() {
    let nats = Nats::start().await;
    let (server, client) = (connect(&nats).await, connect(&nats).await);
    let begin = Instant::now();
    let refusal = client.request(&GetUser { user: room("u") }).await.unwrap_err();
    assert_eq!(refusal.code, Code::Unavailable);
    assert!(begin.elapsed() < Duration::from_millis(500));

    let service = Service::new(&server, "directory", "0.1.0", "tests").await.unwrap();
    service.endpoint(1, |_: GetUser| std::future::pending()).await.unwrap();
    let slow = client.request_within(&GetUser { user: room("u") }, Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(slow.code, Code::Unavailable);

    nats.kill().await;
    testkit::eventually(LONG, async || (!*client.connected().borrow()).then_some(())).await;
    let begin = Instant::now();
    let away = client.request(&GetUser { user: room("u") }).await.unwrap_err();
    assert_eq!(away.code, Code::Unavailable);
    assert!(begin.elapsed() < Duration::from_millis(100));
}

#[tokio::test]
async fn requests_run_side_by_side_up_to_the_bound_and_finish_before_the_end() {
    let nats = Nats::start().await;
    let (server, client) = (connect(&nats).await, connect(&nats).await);
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let service = Service::new(&server, "directory", "0.1.0", "tests").await.unwrap();
    let counted = (running.clone(), most.clone());
    let answer = move |request: KnownUsers| {
        let (running, most) = counted.clone();
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(request.users)
        }
    };
    service.endpoint(3, answer).await.unwrap();
    let asked = tokio::spawn(async move {
        let question = KnownUsers { users: vec![room("a")] };
        futures_util::future::join_all((0..12).map(|_| client.request(&question))).await
    });
    testkit::eventually(LONG, async || (most.load(Ordering::SeqCst) == 3).then_some(())).await;
    let answers = asked.await.unwrap();
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|users| users == &[room("a")])), "{answers:?}");
    assert_eq!(most.load(Ordering::SeqCst), 3);

    // What runs at the end is answered.
    let last = connect(&nats).await;
    let last = tokio::spawn(async move { last.request(&KnownUsers { users: Vec::new() }).await });
    testkit::eventually(LONG, async || (running.load(Ordering::SeqCst) == 1).then_some(())).await;
    service.stop().await;
    assert!(last.await.unwrap().is_ok());
}

#[tokio::test]
async fn replicas_share_the_work() {
    let nats = Nats::start().await;
    let client = connect(&nats).await;
    let counts = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
    let mut services = Vec::new();
    for count in &counts {
        let service = Service::new(&connect(&nats).await, "archive", "0.1.0", "tests").await.unwrap();
        let count = count.clone();
        let answer = move |_: GetPositions| std::future::ready(Ok(vec![count.fetch_add(1, Ordering::SeqCst) as u64]));
        service.endpoint(4, answer).await.unwrap();
        services.push(service);
    }
    let asked = async || {
        client.request(&GetPositions { shards: vec![shard(0)] }).await.unwrap();
        counts.iter().all(|count| count.load(Ordering::SeqCst) > 0).then_some(())
    };
    testkit::eventually(LONG, asked).await;
}

#[tokio::test]
async fn core_messages_reach_those_who_listen() {
    let nats = Nats::start().await;
    let (one, two) = (connect(&nats).await, connect(&nats).await);
    let mut heard = two.subscribe_core("user.>".into()).await.unwrap();
    one.send_core("user.7.u".into(), "hello".into()).await.unwrap();
    let message = timeout(LONG, heard.next()).await.unwrap().unwrap();
    assert_eq!((message.subject.as_str(), message.payload.as_ref()), ("user.7.u", b"hello".as_ref()));
    nats.kill().await;
    testkit::eventually(LONG, async || one.send_core("user.7.u".into(), "lost".into()).await.is_err().then_some(())).await;
}

#[tokio::test]
async fn revocations_are_watched_from_the_first_on_and_through_a_restart() {
    let nats = Nats::start().await;
    let (writer, reader) = (connect(&nats).await, connect(&nats).await);
    let ttl = Duration::from_secs(1_000);
    let bucket = Revocations::open(&writer, ttl).await.unwrap();
    let mut empty = bucket.watch().await.unwrap();
    assert_eq!(timeout(LONG, empty.next()).await.unwrap(), Some(Revoked::CaughtUp));

    let revocation = |at| Revocation { at, banned: at % 2 == 0, except: None };
    let entry = |key: &str, at| Some(Revoked::Entry { key: key.into(), revocation: revocation(at) });
    bucket.put("login.a", &revocation(1)).await.unwrap();
    bucket.put("user.b", &revocation(2)).await.unwrap();
    bucket.put("login.a", &revocation(3)).await.unwrap();
    let mut watch = Revocations::open(&reader, ttl).await.unwrap().watch().await.unwrap();
    for expected in [entry("user.b", 2), entry("login.a", 3), Some(Revoked::CaughtUp)] {
        assert_eq!(timeout(LONG, watch.next()).await.unwrap(), expected);
    }
    bucket.put("user.c", &revocation(4)).await.unwrap();
    assert_eq!(timeout(LONG, watch.next()).await.unwrap(), entry("user.c", 4));

    nats.restart().await;
    testkit::eventually(LONG, async || bucket.put("user.d", &revocation(5)).await.ok()).await;
    assert_eq!(timeout(LONG, watch.next()).await.unwrap(), entry("user.d", 5));
}

#[tokio::test]
async fn connecting_says_what_is_wrong() {
    let nats = Nats::with_password("chatmesh", "secret").await;
    let mut config = config(nats.url());
    let refused = Fabric::connect(&config, "test").await.unwrap_err();
    assert!(matches!(refused, FabricError::Login), "{refused}");
    (config.user, config.password) = (Some("chatmesh".into()), Some("wrong".into()));
    assert!(matches!(Fabric::connect(&config, "test").await, Err(FabricError::Login)));
    config.password = Some("secret".into());
    let fabric = Fabric::connect(&config, "test").await.unwrap();
    fabric.ensure_stream(&shard(0), None).await.unwrap();

    config.url = "no address at all".into();
    let wrong = Fabric::connect(&config, "test").await.unwrap_err().to_string();
    assert!(wrong.contains("nats.url"), "{wrong}");
}

#[tokio::test]
async fn more_than_a_service_can_hold_is_refused_at_once() {
    let nats = Nats::start().await;
    let (server, client) = (connect(&nats).await, connect(&nats).await);
    let service = Service::new(&server, "directory", "0.1.0", "tests").await.unwrap();
    service.endpoint(1, |_: GetUser| std::future::pending()).await.unwrap();
    let question = GetUser { user: room("u") };
    let ask = async |_| client.request_within(&question, Duration::from_millis(500)).await.unwrap_err().message;
    let refusals = futures_util::future::join_all((0..40).map(ask)).await;
    let overloaded = refusals.iter().filter(|message| message.contains("overloaded")).count();
    assert_eq!(overloaded, 40 - 32, "{refusals:?}");
    // One runs for ever; the others' turn does not come.
    assert!(client.request(&question).await.unwrap_err().message.contains("overloaded"));
}

#[tokio::test]
async fn a_bucket_that_keeps_its_entries_longer_is_left_so() {
    let nats = Nats::start().await;
    let fabric = connect(&nats).await;
    for (ttl, kept) in [(100, 100), (50, 100), (200, 200)] {
        Revocations::open(&fabric, Duration::from_secs(ttl)).await.unwrap();
        let context = async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap());
        let bucket = context.get_key_value("REVOKED").await.unwrap();
        assert_eq!(bucket.status().await.unwrap().max_age(), Duration::from_secs(kept));
    }
}
