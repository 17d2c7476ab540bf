//! The ranked list of public rooms: counted here, named and previewed by the directory, told at most once a second.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use fabric::Fabric;
use protocol::id::RoomId;
use protocol::presence::{COUNTED, RANKED, RankedRoom};
use protocol::rpc::directory::{GetActive, GetFacts, RoomFacts};
use protocol::rpc::notice;
use protocol::subject;
use tokio::sync::watch;

use crate::publish::send;
use crate::ranking::Rank;
use crate::state::{Shared, now_ms};

const INTERVAL: Duration = Duration::from_secs(1);
/// Facts are read again after this many intervals also when nothing is heard of a room: it may have a new name.
const REFRESH: u64 = 30;
/// Marks of one page.
const PAGE: u64 = 5_000;

/// Keeps the list for ever; the replica with the lease tells it.
pub async fn serve(fabric: &Fabric, shared: &Shared, mut epoch: watch::Receiver<Option<u64>>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut facts: HashMap<RoomId, RoomFacts> = HashMap::new();
    let mut loaded = false;
    // Once more in the next round: the archive may not have had it yet.
    let mut again: HashSet<RoomId> = HashSet::new();
    let mut round = 0u64;
    loop {
        ticks.tick().await;
        round += 1;
        if !loaded {
            loaded = load(fabric, shared).await;
            if !loaded {
                continue;
            }
        }
        let (top, touched) = {
            let mut state = shared.lock();
            state.ranking.advance(now_ms() / 60_000);
            let top = state.ranking.top(RANKED, |room| state.roster.online(room));
            (top, std::mem::take(&mut state.touched))
        };
        let fresh: HashSet<RoomId> = touched.union(&std::mem::replace(&mut again, touched.clone())).cloned().collect();
        let held = *epoch.borrow_and_update();
        let Some(epoch) = held else {
            facts.clear();
            continue;
        };
        let wanted =
            |place: &&Rank| !facts.contains_key(&place.room) || fresh.contains(&place.room) || round.is_multiple_of(REFRESH);
        let wanted: Vec<RoomId> = top.iter().filter(wanted).map(|place| place.room.clone()).collect();
        if !wanted.is_empty() {
            match fabric.request(&GetFacts { rooms: wanted.clone() }).await {
                Ok(found) => facts.extend(found.into_iter().map(|facts| (facts.room.clone(), facts))),
                // The old ones stand; these are asked for again.
                Err(refusal) => {
                    tracing::debug!(%refusal.message, "rooms of the ranking cannot be read now");
                    shared.lock().touched.extend(wanted);
                    continue;
                }
            }
        }
        facts.retain(|room, _| top.iter().any(|place| place.room == *room));
        let rooms: Vec<RankedRoom> = top.iter().filter_map(|place| Some(ranked(place, facts.get(&place.room)?))).collect();
        let list = {
            let mut state = shared.lock();
            if state.list.rooms == rooms && state.list.epoch == epoch {
                continue;
            }
            (state.list.epoch, state.list.n, state.list.rooms) = (epoch, state.list.n + 1, rooms);
            state.list.clone()
        };
        send(fabric, subject::LOBBY.into(), notice::encode(&list)).await;
    }
}

fn ranked(place: &Rank, facts: &RoomFacts) -> RankedRoom {
    RankedRoom {
        room: place.room.clone(),
        name: facts.name.clone(),
        active_30m: place.active.min(COUNTED + 1),
        online: place.online,
        last: facts.last.clone().map(Box::new),
    }
}

/// What was kept of before this replica began. False: try again.
async fn load(fabric: &Fabric, shared: &Shared) -> bool {
    let minute = now_ms() / 60_000;
    let mut after = None;
    loop {
        let request = GetActive { since: minute.saturating_sub(protocol::presence::RECENT_MIN - 1), after, limit: PAGE };
        let marks = match fabric.request(&request).await {
            Ok(marks) => marks,
            Err(refusal) => {
                tracing::debug!(%refusal.message, "kept marks cannot be read yet");
                return false;
            }
        };
        let mut state = shared.lock();
        state.ranking.advance(minute);
        for mark in &marks {
            state.ranking.mark(&mark.room, &mark.user, mark.minute);
        }
        drop(state);
        if marks.len() < PAGE as usize {
            return true;
        }
        after = marks.last().map(|mark| (mark.room.clone(), mark.user.clone()));
    }
}
