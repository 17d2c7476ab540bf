//! The publishing connection: thousands in flight, each with a deadline, and nothing that outlives its connection.
//!
//! async-nats queues while it is disconnected and sends later. Here a connection is never mended: when it ends, it is thrown away with
//! all that was not written, and another is made. Until then publishes are refused at once.
//! Out of reach is what the kernel had taken when the connection ended: it may still try to deliver that for a minute or two, well within
//! the log's dedup window of 5 minutes, in which a retry is recognised.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, HeaderMap, Message, ServerAddr, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt as _;
use protocol::id::RoomId;
use protocol::subject::Shard;
use tokio::sync::{Notify, Semaphore, oneshot, watch};
use tokio::time::timeout;

use crate::ack::{self, Ack};
use crate::config::NatsConfig;
use crate::connection::{options, pause, servers};
use crate::error::{FabricError, PublishError};
use crate::record::{MSG_ID, TRACEPARENT};

/// From the call to the acknowledgement.
const DEADLINE: Duration = Duration::from_secs(9);
/// From the call to the connection's queue. With [`PING`] and the two queries that may stay unanswered, what was queued is
/// written or thrown away within 6 s of the call.
const ADMISSION: Duration = Duration::from_secs(2);
const PING: Duration = Duration::from_secs(1);
/// Publishes without an acknowledgement; more wait for [`ADMISSION`] and are then refused. Below a subscription's capacity, so that no
/// acknowledgement is dropped.
const IN_FLIGHT: usize = 8_192;

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

type Waiting = HashMap<u64, oneshot::Sender<Message>>;

/// One connection, until it ends.
#[derive(Debug)]
struct Live {
    client: Client,
    inbox: String,
    /// `None` once the connection has ended.
    waiting: Mutex<Option<Waiting>>,
    next: AtomicU64,
}

/// Publishes through whatever connection lives.
#[derive(Debug)]
pub(crate) struct Publisher {
    live: watch::Receiver<Option<Arc<Live>>>,
    permits: Semaphore,
}

impl Publisher {
    pub async fn start(config: &NatsConfig, name: &str) -> Result<Self, FabricError> {
        let (config, name) = (config.clone(), format!("{name}-publisher"));
        let first = Ended::connect(&config, &name).await.map_err(FabricError::unavailable)?;
        let (sender, live) = watch::channel(None);
        tokio::spawn(keep(config, name, sender, first));
        Ok(Self { live, permits: Semaphore::new(IN_FLIGHT) })
    }

    /// Stores one event; answers within [`DEADLINE`]. It leaves this process within 10 s of the call, or never.
    pub async fn publish(&self, publish: Publish) -> Result<Ack, PublishError> {
        let late = |_| PublishError::Unavailable("the log did not answer in time");
        timeout(DEADLINE, self.publish_now(publish)).await.map_err(late)?
    }

    async fn publish_now(&self, publish: Publish) -> Result<Ack, PublishError> {
        if self.live.borrow().is_none() {
            return Err(PublishError::Unavailable("no connection to the log"));
        }
        let busy = |_| PublishError::Unavailable("too many publishes wait for the log");
        let admission = async {
            let permit = self.permits.acquire().await.map_err(|_| PublishError::Unavailable("no connection to the log"))?;
            let ticket = Ticket::take(self.live.borrow().clone())?;
            let (subject, headers) = (publish.shard.log(&publish.room), headers(&publish));
            let sent = ticket.live.client.publish_with_reply_and_headers(subject, ticket.reply(), headers, publish.payload).await;
            sent.map_err(refused)?;
            Ok((permit, ticket))
        };
        let (_permit, mut ticket) = timeout(ADMISSION, admission).await.map_err(busy)??;
        let gone = |_| PublishError::Unavailable("the connection to the log ended");
        ack::read(&(&mut ticket.answer).await.map_err(gone)?)
    }

    /// Waits until nothing is in flight.
    pub async fn drain(&self) {
        let all = u32::try_from(IN_FLIGHT).unwrap_or(u32::MAX);
        if timeout(DEADLINE, self.permits.acquire_many(all)).await.is_err() {
            tracing::warn!("publishes are still in flight at the end");
        }
    }
}

fn headers(publish: &Publish) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(MSG_ID, publish.msg_id.as_str());
    if let Some(traceparent) = &publish.traceparent {
        headers.insert(TRACEPARENT, traceparent.as_str());
    }
    headers
}

