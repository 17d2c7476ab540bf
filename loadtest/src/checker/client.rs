//! What a lasting client's updates mean to the checker.

use chatmesh_client::Update;
use chatmesh_client::protocol::frame::ServerFrame;

use super::{Checker, ClientId};

impl Checker {
    /// Takes an update of a [`chatmesh_client::Client`]. It resumes by itself, so a break does not end an attachment: all that it
    /// missed is owed.
    pub fn update(&mut self, client: ClientId, update: &Update) {
        match update {
            Update::Online(welcome) => {
                for room in &welcome.rooms {
                    if self.cursor(client, &room.room).is_none() {
                        self.attached(client, &room.room, room.head);
                    }
                }
            }
            Update::Event(event) => self.saw(client, event),
            Update::Frame(frame) => self.frame(client, frame),
            // The room's log is another one, or it is not attached any more.
            Update::Anew(room) | Update::Refused { room: Some(room), .. } => self.detached(client, room),
            Update::Offline(_) | Update::Refused { room: None, .. } | Update::Login(_) | Update::Closed(_) => {}
        }
    }

    fn frame(&mut self, client: ClientId, frame: &ServerFrame) {
        match frame {
            ServerFrame::Skipped { room, until, entries, .. } => {
                for entry in entries {
                    self.shown(client, room, entry.seq);
                }
                self.skipped(client, room, *until);
            }
            ServerFrame::Activity { room, last: Some(last), .. } => self.shown(client, room, last.seq),
            ServerFrame::RoomGone { room, .. } => self.detached(client, room),
            _ => {}
        }
    }
}
