//! The connection on which a gateway hears whole shards: it subscribes, hands each record to its shard, and says when some may have been
//! missed.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::config::NatsConfig;
use crate::connection::pause;
use crate::error::FabricError;
use crate::record::Record;
use crate::wire::Wire;
use crate::wire::parse::{Incoming, Op};

/// Records that wait in one subscription; what comes beyond is dropped, and found by whoever counts.
const WAITING: usize = 16_384;
/// Subscriptions that wait to be made.
const COMMANDS: usize = 64;
/// From the call to the server's word that it has taken a subscription.
const SUBSCRIBE: Duration = Duration::from_secs(2);
/// A connection that is silent for so long is asked whether it lives; three questions without an answer end it.
const PING: Duration = Duration::from_secs(1);
const UNANSWERED: u32 = 3;

/// Records of one [`WINDOW`] from which on the connection is busy.
const BUSY: usize = 20;
const WINDOW: Duration = Duration::from_millis(20);

/// Asks for subscriptions. The connection ends with it.
#[derive(Debug)]
pub(crate) struct Live(mpsc::Sender<Wanted>);

#[derive(Debug)]
struct Wanted {
    subject: String,
    records: mpsc::Sender<Record>,
    taken: oneshot::Sender<()>,
}

struct Subscription {
    subject: String,
    records: mpsc::Sender<Record>,
    /// Full since the last record that it took.
    full: bool,
}

struct Feed {
    wanted: mpsc::Receiver<Wanted>,
    subscriptions: HashMap<u64, Subscription>,
    last_sid: u64,
    /// Counts what may have made somebody miss a record.
    alarms: watch::Sender<u64>,
}

/// How busy the connection is.
struct Pace {
    since: Instant,
    records: usize,
    busy: bool,
}

/// What a connection still has to say and to hear.
struct Talk {
    /// To be written.
    out: Vec<u8>,
    /// Whoever waits for the answer to each of our `PING`s.
    pongs: VecDeque<Option<oneshot::Sender<()>>>,
    /// Something came since the last look.
    heard: bool,
    /// Looks since something came.
    silent: u32,
}

impl Live {
    /// Connects, and again whenever the connection ends.
    pub fn start(config: NatsConfig, name: String, alarms: watch::Sender<u64>) -> Self {
        let (commands, wanted) = mpsc::channel(COMMANDS);
        tokio::spawn(Feed { wanted, subscriptions: HashMap::new(), last_sid: 0, alarms }.run(config, name));
        Self(commands)
    }

    /// Hears a subject from the return on.
    pub async fn subscribe(&self, subject: String) -> Result<mpsc::Receiver<Record>, FabricError> {
        let (records, receiver) = mpsc::channel(WAITING);
        let (taken, when_taken) = oneshot::channel();
        let away = || FabricError::Unavailable("no connection to NATS".into());
        let asking = async {
            self.0.send(Wanted { subject, records, taken }).await.map_err(|_| away())?;
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
        while !self.wanted.is_closed() {
            let error = match Wire::connect(&config, &name).await {
                Ok(wire) => {
                    let begun = Instant::now();
                    let Err(error) = self.serve(wire, is_back).await else { return };
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
        let mut talk = Talk { out: Vec::new(), pongs: VecDeque::new(), heard: true, silent: 0 };
        self.subscriptions.retain(|_, subscription| !subscription.records.is_closed());
        for (sid, subscription) in &self.subscriptions {
            talk.say(&format!("SUB {} {sid}", subscription.subject));
        }
        let (again, mut when_again) = oneshot::channel();
        talk.ping(is_back.then_some(again));
        let mut ticks = interval(PING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pace = Pace { since: Instant::now(), records: 0, busy: false };
        loop {
            talk.write(&mut wire).await?;
            tokio::select! {
                filled = wire.fill() => {
                    filled?;
                    let records = self.hear(&mut wire, &mut talk)?;
                    wire.pace(pace.is_busy(records, Instant::now()))?;
                }
                wanted = self.wanted.recv() => match wanted {
                    Some(wanted) => self.add(wanted, &mut talk),
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

    fn add(&mut self, wanted: Wanted, talk: &mut Talk) {
        // Who asked gave up while the connection was away.
        if wanted.taken.is_closed() {
            return;
        }
        self.last_sid += 1;
        talk.say(&format!("SUB {} {}", wanted.subject, self.last_sid));
        talk.ping(Some(wanted.taken));
        let subscription = Subscription { subject: wanted.subject, records: wanted.records, full: false };
        self.subscriptions.insert(self.last_sid, subscription);
    }

    /// Hands on all that was read; says how many records it brought.
    fn hear(&mut self, wire: &mut Wire, talk: &mut Talk) -> io::Result<usize> {
        talk.heard = true;
        let mut records = 0;
        while let Some(op) = wire.next()? {
            match op {
                Op::Message(message) => {
                    records += 1;
                    self.hand_on(&message);
                }
                Op::Ping => talk.say("PONG"),
                Op::Pong => {
                    if let Some(asker) = talk.pongs.pop_front().flatten() {
                        // Who gave up meanwhile does not hear it.
                        let _given_up = asker.send(());
                    }
                }
                Op::Err(error) => tracing::warn!(error, "nats server complains"),
                Op::Info(_) | Op::Ok => {}
            }
        }
        Ok(records)
    }

    fn hand_on(&mut self, message: &Incoming) {
        let Some(subscription) = self.subscriptions.get_mut(&message.sid) else { return };
        let Some(record) = Record::of_live(message) else { return };
        match subscription.records.try_send(record) {
            Ok(()) => subscription.full = false,
            Err(TrySendError::Full(_)) => {
                if !std::mem::replace(&mut subscription.full, true) {
                    self.alarms.send_modify(|count| *count += 1);
                }
            }
            // The next tick forgets it.
            Err(TrySendError::Closed(_)) => {}
        }
    }
}

impl Pace {
    /// Whether it is worth to let some more come before each look; counts what this one brought.
    fn is_busy(&mut self, records: usize, now: Instant) -> bool {
        self.records += records;
        let window = now.duration_since(self.since);
        if window >= WINDOW {
            let least = BUSY as f64 * window.as_secs_f64() / WINDOW.as_secs_f64();
            (self.busy, self.since, self.records) = (self.records as f64 >= least, now, 0);
        }
        self.busy
    }
}

impl Talk {
    fn say(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    fn ping(&mut self, asker: Option<oneshot::Sender<()>>) {
        self.say("PING");
        self.pongs.push_back(asker);
    }

    /// Once a [`PING`]: an error when the server does not answer.
    fn tick(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.heard, false) {
            self.silent = 0;
            return Ok(());
        }
        self.silent += 1;
        if self.silent > UNANSWERED {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.ping(None);
        Ok(())
    }

    async fn write(&mut self, wire: &mut Wire) -> io::Result<()> {
        if !self.out.is_empty() {
            wire.write(&self.out).await?;
            self.out = Vec::new();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_busy_while_many_come_and_only_so_long() {
        let mut now = Instant::now();
        let mut pace = Pace { since: now, records: 0, busy: false };
        let mut look = |after_ms: u64, records: usize| {
            now += Duration::from_millis(after_ms);
            pace.is_busy(records, now)
        };
        assert!(!(0..50).any(|_| look(5, 1)), "200 a second");
        assert!((0..50).map(|_| look(2, 8)).skip(20).all(|busy| busy), "4,000 a second");
        assert!(look(5, 0), "a window has not passed yet");
        look(20, 0);
        assert!(!look(20, 0), "nothing came for a whole window");
        assert!(!look(1_000, 30), "a few after a long silence");
    }
}
