//! Who is here, told to the presence service; and who is where, told by it. Nothing of it is stored.

mod beats;
mod lobby;
mod rosters;
mod tick;
mod typing;

use std::sync::Arc;

use protocol::id::{Name, RoomId, UserId};
use protocol::subject::Shard;

use crate::core::Core;
use crate::core::now_ms;
use crate::hub::Tasks;
use crate::session::Identity;
use crate::socket::Socket;

/// All of it, for one gateway.
pub struct Presence {
    pub beats: beats::Beats,
    pub rosters: rosters::Rosters,
    pub typing: typing::Typing,
    pub lobby: lobby::Lobby,
    pub tick: tick::Ticks,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            beats: beats::Beats::new(Name::fresh()),
            rosters: rosters::Rosters::default(),
            typing: typing::Typing::default(),
            lobby: lobby::Lobby::default(),
            tick: tick::Ticks::default(),
        }
    }
}

/// Starts what runs all the time.
pub fn start(core: &Arc<Core>, tasks: &Tasks) {
    tasks.spawn(beats::serve(core.clone()));
    tasks.spawn(beats::answer(core.clone()));
    tasks.spawn(beats::watch_idle(core.clone()));
    tasks.spawn(rosters::load(core.clone()));
    tasks.spawn(typing::tell(core.clone()));
    tasks.spawn(lobby::hear(core.clone()));
    tasks.spawn(lobby::tell(core.clone()));
}

impl Core {
    /// A socket attached a room, or has it no more.
    pub fn attachment(&self, me: &Identity, socket: &Arc<Socket>, room: &RoomId, on: bool) {
        me.user.set_attached(room, on);
        self.presence.beats.changed(&me.claims.sub);
        if on {
            self.presence.rosters.enter(room, socket);
        } else {
            self.presence.rosters.exit(room, socket);
        }
    }

    /// A socket of the user did something that a person does.
    pub fn touch(&self, me: &Identity) {
        if me.user.touch(now_ms(), self.idle_ms()) {
            self.presence.beats.changed(&me.claims.sub);
        }
    }

    /// Somebody sent something in a public room, or read there with the room open.
    pub fn active(&self, room: &RoomId, shard: &Shard, user: &UserId) {
        self.presence.beats.active(room, shard, user);
    }

    fn idle_ms(&self) -> u64 {
        self.config.presence.away_after_s * 1_000
    }
}
