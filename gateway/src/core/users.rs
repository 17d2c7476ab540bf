//! Users with sockets here: their rooms as the log says, their sockets, their rate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moka::sync::Cache;
use protocol::close::Close;
use protocol::frame::ServerFrame;
use protocol::id::{RoomId, UserId};
use protocol::presence::{State, Status};
use protocol::room::{Role, RoomType, User};
use protocol::rpc::account::Revocation;
use protocol::rpc::directory::{Membership, RoomInfo};
use protocol::subject::Shard;
use tokio::sync::OnceCell;

use super::bucket::Bucket;
use super::first_page::FirstPages;
use super::interned::{self, Place};
use super::lock;
use crate::session::Signal;
use crate::socket::Socket;
use crate::socket::codec::framed;

/// Rates that are remembered of users who left; each is full again after a minute.
const RATES: u64 = 100_000;
const RATE_FULL: Duration = Duration::from_secs(60);

/// All users with sockets here.
pub struct Users {
    map: Mutex<HashMap<UserId, Arc<UserState>>>,
    /// Sockets whose user is not known yet, by their number.
    strangers: Mutex<HashMap<u64, Arc<Socket>>>,
    /// What was left of the rates of users who went: coming again gives no new one.
    rates: Cache<UserId, Bucket>,
    per_minute: u32,
    most_sockets: usize,
}

/// One user; shared by his sockets.
pub struct UserState {
    pub id: UserId,
    /// Set once his memberships were read.
    pub loaded: OnceCell<()>,
    pub first_pages: FirstPages,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    user: Option<User>,
    rooms: HashMap<RoomId, Known>,
    sockets: Vec<Arc<Socket>>,
    bucket: Bucket,
    per_minute: u32,
    status: Status,
    /// When one of his sockets did something last, in milliseconds since 1970 UTC.
    active_ms: u64,
}

/// What is known of the user in one room, as of the room's version `ver`.
#[derive(Clone)]
struct Known {
    role: Option<Role>,
    ver: u64,
    /// Unknown until the directory was asked: the log does not tell.
    place: Option<Arc<Place>>,
    /// His sockets that have the room attached.
    attached: u32,
}

impl Users {
    pub fn new(per_minute: u32, most_sockets: usize) -> Self {
        let rates = Cache::builder().max_capacity(RATES).time_to_live(RATE_FULL).build();
        Self { map: Mutex::default(), strangers: Mutex::default(), rates, per_minute, most_sockets }
    }

    /// A socket that has not said who it is: it hears when all have to go.
    pub fn arrive(&self, socket: &Arc<Socket>) {
        lock(&self.strangers).insert(socket.id, socket.clone());
    }

    /// The socket has gone, or is somebody's.
    pub fn depart(&self, socket: &Socket) {
        lock(&self.strangers).remove(&socket.id);
    }

    /// The user, if he has sockets here.
    pub fn held(&self, id: &UserId) -> Option<Arc<UserState>> {
        lock(&self.map).get(id).cloned()
    }

    /// Adds a socket of the user, before his memberships are read, so that no change is missed between. Above the limit the
    /// oldest socket is replaced.
    pub fn enter(&self, id: &UserId, socket: &Arc<Socket>) -> Arc<UserState> {
        let mut map = lock(&self.map);
        let user = map.entry(id.clone()).or_insert_with(|| {
            let bucket = self.rates.remove(id).unwrap_or_default();
            let inner = Mutex::new(Inner { bucket, per_minute: self.per_minute, ..Inner::default() });
            Arc::new(UserState { id: id.clone(), loaded: OnceCell::new(), first_pages: FirstPages::default(), inner })
        });
        let mut inner = lock(&user.inner);
        inner.sockets.push(socket.clone());
        // All that are too many: the oldest may not have gone yet when the next one comes.
        let surplus = inner.sockets.len().saturating_sub(self.most_sockets);
        for oldest in inner.sockets.iter().take(surplus) {
            oldest.mailbox.signal(Signal::Close(Close::Replaced));
        }
        drop(inner);
        let user = user.clone();
        drop(map);
        self.depart(socket);
        user
    }

    /// Removes a socket; without any the user is forgotten.
    pub fn leave(&self, id: &UserId, socket: &Socket) {
        let mut map = lock(&self.map);
        let Some(user) = map.get(id) else { return };
        let mut inner = lock(&user.inner);
        inner.sockets.retain(|other| other.id != socket.id);
        let left = inner.sockets.is_empty().then(|| std::mem::take(&mut inner.bucket));
        drop(inner);
        if let Some(bucket) = left {
            if bucket.is_used() {
                self.rates.insert(id.clone(), bucket);
            }
            map.remove(id);
        }
    }

    /// Those of the users here who are members of a room.
    pub fn members(&self, room: &RoomId) -> Vec<Arc<UserState>> {
        lock(&self.map).values().filter(|user| user.role(room).is_some()).cloned().collect()
    }

    pub fn signal(&self, id: &UserId, signal: &Signal) {
        if let Some(user) = self.held(id) {
            user.signal(signal);
        }
    }

    /// Closes the sockets that a revocation concerns; `key` is `login.<login>` or `user.<user>`.
    pub fn cut(&self, key: &str, revocation: &Revocation) {
        let close = if revocation.banned { Close::Banned } else { Close::Unauthenticated };
        let users: Vec<_> = match key.strip_prefix("user.") {
            Some(user) => lock(&self.map).get(user).cloned().into_iter().collect(),
            None => lock(&self.map).values().cloned().collect(),
        };
        for user in users {
            user.signal(&Signal::Revoked { key: key.into(), at_ms: revocation.at, except: revocation.except.clone(), close });
        }
    }

