//! Hearing one shard live: core NATS may lose messages, so each must follow the last one, and a silent shard is asked for its head.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use protocol::subject::Shard;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::Fabric;
use crate::error::FabricError;
use crate::record::Record;
use crate::stream::Head;

/// A shard that was silent for so long is asked for its head, or a little earlier: all silent shards of a process ask together, since
/// an idle machine pays for each time that it is woken, not for each question.
const SILENCE: Duration = Duration::from_millis(900);
const TOGETHER: Duration = Duration::from_millis(300);
/// An answer to that question takes no longer; else it is asked again.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between attempts while the log does not answer.
const RETRY: Duration = Duration::from_millis(100);
/// Records of one event from which on no more are added.
const BATCH: usize = 256;

/// What a shard's listener hears, in the log's order and without a hole.
#[derive(Debug)]
pub enum ReaderEvent {
    Record(Record),
    /// Several that were there at once; never empty.
    Batch(Vec<Record>),
    /// The log was asked: everything up to this `seq` has been delivered.
    Caught(u64),
    /// What comes next is not in the log any more, or the log ends below what was delivered: open another reader. Every later event of
    /// this one is the same.
    Broken {
        reason: String,
    },
}

/// Hears one shard.
#[derive(Debug)]
pub struct ShardReader {
    fabric: Fabric,
    shard: Shard,
    live: mpsc::Receiver<Vec<Record>>,
    /// Taken from `live`, not yet delivered.
    held: VecDeque<Record>,
    /// Everything up to this `seq` was delivered.
    last: u64,
    /// The log holds events up to here.
    known: u64,
    /// When the shard counts as silent; the timer is set anew only once it ran out, since records come more often.
    silent_at: Instant,
    silence: Pin<Box<Sleep>>,
    check_now: bool,
    alarms: watch::Receiver<u64>,
    broken: Option<String>,
}

impl ShardReader {
    /// Subscribes, then takes the head: the reader delivers everything above it. What is not `urgent` comes up to 20 ms later, in its order
    /// with what is, unless [`Fabric::hurry`] is called.
    pub async fn open(
        fabric: &Fabric,
        shard: Shard,
        urgent: impl Fn(&Record) -> bool + Send + 'static,
    ) -> Result<(ShardReader, Head), FabricError> {
        let mut alarms = fabric.alarms();
        alarms.mark_unchanged();
        let live = fabric.live().subscribe(shard.live_all(), Box::new(urgent)).await?;
        let head = fabric.head(&shard).await?;
        let silent_at = silent_at(Instant::now());
        let reader = ShardReader {
            fabric: fabric.clone(),
            shard,
            live,
            held: VecDeque::new(),
            last: head.last_seq,
            known: head.last_seq,
            silent_at,
            silence: Box::pin(sleep_until(silent_at)),
            check_now: false,
            alarms,
            broken: None,
        };
        Ok((reader, head))
    }

