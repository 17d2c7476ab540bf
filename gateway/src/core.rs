//! What sessions and HTTP handlers ask for: the gateway's work, behind one handle.

use protocol::code::Refusal;
use protocol::entry::EntryView;
use protocol::event::Event;
use protocol::frame::Paging;
use protocol::id::RoomId;
use protocol::rpc::account::Claims;

/// The gateway's work; shared by all sockets and handlers.
pub struct Core {}

/// A page of a room's history.
#[derive(Debug)]
pub struct HistoryPage {
    pub entries: Vec<EntryView>,
    pub as_of: u64,
    pub older: bool,
    pub newer: bool,
}

/// A page of a room's raw log.
#[derive(Debug)]
pub struct EventsPage {
    pub events: Vec<Event>,
    pub more: bool,
}

impl Core {
    /// Every event acknowledged before the call, folded; whatever the archive's lag.
    pub async fn history(&self, _viewer: &Claims, _room: &RoomId, _paging: Paging) -> Result<HistoryPage, Refusal> {
        Err(Refusal::unavailable("the gateway is starting"))
    }

    /// The raw log after a cursor.
    pub async fn events(&self, _viewer: &Claims, _room: &RoomId, _after: u64, _limit: Option<u64>) -> Result<EventsPage, Refusal> {
        Err(Refusal::unavailable("the gateway is starting"))
    }

    /// Sockets that are open here.
    pub fn sockets(&self) -> u64 {
        0
    }

    /// Messages a second that this gateway heard, over the last 10 s.
    pub fn messages_per_second(&self) -> f64 {
        0.0
    }
}
