//! The connection on which a gateway hears whole shards: it subscribes, hands each record to its shard, and says when some may have been
//! missed.

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use crate::config::NatsConfig;
use crate::connection::pause;
use crate::error::FabricError;
use crate::record::Record;
use crate::wire::Wire;
use crate::wire::pace::Pace;
use crate::wire::parse::Incoming;
use crate::wire::talk::{PING, Talk};

/// Batches that wait for one reader, records of each, and records that wait for room behind them; what comes beyond is dropped, and found
/// by whoever counts.
const BATCHES: usize = 32;
const BATCH: usize = 256;
const WAITING: usize = 8_192;
/// How long records are held back that nobody wants at once: to wake a shard costs more than a dozen of them do.
const HOLD: Duration = Duration::from_millis(20);
/// Subscriptions that wait to be made.
const ORDERS: usize = 64;
/// From the call to the server's word that it has taken a subscription.
const SUBSCRIBE: Duration = Duration::from_secs(2);

/// Asks for subscriptions. The connection ends with it.
#[derive(Debug)]
pub(crate) struct Live {
    orders: mpsc::Sender<Order>,
    hurry: Arc<Notify>,
}

/// Whether somebody waits for the record; it is asked on the connection's task.
pub(crate) type Urgent = Box<dyn Fn(&Record) -> bool + Send>;

struct Order {
    subject: String,
    urgent: Urgent,
    records: mpsc::Sender<Vec<Record>>,
    taken: oneshot::Sender<()>,
}

struct Subscription {
    subject: String,
    urgent: Urgent,
    records: mpsc::Sender<Vec<Record>>,
    /// Came, and not yet handed on.
    held: Vec<Record>,
    /// What it holds is to be handed on with the end of this look.
    is_due: bool,
    /// Something was dropped since the last batch that it took.
    full: bool,
}

struct Feed {
    orders: mpsc::Receiver<Order>,
    hurry: Arc<Notify>,
    subscriptions: HashMap<u64, Subscription>,
    /// Until when what is held back stays so.
    hold_until: Option<Instant>,
    last_sid: u64,
    /// Counts what may have made somebody miss a record.
    alarms: watch::Sender<u64>,
}

impl Live {
    /// Connects, and again whenever the connection ends.
    pub fn start(config: NatsConfig, name: String, alarms: watch::Sender<u64>) -> Self {
        let (orders, receiver) = mpsc::channel(ORDERS);
        let hurry = Arc::new(Notify::new());
        let feed =
            Feed { orders: receiver, hurry: hurry.clone(), subscriptions: HashMap::new(), hold_until: None, last_sid: 0, alarms };
        tokio::spawn(feed.run(config, name));
        Self { orders, hurry }
    }

    /// Hands on what is held back.
    pub fn hurry(&self) {
        self.hurry.notify_one();
    }

    /// Hears a subject from the return on. What is not urgent comes up to [`HOLD`] later, in its order with what is.
    pub async fn subscribe(&self, subject: String, urgent: Urgent) -> Result<mpsc::Receiver<Vec<Record>>, FabricError> {
        let (records, receiver) = mpsc::channel(BATCHES);
        let (taken, when_taken) = oneshot::channel();
        let away = || FabricError::Unavailable("no connection to NATS".into());
        let asking = async {
            self.orders.send(Order { subject, urgent, records, taken }).await.map_err(|_| away())?;
            when_taken.await.map_err(|_| away())
        };
        timeout(SUBSCRIBE, asking).await.map_err(|_| away())??;
        Ok(receiver)
    }
}

impl Feed {
    async fn run(mut self, config: NatsConfig, name: String) {
        let (mut attempts, mut is_back) = (0, false);
        // Until nobody can subscribe any more.
        while !self.orders.is_closed() {
            let error = match Wire::connect(&config, &name).await {
                Ok(wire) => {
                    let begun = Instant::now();
                    let Err(error) = self.serve(wire, is_back).await else { return };
                    // It need not wait for the next connection.
                    self.release();
                    // One that ends at once is tried as seldom as one that cannot be made.
                    if begun.elapsed() >= PING {
                        attempts = 0;
                    }
                    error
                }
                Err(error) => error,
            };
            is_back = true;
            attempts += 1;
            if attempts == 1 {
                tracing::info!(%error, "live connection to nats ended, making another");
            } else {
                tracing::debug!(%error, attempts, "live connection to nats cannot be made, trying again");
            }
            sleep(pause(attempts)).await;
        }
    }

