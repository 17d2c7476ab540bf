//! The ranked list of rooms: as the presence service told it, for HTTP and for the sockets that want it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use protocol::frame::{OkFrame, RoomList, ServerFrame};
use protocol::id::RoomId;
use protocol::presence::{RANKED, RankedRoom};
use protocol::rpc::notice;
use protocol::rpc::roster::{GetRanking, Ranking};
use protocol::subject;

use crate::core::Core;
use crate::socket::Socket;
use crate::socket::codec::framed;
use crate::socket::shared::Shared;

/// Rooms when nobody says how many.
const DEFAULT: u64 = 50;
/// A socket is told at most once in this time.
const TELL: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Lobby(Mutex<State>);

#[derive(Default)]
struct State {
    /// As it was told to sockets, and the newest.
    told: Arc<Ranking>,
    newest: Arc<Ranking>,
    /// Those who want it, by how many rooms.
    sockets: HashMap<usize, Vec<Arc<Socket>>>,
}

impl Lobby {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first rooms of the list.
    pub fn rooms(&self, limit: Option<u64>) -> Vec<RankedRoom> {
        first(&self.lock().newest, size(limit)).to_vec()
    }

    /// Answers the socket with the list, and tells it of changes; a later request replaces an earlier one.
    pub fn subscribe(&self, socket: &Arc<Socket>, reference: u64, limit: Option<u64>) {
        let mut state = self.lock();
        state.forget(socket);
        let size = size(limit);
        let rooms = first(&state.told, size).to_vec();
        let ok = OkFrame { reference, rooms: Some(RoomList::Ranked(rooms)), ..OkFrame::default() };
        socket.mailbox.push(framed(socket.encoding, &ServerFrame::Ok(Box::new(ok))));
        state.sockets.entry(size).or_default().push(socket.clone());
    }

    pub fn unsubscribe(&self, socket: &Socket) {
        self.lock().forget(socket);
    }

    fn learn(&self, ranking: Ranking) {
        let mut state = self.lock();
        // Another replica counts anew; its epoch is lower only when the bucket of leases was made anew.
        if ranking.epoch != state.newest.epoch || ranking.n > state.newest.n {
            state.newest = Arc::new(ranking);
        }
    }

    /// Tells every socket what changed in its part of the list.
    fn tell(&self) {
        let mut state = self.lock();
        if Arc::ptr_eq(&state.told, &state.newest) {
            return;
        }
        let (old, new) = (state.told.clone(), state.newest.clone());
        state.told = new.clone();
        for (size, sockets) in &state.sockets {
            let Some(frame) = difference(first(&old, *size), first(&new, *size)) else { continue };
            let mut shared = Shared::new(&frame);
            for socket in sockets {
                socket.mailbox.push_live(shared.bytes(socket.encoding));
            }
        }
    }
}

impl State {
    fn forget(&mut self, socket: &Socket) {
        for sockets in self.sockets.values_mut() {
            sockets.retain(|other| other.id != socket.id);
        }
        self.sockets.retain(|_, sockets| !sockets.is_empty());
    }
}

fn size(limit: Option<u64>) -> usize {
    limit.unwrap_or(DEFAULT).min(RANKED as u64) as usize
}

fn first(ranking: &Ranking, size: usize) -> &[RankedRoom] {
    ranking.rooms.get(..size.min(ranking.rooms.len())).unwrap_or_default()
}

fn difference(old: &[RankedRoom], new: &[RankedRoom]) -> Option<ServerFrame> {
    let before: HashMap<&RoomId, &RankedRoom> = old.iter().map(|ranked| (&ranked.room, ranked)).collect();
    let put: Vec<RankedRoom> = new.iter().filter(|ranked| before.get(&ranked.room) != Some(ranked)).cloned().collect();
    let drop: Vec<RoomId> = {
        let stay = |room: &RoomId| new.iter().any(|ranked| ranked.room == *room);
        old.iter().map(|ranked| &ranked.room).filter(|room| !stay(room)).cloned().collect()
    };
    (!put.is_empty() || !drop.is_empty()).then_some(ServerFrame::Lobby { put, drop })
}

/// Hears the list for ever; what was told before is asked for.
pub async fn hear(core: Arc<Core>) {
    let lobby = &core.presence.lobby;
    loop {
        if let Ok(mut lists) = core.fabric.subscribe_core(subject::LOBBY.into()).await {
            let mut ticks = tokio::time::interval(RETRY);
            loop {
                tokio::select! {
                    list = lists.next() => match list {
                        Some(list) => if let Some(ranking) = notice::decode(&list.payload) { lobby.learn(ranking) },
                        None => break,
                    },
                    // One that was missed, or told before this gateway began.
                    _ = ticks.tick() => {
                        let newest = lobby.lock().newest.clone();
                        if core.presence.tick.ranking().is_some_and(|(epoch, n)| epoch != newest.epoch || n > newest.n)
                            && let Ok(ranking) = core.fabric.request(&GetRanking {}).await
                        {
                            lobby.learn(ranking);
                        }
                    }
                }
            }
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Tells sockets for ever.
pub async fn tell(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(TELL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        core.presence.lobby.tell();
    }
}
