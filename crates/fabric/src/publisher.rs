//! The publishing connection: thousands in flight, each with a deadline, and nothing that outlives its connection.
//!
//! A connection is never mended: when it ends, it is thrown away with all that was not written, and another is made. Until then publishes
//! are refused at once.
//! Out of reach is what the kernel had taken when the connection ended: it may still try to deliver that for a minute or two, well within
//! the log's dedup window of 5 minutes, in which a retry is recognised.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use protocol::id::RoomId;
use protocol::subject::Shard;
use tokio::sync::{Notify, Semaphore, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::ack::{self, Ack};
use crate::config::NatsConfig;
use crate::connection::pause;
use crate::error::{FabricError, PublishError};
use crate::record::{MSG_ID, TRACEPARENT};
use crate::wire::Wire;
use crate::wire::talk::{PING, Talk};

/// From the call to the acknowledgement.
const DEADLINE: Duration = Duration::from_secs(9);
/// From the call to the connection's queue. What waits there is written within two writes of 2 s, or thrown away: within 6 s of the call.
const ADMISSION: Duration = Duration::from_secs(2);
/// Publishes without an acknowledgement; more wait for [`ADMISSION`] and are then refused.
const IN_FLIGHT: usize = 8_192;
/// Bytes that wait to be written; a publish that does not fit waits for [`ADMISSION`], too.
const QUEUE_BYTES: usize = 2 << 20;

/// One event to store.
#[derive(Clone, Debug)]
pub struct Publish {
    pub shard: Shard,
    pub room: RoomId,
    /// `Nats-Msg-Id`: [`protocol::subject::message_id`] or [`protocol::subject::change_id`].
    pub msg_id: String,
    pub payload: Bytes,
    pub traceparent: Option<String>,
}

type Answer = Result<Ack, PublishError>;

/// One connection, until it ends.
#[derive(Debug)]
struct Line {
    inbox: String,
    /// The server's bound.
    max_payload: usize,
    /// `None` once the connection has ended.
    queue: Mutex<Option<Queue>>,
    /// There is something to write.
    filled: Notify,
    /// There is room again.
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    /// To be written.
    out: Vec<u8>,
    /// Whoever waits for an acknowledgement, by the number in its subject.
    waiting: HashMap<u64, oneshot::Sender<Answer>>,
    /// Never used twice: a late acknowledgement must not answer somebody else.
    last: u64,
}

/// Publishes through whatever connection lives.
#[derive(Debug)]
pub(crate) struct Publisher {
    live: watch::Receiver<Option<Arc<Line>>>,
    permits: Semaphore,
}

impl Publisher {
    pub async fn start(config: &NatsConfig, name: &str) -> Result<Self, FabricError> {
        let (config, name) = (config.clone(), format!("{name}-publisher"));
        let first = Wire::connect(&config, &name).await.map_err(FabricError::unavailable)?;
        let line = Line::of(&first);
        let (sender, live) = watch::channel(Some(line.clone()));
        tokio::spawn(keep(config, name, sender, first, line));
        Ok(Self { live, permits: Semaphore::new(IN_FLIGHT) })
    }

    /// Stores one event; answers within [`DEADLINE`]. It leaves this process within 10 s of the call, or never.
    pub async fn publish(&self, publish: Publish) -> Result<Ack, PublishError> {
        let late = |_| PublishError::Unavailable("the log did not answer in time");
        timeout(DEADLINE, self.publish_now(publish)).await.map_err(late)?
    }

    async fn publish_now(&self, publish: Publish) -> Result<Ack, PublishError> {
        if self.live.borrow().is_none() {
            return Err(AWAY);
        }
        let busy = |_| PublishError::Unavailable("too many publishes wait for the log");
        let admission = async {
            let permit = self.permits.acquire().await.map_err(|_| AWAY)?;
            let line = self.live.borrow().clone().ok_or(AWAY)?;
            Ok((permit, Ticket::take(line, &publish).await?))
        };
        let (_permit, mut ticket) = timeout(ADMISSION, admission).await.map_err(busy)??;
        (&mut ticket.answer).await.map_err(|_| ENDED)?
    }

    /// Waits until nothing is in flight.
    pub async fn drain(&self) {
        let all = u32::try_from(IN_FLIGHT).unwrap_or(u32::MAX);
        if timeout(DEADLINE, self.permits.acquire_many(all)).await.is_err() {
            tracing::warn!("publishes are still in flight at the end");
        }
    }
}

const AWAY: PublishError = PublishError::Unavailable("no connection to the log");
const ENDED: PublishError = PublishError::Unavailable("the connection to the log ended");

/// A place among those who wait for an acknowledgement; given up with the value.
struct Ticket {
    line: Arc<Line>,
    number: u64,
    answer: oneshot::Receiver<Answer>,
}

impl Ticket {
    /// Queues a publish, once there is room for it.
    async fn take(line: Arc<Line>, publish: &Publish) -> Result<Self, PublishError> {
        let subject = publish.shard.log(&publish.room);
        let headers = headers(publish)?;
        let bytes = headers.len() + publish.payload.len();
        if bytes > line.max_payload {
            return Err(PublishError::Refused(format!(
                "{bytes} bytes are more than the {} that the server takes",
                line.max_payload
            )));
        }
        let (sender, answer) = oneshot::channel();
        loop {
            // Made before the look, so that no room is missed.
            let emptied = line.emptied.notified();
            if let Some(queue) = line.queue().as_mut().ok_or(ENDED).map(|queue| queue.has_room(bytes).then_some(queue))? {
                queue.last += 1;
                let number = queue.last;
                if queue.out.is_empty() {
                    line.filled.notify_one();
                }
                // Writing to memory does not fail.
                let _written = write!(queue.out, "HPUB {subject} {}.{number} {} {bytes}\r\n", line.inbox, headers.len());
                queue.out.extend_from_slice(headers.as_bytes());
                queue.out.extend_from_slice(&publish.payload);
                queue.out.extend_from_slice(b"\r\n");
                queue.waiting.insert(number, sender);
                drop(emptied);
                return Ok(Self { line: line.clone(), number, answer });
            }
            emptied.await;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(queue) = self.line.queue().as_mut() {
            queue.waiting.remove(&self.number);
        }
    }
}

/// As they stand before the payload.
fn headers(publish: &Publish) -> Result<String, PublishError> {
    let mut headers = format!("NATS/1.0\r\n{MSG_ID}: {}\r\n", publish.msg_id);
    let mut values = 1;
    if let Some(traceparent) = &publish.traceparent {
        headers.extend([TRACEPARENT, ": ", traceparent, "\r\n"]);
        values += 1;
    }
    headers.push_str("\r\n");
    // A value with a line's end in it would say something else.
    if headers.matches('\n').count() != values + 2 {
        return Err(PublishError::Refused("a header has a line's end in it".into()));
    }
    Ok(headers)
}

impl Queue {
    fn has_room(&self, bytes: usize) -> bool {
        self.out.is_empty() || self.out.len() + bytes <= QUEUE_BYTES
    }
}

impl Line {
    fn of(wire: &Wire) -> Arc<Self> {
        Arc::new(Self {
            inbox: format!("_INBOX.{:032x}", rand::random::<u128>()),
            max_payload: wire.max_payload,
            queue: Mutex::new(Some(Queue::default())),
            filled: Notify::new(),
            emptied: Notify::new(),
        })
    }

    fn queue(&self) -> MutexGuard<'_, Option<Queue>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves what is to be written behind what was said; both keep their room.
    fn take(&self, out: &mut Vec<u8>) {
        let mut queue = self.queue();
        let Some(queue) = queue.as_mut().filter(|queue| !queue.out.is_empty()) else { return };
        if out.is_empty() {
            std::mem::swap(&mut queue.out, out);
        } else {
            out.append(&mut queue.out);
        }
        self.emptied.notify_waiters();
    }

    /// Serves the connection to its end.
    async fn serve(&self, mut wire: Wire, live: &watch::Sender<Option<Arc<Line>>>) -> io::Result<()> {
        let mut talk = Talk::default();
        talk.say(&format!("SUB {}.* 1", self.inbox));
        let mut ticks = interval(PING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.take(&mut talk.out);
            talk.write(&mut wire).await?;
            tokio::select! {
                filled = wire.fill() => {
                    filled?;
                    self.hear(&mut wire, &mut talk)?;
                }
                () = self.filled.notified() => {}
                _ = ticks.tick() => talk.tick()?,
                // Nobody can publish any more.
                () = live.closed() => return Ok(()),
            }
        }
    }

    /// Hands out the acknowledgements that came.
    fn hear(&self, wire: &mut Wire, talk: &mut Talk) -> io::Result<()> {
        while let Some(op) = wire.next()? {
            let Some(message) = talk.hear(op) else { continue };
            let number = message.subject.rsplit_once('.').and_then(|(_, number)| number.parse().ok());
            let waiting = number.and_then(|number: u64| self.queue().as_mut()?.waiting.remove(&number));
            if let Some(waiting) = waiting {
                // Who gave up meanwhile does not hear it.
                drop(waiting.send(ack::of_wire(&message)));
            }
        }
        Ok(())
    }
}

/// Keeps one connection alive until nobody can publish any more.
async fn keep(config: NatsConfig, name: String, live: watch::Sender<Option<Arc<Line>>>, mut wire: Wire, mut line: Arc<Line>) {
    let mut attempts = 0;
    loop {
        let begun = Instant::now();
        let ended = line.serve(wire, &live).await;
        live.send_replace(None);
        // Whoever waits hears at once that the answer will not come.
        line.queue().take();
        line.emptied.notify_waiters();
        let Err(error) = ended else { return };
        tracing::info!(%error, "publishing connection to nats ended, making another");
        // One that ends at once is tried as seldom as one that cannot be made.
        attempts = if begun.elapsed() >= PING { 0 } else { attempts + 1 };
        wire = loop {
            if attempts > 0 {
                tokio::select! {
                    () = sleep(pause(attempts)) => {}
                    // Nobody can publish any more.
                    () = live.closed() => return,
                }
            }
            match Wire::connect(&config, &name).await {
                Ok(wire) => break wire,
                Err(error) => tracing::debug!(%error, attempts, "publishing connection cannot be made, trying again"),
            }
            attempts += 1;
        };
        line = Line::of(&wire);
        live.send_replace(Some(line.clone()));
        tracing::info!("publishing connection to nats is back");
    }
}