    /// Serves a connection to its end, which is an error; else nobody can subscribe any more.
    async fn serve(&mut self, mut wire: Wire, is_back: bool) -> io::Result<()> {
        let mut talk = Talk::default();
        self.subscriptions.retain(|_, subscription| !subscription.records.is_closed());
        for (sid, subscription) in &self.subscriptions {
            talk.say(&format!("SUB {} {sid}", subscription.subject));
        }
        let (again, mut when_again) = oneshot::channel();
        talk.ping(is_back.then_some(again));
        let mut ticks = interval(PING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pace = Pace::new(Instant::now());
        let mut release = pin!(sleep_until(Instant::now()));
        loop {
            talk.write(&mut wire).await?;
            if let Some(until) = self.hold_until.filter(|until| *until != release.deadline()) {
                release.as_mut().reset(until);
            }
            tokio::select! {
                filled = wire.fill() => {
                    filled?;
                    let (records, now) = (self.hear(&mut wire, &mut talk)?, Instant::now());
                    self.hand_on(now);
                    wire.pace(pace.is_busy(records, now))?;
                }
                () = &mut release, if self.hold_until.is_some() => self.release(),
                () = self.hurry.notified() => self.release(),
                order = self.orders.recv() => match order {
                    Some(order) => self.add(order, &mut talk),
                    None => return Ok(()),
                },
                _ = ticks.tick() => {
                    self.forget_deaf(&mut talk);
                    talk.tick()?;
                }
            }
            if when_again.try_recv().is_ok() {
                // From here on everything is heard; what was said before may not have been.
                self.alarms.send_modify(|count| *count += 1);
            }
        }
    }

    /// Ends what nobody reads any more: a shard that is silent would not tell.
    fn forget_deaf(&mut self, talk: &mut Talk) {
        self.subscriptions.retain(|sid, subscription| {
            let is_read = !subscription.records.is_closed();
            if !is_read {
                talk.say(&format!("UNSUB {sid}"));
            }
            is_read
        });
    }

    fn add(&mut self, order: Order, talk: &mut Talk) {
        // Who asked gave up while the connection was away.
        if order.taken.is_closed() {
            return;
        }
        self.last_sid += 1;
        talk.say(&format!("SUB {} {}", order.subject, self.last_sid));
        talk.ping(Some(order.taken));
        let Order { subject, urgent, records, .. } = order;
        let subscription = Subscription { subject, urgent, records, held: Vec::new(), is_due: false, full: false };
        self.subscriptions.insert(self.last_sid, subscription);
    }

    /// Files all that was read; says how many records it brought.
    fn hear(&mut self, wire: &mut Wire, talk: &mut Talk) -> io::Result<usize> {
        let mut records = 0;
        while let Some(op) = wire.next()? {
            if let Some(message) = talk.hear(op) {
                records += 1;
                self.file(&message);
            }
        }
        Ok(records)
    }

    fn file(&mut self, message: &Incoming) {
        let Some(subscription) = self.subscriptions.get_mut(&message.sid) else { return };
        let Some(record) = Record::of_live(message) else { return };
        subscription.is_due = subscription.is_due || (subscription.urgent)(&record);
        subscription.held.push(record);
        if subscription.held.len() % BATCH == 0 {
            subscription.hand_on(&self.alarms);
        }
    }

    /// Hands on what is due; the rest once it was held for [`HOLD`].
    fn hand_on(&mut self, now: Instant) {
        if self.hold_until.is_some_and(|until| until <= now) {
            return self.release();
        }
        let mut holds = false;
        for subscription in self.subscriptions.values_mut() {
            if subscription.is_due {
                subscription.hand_on(&self.alarms);
            }
            holds |= !subscription.held.is_empty();
        }
        self.hold_until = holds.then(|| self.hold_until.unwrap_or(now + HOLD));
    }

    fn release(&mut self) {
        let mut holds = false;
        for subscription in self.subscriptions.values_mut() {
            subscription.hand_on(&self.alarms);
            holds |= !subscription.held.is_empty();
        }
        // A reader is behind: another try.
        self.hold_until = holds.then(|| Instant::now() + HOLD);
    }
}

impl Subscription {
    /// Hands on what it holds, as far as the reader has room.
    fn hand_on(&mut self, alarms: &watch::Sender<u64>) {
        self.is_due = false;
        while !self.held.is_empty() {
            match self.records.try_reserve() {
                Ok(place) => {
                    let rest = self.held.split_off(self.held.len().min(BATCH));
                    place.send(std::mem::replace(&mut self.held, rest));
                    self.full = false;
                }
                Err(TrySendError::Full(())) if self.held.len() < WAITING => return,
                Err(TrySendError::Full(())) => {
                    self.held = Vec::new();
                    if !std::mem::replace(&mut self.full, true) {
                        alarms.send_modify(|count| *count += 1);
                    }
                }
                // The next tick forgets it.
                Err(TrySendError::Closed(())) => self.held = Vec::new(),
            }
        }
    }
}