    /// Queues a frame for every socket.
    pub fn say(&self, frame: &ServerFrame) {
        for socket in self.sockets() {
            socket.mailbox.push(framed(socket.encoding, frame));
        }
    }

    /// Closes every socket.
    pub fn send_away(&self, close: Close) {
        for socket in self.sockets() {
            socket.mailbox.signal(Signal::Close(close));
        }
    }

    /// Everybody with sockets here.
    pub fn all(&self) -> Vec<Arc<UserState>> {
        lock(&self.map).values().cloned().collect()
    }

    fn sockets(&self) -> Vec<Arc<Socket>> {
        let users = self.all();
        let strangers: Vec<_> = lock(&self.strangers).values().cloned().collect();
        users.iter().flat_map(|user| user.sockets()).chain(strangers).collect()
    }
}

impl UserState {
    pub fn signal(&self, signal: &Signal) {
        for socket in self.sockets() {
            socket.mailbox.signal(signal.clone());
        }
    }

    pub fn sockets(&self) -> Vec<Arc<Socket>> {
        lock(&self.inner).sockets.clone()
    }

    /// Takes one change from the user's rate, or tells after how many milliseconds one passes.
    pub fn take_token(&self, now_ms: u64) -> Result<(), u64> {
        let mut inner = lock(&self.inner);
        let per_minute = inner.per_minute;
        inner.bucket.take(per_minute, now_ms)
    }

    pub fn set_user(&self, user: User) {
        lock(&self.inner).user = Some(user);
    }

    pub fn user(&self) -> Option<User> {
        lock(&self.inner).user.clone()
    }

    pub fn role(&self, room: &RoomId) -> Option<Role> {
        lock(&self.inner).rooms.get(room).and_then(|known| known.role)
    }

    /// A membership that the directory confirmed and the log did not end since.
    pub fn membership(&self, room: &RoomId) -> Option<(Role, RoomType, Shard)> {
        let inner = lock(&self.inner);
        let known = inner.rooms.get(room)?;
        let place = known.place.as_deref()?;
        Some((known.role?, place.room_type, place.shard.clone()))
    }

    /// Type and shard of a room that was asked about, member or not.
    pub fn known(&self, room: &RoomId) -> Option<(RoomType, Shard)> {
        let place = lock(&self.inner).rooms.get(room)?.place.clone()?;
        Some((place.room_type, place.shard.clone()))
    }

    /// What he chose to be, on any device.
    pub fn status(&self) -> Status {
        lock(&self.inner).status.clone()
    }

    pub fn set_status(&self, status: Status) {
        lock(&self.inner).status = status;
    }

    pub fn is_invisible(&self) -> bool {
        lock(&self.inner).status.state == State::Invisible
    }

    /// One of his sockets did something. True: he was idle.
    pub fn touch(&self, now_ms: u64, idle_ms: u64) -> bool {
        let mut inner = lock(&self.inner);
        let was_idle = inner.active_ms + idle_ms <= now_ms;
        inner.active_ms = now_ms;
        was_idle
    }

    /// When one of his sockets did something last.
    pub fn active_ms(&self) -> u64 {
        lock(&self.inner).active_ms
    }

    /// One of his sockets attached or detached a room.
    pub fn set_attached(&self, room: &RoomId, on: bool) {
        if let Some(known) = lock(&self.inner).rooms.get_mut(room) {
            known.attached = if on { known.attached + 1 } else { known.attached.saturating_sub(1) };
        }
    }

    /// Rooms that his sockets have attached, with their shards.
    pub fn attached(&self) -> Vec<(RoomId, Shard)> {
        let inner = lock(&self.inner);
        let attached = inner.rooms.iter().filter(|(_, known)| known.attached > 0);
        attached.filter_map(|(room, known)| Some((room.clone(), known.place.as_ref()?.shard.clone()))).collect()
    }

    /// All rooms of which the user is a member, with their shards.
    pub fn rooms(&self) -> Vec<(RoomId, Shard)> {
        let inner = lock(&self.inner);
        let member = |(room, known): (&RoomId, &Known)| {
            known.role?;
            Some((room.clone(), known.place.as_ref()?.shard.clone()))
        };
        inner.rooms.iter().filter_map(member).collect()
    }

    /// The log says: from here on this role.
    pub fn change_role(&self, room: &RoomId, role: Option<Role>, ver: u64) {
        let mut inner = lock(&self.inner);
        let known = inner.rooms.entry(interned::name(room)).or_insert(Known { role, ver, place: None, attached: 0 });
        if ver > known.ver {
            (known.role, known.ver) = (role, ver);
        }
    }

    /// The directory's answer; what the log told since is newer.
    pub fn learn(&self, room: &RoomInfo, role: Option<Role>) {
        let mut inner = lock(&self.inner);
        let known =
            inner.rooms.entry(interned::name(&room.room)).or_insert(Known { role, ver: room.ver, place: None, attached: 0 });
        known.place = Some(interned::place(Place { room_type: room.room_type, shard: room.shard.clone() }));
        if room.ver >= known.ver {
            (known.role, known.ver) = (role, room.ver);
        }
    }

    pub fn learn_membership(&self, membership: Membership) {
        let Membership { room, room_type, shard, role, ver, members } = membership;
        self.learn(&RoomInfo { room, room_type, shard, ver, members }, Some(role));
    }
}