fn refused(error: async_nats::PublishError) -> PublishError {
    match error.kind() {
        async_nats::PublishErrorKind::Send => PublishError::Unavailable("the connection to the log ended"),
        async_nats::PublishErrorKind::MaxPayloadExceeded | async_nats::PublishErrorKind::InvalidSubject => {
            PublishError::Refused(error.to_string())
        }
    }
}

/// A place among those who wait for an acknowledgement; given up with the value.
struct Ticket {
    live: Arc<Live>,
    number: u64,
    answer: oneshot::Receiver<Message>,
}

impl Ticket {
    fn take(live: Option<Arc<Live>>) -> Result<Self, PublishError> {
        let live = live.ok_or(PublishError::Unavailable("no connection to the log"))?;
        // Never used twice: a late acknowledgement must not answer somebody else.
        let number = live.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        live.waiting().as_mut().ok_or(PublishError::Unavailable("no connection to the log"))?.insert(number, sender);
        Ok(Self { live, number, answer })
    }

    fn reply(&self) -> String {
        format!("{}.{}", self.live.inbox, self.number)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(waiting) = self.live.waiting().as_mut() {
            waiting.remove(&self.number);
        }
    }
}

impl Live {
    fn waiting(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, message: Message) {
        let number = message.subject.rsplit_once('.').and_then(|(_, number)| number.parse().ok());
        let waiting = number.and_then(|number: u64| self.waiting().as_mut()?.remove(&number));
        if let Some(waiting) = waiting {
            // Who gave up meanwhile does not hear it.
            drop(waiting.send(message));
        }
    }
}

/// A connection that is not yet in use, and the news of its end.
struct Ended {
    live: Arc<Live>,
    acks: Subscriber,
    ended: Arc<Notify>,
}

impl Ended {
    async fn connect(config: &NatsConfig, name: &str) -> Result<Self, async_nats::Error> {
        let ended = Arc::new(Notify::new());
        let news = ended.clone();
        let options: ConnectOptions = options(config, name).ping_interval(PING).max_reconnects(1).event_callback(move |event| {
            match event {
                // `notify_one` is kept for whoever asks later.
                Event::Disconnected | Event::Closed => news.notify_one(),
                Event::Connected | Event::Draining | Event::LameDuckMode | Event::SlowConsumer(_) => {}
                Event::ServerError(_) | Event::ClientError(_) => {}
            }
            std::future::ready(())
        });
        let client = async_nats::connect_with_options(servers(config)?, options).await?;
        // Nowhere to reconnect to: what async-nats still holds when the connection ends, ends with it.
        client.set_server_pool(NOWHERE.parse::<ServerAddr>()?).await?;
        let inbox = client.new_inbox();
        let acks = client.subscribe(format!("{inbox}.*")).await?;
        client.flush().await?;
        let live = Live { client, inbox, waiting: Mutex::new(Some(HashMap::new())), next: AtomicU64::new(0) };
        Ok(Self { live: Arc::new(live), acks, ended })
    }
}

/// Refuses connections on every machine.
const NOWHERE: &str = "nats://127.0.0.1:1";

/// Keeps one connection alive until nobody can publish any more.
async fn keep(config: NatsConfig, name: String, live: watch::Sender<Option<Arc<Live>>>, mut connection: Ended) {
    loop {
        live.send_replace(Some(connection.live.clone()));
        serve(&mut connection, &live).await;
        live.send_replace(None);
        // Whoever waits hears at once that the answer will not come.
        connection.live.waiting().take();
        if live.is_closed() {
            return;
        }
        tracing::info!("publishing connection to nats ended, making another");
        drop(connection);
        let mut attempts = 1;
        connection = loop {
            match Ended::connect(&config, &name).await {
                Ok(connection) => break connection,
                Err(error) => tracing::debug!(%error, attempts, "publishing connection cannot be made, trying again"),
            }
            tokio::select! {
                () = tokio::time::sleep(pause(attempts)) => attempts += 1,
                // Nobody can publish any more.
                () = live.closed() => return,
            }
        };
        tracing::info!("publishing connection to nats is back");
    }
}

/// Hands out acknowledgements until the connection ends.
async fn serve(connection: &mut Ended, live: &watch::Sender<Option<Arc<Live>>>) {
    loop {
        tokio::select! {
            message = connection.acks.next() => match message {
                Some(message) => connection.live.answer(message),
                None => return,
            },
            () = connection.ended.notified() => return,
            // Nobody can publish any more.
            () = live.closed() => return,
        }
    }
}
