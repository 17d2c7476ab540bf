//! The replica that holds the lease tells: diffs of rooms, a tick a second, and answers to `roster.*`.

use std::time::Duration;

use fabric::{Fabric, Service};
use protocol::code::Refusal;
use protocol::id::Name;
use protocol::limits::PAGE_BYTES;
use protocol::rpc::notice::{self, RoomNotice};
use protocol::rpc::roster::{GetOverview, GetPeople, GetRanking, GetRosters, Resync, Rosters, Tick};
use protocol::subject;
use tokio::sync::watch;

use crate::state::{Shared, now_ms};

/// Between looks for news; what happens meanwhile to one room goes out as one diff.
const FLUSH: Duration = Duration::from_millis(250);
/// Every so many looks there is a tick.
const TICKS: u64 = 4;
/// A replica that began to hear tells nothing for so long: every gateway says what it has within that time.
const SETTLE_MS: u64 = 1_500;
/// Requests answered at once.
const CONCURRENT: usize = 64;

/// Publishes while the lease is held, for ever.
pub async fn serve(fabric: &Fabric, shared: &Shared, mut epoch: watch::Receiver<Option<u64>>) {
    let mut looks = tokio::time::interval(FLUSH);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The epoch that is served, its service, and how many diffs were told in it.
    let mut office: Option<(u64, Service)> = None;
    let (mut told, mut count) = (0, 0u64);
    loop {
        looks.tick().await;
        count += 1;
        let now = now_ms();
        let held = *epoch.borrow_and_update();
        let settled = {
            let state = shared.lock();
            state.listens_since_ms > 0 && state.listens_since_ms + SETTLE_MS <= now && state.roster.is_synced()
        };
        shared.lock().roster.advance(now);
        let stale = office.as_ref().is_some_and(|(epoch, _)| Some(*epoch) != held);
        if stale && let Some((_, service)) = office.take() {
            tracing::info!("another replica publishes presence now");
            tokio::spawn(service.stop());
        }
        if office.is_none()
            && settled
            && let Some(epoch) = held
        {
            match answer(fabric, shared, epoch).await {
                Ok(service) => {
                    tracing::info!(epoch, "this replica publishes presence");
                    (office, told) = (Some((epoch, service)), 0);
                }
                Err(error) => tracing::warn!(%error, "roster requests cannot be answered yet, trying again"),
            }
        }
        let news = shared.lock().roster.take_news(now);
        let Some((epoch, _)) = &office else { continue };
        for (room, shard, n, diff) in news {
            let notice = RoomNotice::Presence { epoch: *epoch, n, diff: Box::new(diff) };
            send(fabric, shard.ephemeral(&room), notice::encode(&notice)).await;
            told += 1;
        }
        if count % TICKS == 0 {
            let tick = tick(shared, *epoch, told);
            send(fabric, subject::TICK.into(), notice::encode(&tick)).await;
        }
    }
}

fn tick(shared: &Shared, epoch: u64, told: u64) -> Tick {
    let state = shared.lock();
    let (sockets, users) = state.roster.totals();
    Tick { epoch, told, ranking: state.list.n, nodes: state.roster.nodes(), sockets, users }
}

/// Asks one gateway, or all, for everything.
pub async fn resync(fabric: &Fabric, node: Option<Name>) {
    send(fabric, subject::RESYNC.into(), notice::encode(&Resync { node })).await;
}

/// What is lost here is asked for again by who missed it.
pub async fn send(fabric: &Fabric, subject: String, payload: Vec<u8>) {
    if let Err(error) = fabric.send_core(subject, payload.into()).await {
        tracing::debug!(%error, "presence not told");
    }
}

/// Begins to answer `roster.*`.
async fn answer(fabric: &Fabric, shared: &Shared, epoch: u64) -> Result<Service, fabric::FabricError> {
    let service = Service::new(fabric, "roster", env!("CARGO_PKG_VERSION"), "who is online, and the ranked rooms").await?;
    let state = shared.clone();
    let rosters = move |request: GetRosters| std::future::ready(Ok(rosters(&state, epoch, &request)));
    service.endpoint::<GetRosters, _, _>(CONCURRENT, rosters).await?;
    let state = shared.clone();
    let people = move |request: GetPeople| {
        let state = state.lock();
        std::future::ready(Ok::<_, Refusal>(request.users.iter().filter_map(|user| state.roster.present(user)).collect()))
    };
    service.endpoint::<GetPeople, _, _>(CONCURRENT, people).await?;
    let state = shared.clone();
    let ranking = move |_: GetRanking| std::future::ready(Ok::<_, Refusal>(state.lock().list.clone()));
    service.endpoint::<GetRanking, _, _>(CONCURRENT, ranking).await?;
    let state = shared.clone();
    let overview = move |_: GetOverview| std::future::ready(Ok::<_, Refusal>(state.lock().roster.overview(epoch, now_ms())));
    service.endpoint::<GetOverview, _, _>(CONCURRENT, overview).await?;
    Ok(service)
}

/// As many of the rooms as an answer may hold; the first in any case.
fn rosters(shared: &Shared, epoch: u64, request: &GetRosters) -> Rosters {
    /// What one person takes at least, in bytes.
    const PERSON: usize = 100;
    let state = shared.lock();
    let mut bytes = 0;
    let mut rosters = Vec::new();
    for room in &request.rooms {
        let roster = state.roster.told(room);
        bytes += PERSON * (1 + roster.people.joins.len());
        rosters.push(roster);
        if bytes > PAGE_BYTES {
            break;
        }
    }
    Rosters { epoch, rosters }
}