    /// The next event. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> ReaderEvent {
        loop {
            if let Some(reason) = &self.broken {
                return ReaderEvent::Broken { reason: reason.clone() };
            }
            let event = if self.known > self.last {
                self.fill().await
            } else if self.check_now {
                self.check().await
            } else {
                self.hear().await
            };
            if let Some(event) = event {
                return event;
            }
        }
    }

    /// Waits for live messages, or for a reason to ask the log.
    async fn hear(&mut self) -> Option<ReaderEvent> {
        if self.held.is_empty() {
            tokio::select! {
                biased;
                // A reconnect or a full subscription: something may have been missed.
                _ = self.alarms.changed() => {
                    self.check_now = true;
                    return None;
                }
                records = self.live.recv() => match records {
                    Some(records) => self.held.extend(records),
                    None => {
                        self.broken = Some("the subscription to NATS was closed".into());
                        return None;
                    }
                },
                () = &mut self.silence => {
                    self.check_now = Instant::now() >= self.silent_at;
                    self.silence.as_mut().reset(self.silent_at);
                    return None;
                }
            }
            while self.held.len() < BATCH
                && let Ok(records) = self.live.try_recv()
            {
                self.held.extend(records);
            }
        }
        self.deliver_held()
    }

    /// Delivers what follows the last one; stops where something is missing.
    fn deliver_held(&mut self) -> Option<ReaderEvent> {
        let mut records = Vec::with_capacity(self.held.len());
        while let Some(record) = self.held.pop_front() {
            if record.seq <= self.last {
                continue;
            }
            if record.seq > self.last + 1 {
                self.known = self.known.max(record.seq);
                self.held.push_front(record);
                break;
            }
            self.last = record.seq;
            records.push(record);
        }
        self.known = self.known.max(self.last);
        self.deliver(records)
    }

    fn deliver(&mut self, mut records: Vec<Record>) -> Option<ReaderEvent> {
        if records.len() > 1 {
            self.silent_at = silent_at(Instant::now());
            return Some(ReaderEvent::Batch(records));
        }
        records.pop().map(|record| {
            self.silent_at = silent_at(Instant::now());
            ReaderEvent::Record(record)
        })
    }

    /// Asks the log for its head.
    async fn check(&mut self) -> Option<ReaderEvent> {
        let (fabric, shard) = (self.fabric.clone(), self.shard.clone());
        let head = tokio::select! {
            head = fabric.head_within(&shard, PATIENCE) => head,
            // A reconnect: the answer to this question may never come.
            _ = self.alarms.changed() => return None,
        };
        match head {
            Ok(head) if head.last_seq < self.last => {
                self.broken = Some(format!("the log ends at {}, below {} which was heard", head.last_seq, self.last));
                None
            }
            Ok(head) => {
                self.check_now = false;
                self.known = head.last_seq;
                self.silent_at = silent_at(Instant::now());
                (self.known == self.last).then_some(ReaderEvent::Caught(self.last))
            }
            Err(error) => self.wait(error).await,
        }
    }

    /// Reads from the log what the live copies left out.
    async fn fill(&mut self) -> Option<ReaderEvent> {
        let (fabric, shard) = (self.fabric.clone(), self.shard.clone());
        let page = tokio::select! {
            page = fabric.shard_page(&shard, self.last + 1, BATCH) => page,
            // A reconnect: the answer to this question may never come.
            _ = self.alarms.changed() => {
                self.check_now = true;
                return None;
            }
        };
        let page = match page {
            Ok(page) => page,
            Err(error) => return self.wait(error).await,
        };
        if page.first_seq > self.last + 1 {
            self.broken = Some(format!("the log begins at {}, above {} which was heard", page.first_seq, self.last));
            return None;
        }
        match page.records.last() {
            Some(record) => self.last = record.seq,
            None if page.last_seq < self.known => {
                self.broken = Some(format!("the log ends at {}, below {} which was heard", page.last_seq, self.known));
            }
            // Only numbers are missing: the events were deleted one by one.
            None => self.last = self.known,
        }
        self.known = self.known.max(self.last);
        tracing::debug!(shard = %self.shard, filled = page.records.len(), "live copies were missing, read from the log");
        self.deliver(page.records)
    }

    async fn wait(&mut self, error: FabricError) -> Option<ReaderEvent> {
        match error {
            FabricError::StreamMissing { .. } => self.broken = Some(error.to_string()),
            FabricError::Unavailable(_)
            | FabricError::Login
            | FabricError::StreamDiffers { .. }
            | FabricError::NoRoom { .. }
            | FabricError::Refused { .. } => {
                tracing::debug!(shard = %self.shard, %error, "log cannot be asked, trying again");
                sleep(RETRY).await;
            }
        }
        None
    }
}

/// When a shard that speaks now counts as silent: on a grid that all shards of the process share.
fn silent_at(now: Instant) -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let origin = *ORIGIN.get_or_init(Instant::now);
    let steps = (now.saturating_duration_since(origin) + SILENCE).as_millis() / TOGETHER.as_millis();
    origin + TOGETHER * steps as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_that_fell_silent_at_different_times_ask_together_and_none_later_than_it_should() {
        // The grid begins with the first shard of the process.
        silent_at(Instant::now());
        let now = Instant::now();
        let asks: Vec<_> = (0..4_000).map(|ms| silent_at(now + Duration::from_millis(ms))).collect();
        for (ms, ask) in asks.iter().enumerate() {
            let waited = ask.duration_since(now + Duration::from_millis(ms as u64));
            assert!(waited <= SILENCE && waited >= SILENCE - TOGETHER, "after {ms} ms: {waited:?}");
        }
        let mut times = asks;
        times.dedup();
        assert!(times.len() <= 15, "{} times in 4 s", times.len());
    }
}
