//! One attached room's place in its chain of events, without I/O: what is new, what came twice, what is missing.

use std::time::Duration;

use tokio::time::Instant;

use crate::backoff;

/// How the attachment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// To be attached again behind the cursor, not before the time. Until then its events are dropped.
    Behind(Instant),
    /// `attach` is on its way; what still comes belongs to the old attachment.
    Asked,
    /// Everything after the cursor is coming; `resumed` ends it.
    Replaying,
    Live,
}

/// What to do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The next one: it is new, and nothing before it is missing.
    New,
    /// Seen before, or of an attachment that is given up.
    Old,
    /// Something before it is missing.
    Gap,
}

/// One room.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The last `seq` seen; none before the first.
    pub cursor: Option<u64>,
    pub standing: Standing,
    /// Attempts to attach since events came last.
    attempt: u32,
}

impl Chain {
    pub fn new(cursor: Option<u64>, standing: Standing) -> Self {
        Self { cursor, standing, attempt: 0 }
    }

    /// What an event is; the caller moves the cursor with [`Chain::seen`] once it is given on.
    pub fn judge(&self, seq: u64, prev: Option<u64>) -> Verdict {
        if !matches!(self.standing, Standing::Live | Standing::Replaying) {
            return Verdict::Old;
        }
        match self.cursor {
            Some(last) if seq <= last => Verdict::Old,
            Some(last) if prev.is_some_and(|prev| prev > last) => Verdict::Gap,
            Some(_) | None => Verdict::New,
        }
    }

    pub fn seen(&mut self, seq: u64) {
        self.cursor = self.cursor.max(Some(seq));
        self.attempt = 0;
    }

    /// Attach again: at once the first time, then with backoff.
    pub fn fall_behind(&mut self, now: Instant, asked: Option<Duration>) {
        let wait = asked.unwrap_or_else(|| if self.attempt == 0 { Duration::ZERO } else { backoff(self.attempt - 1) });
        self.attempt = self.attempt.saturating_add(1);
        self.standing = Standing::Behind(now + wait);
    }

    /// Whether it is time to attach again.
    pub fn is_due(&self, now: Instant) -> bool {
        matches!(self.standing, Standing::Behind(at) if at <= now)
    }

    /// The room's sends wait for its `resumed`.
    pub fn holds_sends(&self) -> bool {
        matches!(self.standing, Standing::Asked | Standing::Replaying)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_once_and_none_over_a_gap() {
        let mut chain = Chain::new(Some(10), Standing::Live);
        assert_eq!(chain.judge(10, Some(9)), Verdict::Old);
        assert_eq!(chain.judge(15, Some(10)), Verdict::New, "numbers skip");
        assert_eq!(chain.judge(15, None), Verdict::New);
        assert_eq!(chain.judge(15, Some(12)), Verdict::Gap);
        chain.seen(15);
        assert_eq!(chain.judge(15, Some(10)), Verdict::Old);
        assert_eq!(chain.judge(20, Some(12)), Verdict::New, "before a cursor that a skip has moved");
        assert_eq!(Chain::new(None, Standing::Live).judge(7, Some(6)), Verdict::New, "the beginning is not known");
    }

    #[test]
    fn a_gap_is_attached_again_at_once_and_then_with_backoff() {
        let now = Instant::now();
        let mut chain = Chain::new(Some(10), Standing::Live);
        chain.fall_behind(now, None);
        assert!(chain.is_due(now));
        assert_eq!(chain.judge(15, Some(10)), Verdict::Old, "of the attachment that is given up");
        chain.fall_behind(now, None);
        assert!(!chain.is_due(now + Duration::from_millis(499)) && chain.is_due(now + Duration::from_secs(1)));
        chain.fall_behind(now, Some(Duration::from_secs(9)));
        assert!(!chain.is_due(now + Duration::from_secs(8)) && chain.is_due(now + Duration::from_secs(9)));
        chain.standing = Standing::Replaying;
        assert!(chain.holds_sends());
        chain.seen(15);
        chain.fall_behind(now, None);
        assert!(chain.is_due(now), "events came since");
    }
}
