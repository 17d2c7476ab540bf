//! What a connection's loop waits for, in the order in which it looks at it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::Sleep;

use super::connection::Connection;
use crate::session::Outcome;

type Job = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Work of one socket that is under way: mostly none or one, which then costs nothing beside itself.
#[derive(Default)]
pub(super) struct Jobs {
    one: Option<Job>,
    more: Option<Box<FuturesUnordered<Job>>>,
}

impl Jobs {
    pub fn push(&mut self, job: Job) {
        if self.one.is_none() {
            self.one = Some(job);
        } else {
            self.more.get_or_insert_default().push(job);
        }
    }

    /// The next outcome, if there are any.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        if let Some(job) = &mut self.one
            && let Poll::Ready(outcome) = job.as_mut().poll(context)
        {
            self.one = None;
            return Poll::Ready(outcome);
        }
        let Some(more) = &mut self.more else { return Poll::Pending };
        if let Some(outcome) = ready!(more.poll_next_unpin(context)) {
            return Poll::Ready(outcome);
        }
        self.more = None;
        Poll::Pending
    }
}

/// Why the loop turns.
pub(super) enum Turn {
    /// Somebody queued a frame or a signal.
    Woken,
    /// The client reads again.
    Writable,
    /// Work for the session ended.
    Ended(Outcome),
    /// A deadline passed, or moved since the timer was set.
    Due,
    /// The client said something, and there is room for it.
    Readable,
}

impl Connection {
    /// Ready with the first that is; else whatever comes first wakes the task.
    pub(super) fn poll_turn(&mut self, sleep: Pin<&mut Sleep>, context: &mut Context<'_>) -> Poll<io::Result<Turn>> {
        if self.socket.mailbox.poll_woken(context).is_ready() {
            return Poll::Ready(Ok(Turn::Woken));
        }
        let stream = self.socket.mailbox.stream();
        if self.unwritten_ms.is_some()
            && let Poll::Ready(writable) = stream.poll_write_ready(context)
        {
            return Poll::Ready(writable.map(|()| Turn::Writable));
        }
        if let Poll::Ready(outcome) = self.jobs.poll(context) {
            return Poll::Ready(Ok(Turn::Ended(outcome)));
        }
        if sleep.poll(context).is_ready() {
            return Poll::Ready(Ok(Turn::Due));
        }
        if !self.wants_more() {
            return Poll::Pending;
        }
        self.socket.mailbox.stream().poll_read_ready(context).map_ok(|()| Turn::Readable)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn each_job_ends_once_whichever_ends_first() {
        let mut jobs = Jobs::default();
        let poll = |jobs: &mut Jobs| jobs.poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll(&mut jobs).is_pending());
        let ends: Vec<_> = (0..3)
            .map(|_| {
                let (end, ended) = oneshot::channel::<Outcome>();
                jobs.push(Box::pin(async { ended.await.unwrap() }));
                end
            })
            .collect();
        assert!(poll(&mut jobs).is_pending());
        for end in ends.into_iter().rev() {
            assert!(end.send(Outcome::Answered(None)).is_ok());
            assert!(poll(&mut jobs).is_ready());
            assert!(poll(&mut jobs).is_pending());
        }
        assert!(jobs.one.is_none() && jobs.more.is_none(), "nothing is kept for them");
    }
}
