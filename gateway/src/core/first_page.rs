//! The newest rooms of a user, read once for all of his sockets that wait for them: after a gateway's end they come together.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::code::Refusal;
use protocol::id::UserId;
use protocol::rpc::directory::{ListOwnRooms, RoomPage};
use protocol::subject::Shard;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Core;

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
    pages: &'u FirstPages,
    since: Instant,
}

impl<'u> Waiting<'u> {
    pub fn begin(pages: &'u FirstPages) -> Self {
        pages.waiting.fetch_add(1, Ordering::AcqRel);
        Self { pages, since: Instant::now() }
    }

    /// The user's newest rooms.
    pub async fn page(&self, core: &Core, user: &UserId) -> Answer {
        self.shared(async || {
            // Before the question: the rooms' heads are then as of these positions or later.
            let archived = core.hub.shards().map(|shard| (shard.shard.clone(), shard.archived())).collect();
            let request = ListOwnRooms { user: user.clone(), after: None, limit: core.config.limits.rooms };
            core.fabric.request(&request).await.map(|rooms| Arc::new(FirstPage { archived, rooms }))
        })
        .await
    }

    /// An answer to a question that was asked after this began to wait.
    async fn shared(&self, ask: impl AsyncFnOnce() -> Answer) -> Answer {
        let mut newest = self.pages.newest.lock().await;
        if let Some((asked, answer)) = &*newest
            && *asked >= self.since
        {
            return answer.clone();
        }
        let asked = Instant::now();
        let answer = ask().await;
        *newest = Some((asked, answer.clone()));
        answer
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.pages.waiting.fetch_sub(1, Ordering::AcqRel) == 1
            && let Ok(mut newest) = self.pages.newest.try_lock()
        {
            *newest = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_shared_only_by_those_who_came_before_it_was_asked_for() {
        let (pages, asked) = (FirstPages::default(), AtomicUsize::new(0));
        let ask = async || {
            asked.fetch_add(1, Ordering::Relaxed);
            let rooms = RoomPage { rooms: Vec::new(), more: false };
            Ok(Arc::new(FirstPage { archived: HashMap::new(), rooms }))
        };
        let (first, second) = (Waiting::begin(&pages), Waiting::begin(&pages));
        let one = first.shared(ask).await.unwrap();
        assert!(Arc::ptr_eq(&one, &second.shared(ask).await.unwrap()));
        let late = Waiting::begin(&pages);
        assert!(!Arc::ptr_eq(&one, &late.shared(ask).await.unwrap()), "it may be older than what he knows");
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        drop((first, second, late));
        assert!(pages.newest.lock().await.is_none(), "nothing is kept when nobody waits");
    }
}
