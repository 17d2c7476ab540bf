//! One of the people of `mixed`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::bail;
use chatmesh_client::protocol::event::{Event, Kind};
use chatmesh_client::protocol::frame::Paging;
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Action, Client, ClientOptions, Login, NewChange, Ticket, Update};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::report::Latencies;
use crate::target::Target;

/// From the end of the run until the last event must be here.
const LAST: Duration = Duration::from_secs(30);
/// Chances with each message that is heard, in thousandths; most people only read.
const REACTS: u32 = 8;
const REPLIES: u32 = 1;
const SCROLLS: u32 = 2;
const MARKS: u32 = 60;
/// And with each own message that was stored.
const EDITS: u32 = 40;
const DELETES: u32 = 10;
const BREAKS: u32 = 20;

/// Something to be said.
pub struct Job {
    pub room: RoomId,
    pub text: String,
    pub due: Instant,
}

/// A user and his rooms.
pub struct Person {
    pub login: Login,
    pub rooms: Vec<RoomId>,
    pub seed: u64,
}

/// What happened, over all.
#[derive(Default)]
pub struct Tally {
    pub stored: Arc<AtomicU64>,
    pub delivered: Arc<AtomicU64>,
    pub changes: AtomicU64,
    pub pages: AtomicU64,
    pub marks: AtomicU64,
    pub breaks: AtomicU64,
    pub refused: AtomicU64,
    pub gaps: AtomicU64,
    pub doubled: AtomicU64,
    flying: AtomicU64,
    latencies: Mutex<(Latencies, Latencies)>,
    /// When the message with a number was due; the number is its last word.
    due: Mutex<HashMap<u64, Instant>>,
    number: AtomicU64,
    /// The last event of each room that was acknowledged to anybody.
    heads: Mutex<HashMap<RoomId, u64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Tally {
    /// To `ok`, and delivered.
    pub fn latencies(&self) -> (Latencies, Latencies) {
        lock(&self.latencies).clone()
    }

    /// Waits until nothing is under way.
    pub async fn sent_all(&self, within: Duration) {
        let until = Instant::now() + within;
        // Jobs that were just given have a moment to begin.
        sleep(Duration::from_millis(500)).await;
        while self.flying.load(Ordering::Relaxed) > 0 && Instant::now() < until {
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Follows a change to its end.
    fn follow(self: &Arc<Self>, ticket: Ticket, room: RoomId, due: Option<Instant>) {
        let tally = self.clone();
        tokio::spawn(async move {
            match ticket.stored().await {
                Ok(stored) => {
                    let mut heads = lock(&tally.heads);
                    let head = heads.entry(room).or_default();
                    *head = stored.seq.max(*head);
                    drop(heads);
                    add(if due.is_some() { &tally.stored } else { &tally.changes });
                    if let Some(due) = due {
                        lock(&tally.latencies).0.record(due.elapsed());
                    }
                }
                // Somebody else was faster: what it was about is deleted.
                Err(error) if due.is_none() && matches!(error.code(), Some("not_found" | "conflict")) => {}
                Err(_) => add(&tally.refused),
            }
            tally.flying.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// A connection, and what came on it.
struct Line {
    client: Client,
    updates: mpsc::Receiver<Update>,
}

impl Person {
    fn connect(&self, target: &Target, seen: &HashMap<RoomId, u64>) -> Line {
        let options = ClientOptions { resume: seen.clone(), ..ClientOptions::default() };
        let (client, updates) = Client::start(target.api(), self.login.clone(), options);
        Line { client, updates }
    }

    /// Lives until the run is over, and gives how many rooms ended before their last event.
    pub async fn live(
        self,
        target: Target,
        mut jobs: mpsc::Receiver<Job>,
        mut ended: watch::Receiver<bool>,
        tally: Arc<Tally>,
    ) -> anyhow::Result<u64> {
        let mut dice = StdRng::seed_from_u64(self.seed);
        let mut seen: HashMap<RoomId, u64> = HashMap::new();
        let mut line = self.connect(&target, &seen);
        let mut over = false;
        let mut working = true;
        loop {
            if over && self.missing(&seen, &tally) == 0 {
                return Ok(0);
            }
            tokio::select! {
                update = timeout(LAST, line.updates.recv()) => match update {
                    Ok(Some(update)) => self.hear(&line.client, update, &mut seen, &mut dice, &tally).await?,
                    // Nothing was said for a while.
                    Err(_) if !over => {}
                    Ok(None) | Err(_) => return Ok(self.missing(&seen, &tally)),
                },
                job = jobs.recv(), if working => {
                    let Some(job) = job else {
                        working = false;
                        continue;
                    };
                    self.say(&line.client, job, &tally).await?;
                    if dice.random_ratio(BREAKS, 1_000) && seen.len() == self.rooms.len() {
                        add(&tally.breaks);
                        line = self.connect(&target, &seen);
                    }
                }
                word = async { ended.wait_for(|ended| *ended).await.map(drop) }, if !over => {
                    word?;
                    over = true;
                }
            }
        }
    }

    /// Rooms whose last event did not come.
    fn missing(&self, seen: &HashMap<RoomId, u64>, tally: &Tally) -> u64 {
        let heads = lock(&tally.heads);
        self.rooms.iter().filter(|room| seen.get(*room) < heads.get(*room)).count() as u64
    }

    async fn say(&self, client: &Client, job: Job, tally: &Arc<Tally>) -> anyhow::Result<()> {
        let number = tally.number.fetch_add(1, Ordering::Relaxed);
        lock(&tally.due).insert(number, job.due);
        let text = format!("{} {number}", job.text);
        tally.flying.fetch_add(1, Ordering::Relaxed);
        tally.follow(client.submit(NewChange::message(&job.room, text)).await?, job.room, Some(job.due));
        Ok(())
    }

    async fn hear(
        &self,
        client: &Client,
        update: Update,
        seen: &mut HashMap<RoomId, u64>,
        dice: &mut StdRng,
        tally: &Arc<Tally>,
    ) -> anyhow::Result<()> {
        let event = match update {
            Update::Event(event) => event,
            Update::Online(welcome) => {
                // Joined but not yet followed: from here on.
                for room in &welcome.rooms {
                    seen.entry(room.room.clone()).or_insert(room.head);
                }
                return Ok(());
            }
            Update::Closed(error) => bail!("a connection ended for good: {error}"),
            Update::Anew(_) | Update::Refused { .. } | Update::Offline(_) | Update::Frame(_) | Update::Login(_) => return Ok(()),
        };
        add(&tally.delivered);
        let last = seen.entry(event.room.clone()).or_insert(event.seq - 1);
        if event.seq <= *last {
            add(&tally.doubled);
        }
        if event.prev.is_some_and(|prev| prev > *last) {
            add(&tally.gaps);
        }
        *last = event.seq.max(*last);
        if event.kind == Kind::Message {
            self.answer(client, &event, dice, tally).await?;
        }
        Ok(())
    }

    /// What he does about a message.
    async fn answer(&self, client: &Client, event: &Event, dice: &mut StdRng, tally: &Arc<Tally>) -> anyhow::Result<()> {
        let text = event.body.as_ref().and_then(|body| body.text.as_deref()).unwrap_or_default();
        let number = text.rsplit(' ').next().and_then(|word| word.parse().ok());
        let due = number.and_then(|number: u64| lock(&tally.due).get(&number).copied());
        if let Some(due) = due {
            lock(&tally.latencies).1.record(due.elapsed());
        }
        let mut chance = |of: u32| dice.random_ratio(of, 1_000);
        let own = event.from.id == self.login.user.id;
        let action = if own && chance(EDITS) {
            Some(Action::Edit { target: event.seq, text: format!("{text} (or so)") })
        } else if own && chance(DELETES) {
            Some(Action::Delete { target: event.seq })
        } else if chance(REPLIES) {
            Some(Action::Send { text: "right, so it is".into(), reply_to: Some(event.seq), thread: None })
        } else if chance(REACTS) {
            Some(Action::React { target: event.seq, emoji: "👍".into(), remove: false })
        } else {
            None
        };
        if let Some(action) = action {
            tally.flying.fetch_add(1, Ordering::Relaxed);
            tally.follow(client.submit(NewChange::new(&event.room, action)).await?, event.room.clone(), None);
        }
        if chance(MARKS) {
            let (client, room, seq, tally) = (client.clone(), event.room.clone(), event.seq, tally.clone());
            tokio::spawn(async move {
                if client.read(&room, seq).await.is_ok() {
                    add(&tally.marks);
                }
            });
        }
        if chance(SCROLLS) {
            let (client, room, seq, tally) = (client.clone(), event.room.clone(), event.seq, tally.clone());
            tokio::spawn(async move {
                if client.history(&room, Paging { before: Some(seq), limit: Some(50), ..Paging::default() }).await.is_ok() {
                    add(&tally.pages);
                }
            });
        }
        Ok(())
    }
}
