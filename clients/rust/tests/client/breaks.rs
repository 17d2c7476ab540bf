//! Gateways that are killed or drained in mid-traffic: nothing is lost, nothing comes twice, the order stays.

use std::collections::{HashMap, VecDeque};

use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Client, ClientError, ClientOptions, NewChange, Update};
use testkit::{Nats, Postgres, Service};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::world::{Person, SOON, is_rising, numbers, texts};

const MESSAGES: usize = 1_500;
/// So far the sender runs ahead of the listener at most: what is more than 500 behind is skipped, not told.
const AHEAD: usize = 300;

struct World {
    gateway: Service,
    _persister: Service,
    _nats: Nats,
}

impl World {
    async fn start() -> World {
        let nats = Nats::start().await;
        let database = Postgres::shared().await.database().await;
        let persister = Service::persister(&nats, &database, &[]);
        let quick = [("CHATMESH__LIMITS__PER_MINUTE", "0"), ("CHATMESH__HTTP__DRAIN_SPREAD_MS", "300")];
        let gateway = Service::gateway(&nats, &quick);
        persister.ready().await;
        gateway.ready().await;
        World { gateway, _persister: persister, _nats: nats }
    }
}

/// Sends and listens while `fault` happens again and again; then compares what was sent, heard and stored.
async fn nothing_is_lost_through(world: &World, fault: impl AsyncFn(&Service)) {
    let ann = Person::start(&world.gateway.url(), ClientOptions::default()).await;
    let room = ann.room().await;
    let resume = HashMap::from([(room.clone(), 0)]);
    let mut bo = Person::start(&world.gateway.url(), ClientOptions { resume, recent: false, ..ClientOptions::default() }).await;
    let (progress, mut stored) = watch::channel(0);
    let (ear, heard) = watch::channel(0);
    let sending = tokio::spawn(send(ann.client.clone(), room.clone(), progress, heard));
    let hearing = tokio::spawn(async move {
        let mut events = Vec::new();
        while events.len() < MESSAGES {
            events.extend(bo.messages(&room, 1).await);
            ear.send_replace(events.len());
        }
        (events, bo)
    });
    for round in 1..=3 {
        timeout(SOON, stored.wait_for(|stored| *stored >= round * MESSAGES / 5)).await.expect("sends go on").unwrap();
        fault(&world.gateway).await;
    }
    let seqs = sending.await.unwrap();
    let (heard, bo) = hearing.await.unwrap();
    assert!(is_rising(&seqs));
    assert_eq!(texts(&heard), numbers(MESSAGES));
    assert_eq!(heard.iter().map(|event| event.seq).collect::<Vec<_>>(), seqs);
    let log = bo.log(&heard[0].room).await;
    assert_eq!(log.iter().map(|event| event.seq).collect::<Vec<_>>(), seqs, "what was heard is what is stored");
}

async fn send(client: Client, room: RoomId, progress: watch::Sender<usize>, mut heard: watch::Receiver<usize>) -> Vec<u64> {
    let mut tickets = VecDeque::new();
    let mut seqs = Vec::new();
    for (sent, text) in numbers(MESSAGES).into_iter().enumerate() {
        timeout(SOON, heard.wait_for(|heard| heard + AHEAD > sent)).await.expect("what is sent is heard").unwrap();
        tickets.push_back(client.submit(NewChange::message(&room, text)).await.unwrap());
        if tickets.len() > 100
            && let Some(ticket) = tickets.pop_front()
        {
            seqs.push(ticket.stored().await.unwrap().seq);
            progress.send_replace(seqs.len());
        }
    }
    for ticket in tickets {
        seqs.push(ticket.stored().await.unwrap().seq);
    }
    seqs
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_of_the_gateway_in_mid_traffic() {
    let world = World::start().await;
    nothing_is_lost_through(&world, async |gateway| {
        gateway.kill();
        gateway.start_again().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_drains_is_left_in_time() {
    let world = World::start().await;
    nothing_is_lost_through(&world, async |gateway| {
        gateway.terminate();
        assert_eq!(gateway.wait().await, Some(0), "{}", gateway.stderr());
        gateway.start_again().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goaway_moves_within_the_spread_and_says_so() {
    let world = World::start().await;
    let mut ann = Person::start(&world.gateway.url(), ClientOptions::default()).await;
    world.gateway.terminate();
    let Update::Offline(error) = ann.until(|update| matches!(update, Update::Offline(_))).await else { unreachable!() };
    assert_eq!(error, ClientError::Closed(1012));
    world.gateway.wait().await;
    world.gateway.start_again().await;
    ann.until(|update| matches!(update, Update::Online(_))).await;
}
