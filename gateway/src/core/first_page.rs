//! The newest rooms of a user, read once for all of his sockets that wait for them: after a gateway's end they come together.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::code::Refusal;
use protocol::rpc::directory::{ListOwnRooms, RoomPage};
use protocol::subject::Shard;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Core;
use super::users::UserState;

/// The newest rooms, and the archive's positions that their heads include.
pub struct FirstPage {
    pub archived: HashMap<Shard, u64>,
    pub rooms: RoomPage,
}

type Answer = Result<Arc<FirstPage>, Refusal>;

/// What the directory answered last, and when it was asked, for as long as a socket of the user waits.
#[derive(Default)]
pub struct FirstPages {
    waiting: AtomicUsize,
    newest: Mutex<Option<(Instant, Answer)>>,
}

/// A socket that waits for the page since a moment; taken once the user's changes reach it.
pub struct Waiting<'u> {
    user: &'u UserState,
    since: Instant,
}

impl<'u> Waiting<'u> {
    pub fn begin(user: &'u UserState) -> Self {
        user.first_pages.waiting.fetch_add(1, Ordering::AcqRel);
        Self { user, since: Instant::now() }
    }

    /// An answer to a question that was asked after this began to wait.
    pub async fn page(&self, core: &Core) -> Answer {
        let mut newest = self.user.first_pages.newest.lock().await;
        if let Some((asked, answer)) = &*newest
            && *asked >= self.since
        {
            return answer.clone();
        }
        let asked = Instant::now();
        // Before the question: the rooms' heads are then as of these positions or later.
        let archived = core.hub.shards().map(|shard| (shard.shard.clone(), shard.archived())).collect();
        let request = ListOwnRooms { user: self.user.id.clone(), after: None, limit: core.config.limits.rooms };
        let answer = core.fabric.request(&request).await.map(|rooms| Arc::new(FirstPage { archived, rooms }));
        *newest = Some((asked, answer.clone()));
        answer
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let pages = &self.user.first_pages;
        if pages.waiting.fetch_sub(1, Ordering::AcqRel) == 1
            && let Ok(mut newest) = pages.newest.try_lock()
        {
            *newest = None;
        }
    }
}
