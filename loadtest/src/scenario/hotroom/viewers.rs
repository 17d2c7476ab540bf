//! One process of `hotroom`: viewers of one room at one gateway. Most count what they hear; some read it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chatmesh_client::Socket;
use chatmesh_client::protocol::frame::ServerFrame;
use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::now_us;
use crate::report::Latencies;
use crate::scenario::receiver::{self, Counted};
use crate::target::{AT_ONCE, Target};

const SOCKETS_PER_USER: usize = 30;
const PING: Duration = Duration::from_secs(25);

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The number of the first socket, which decides the source address.
    #[arg(long)]
    first: usize,
    #[arg(long)]
    sockets: usize,
    #[arg(long)]
    room: String,
    /// Every so manieth viewer reads what it hears.
    #[arg(long)]
    reader_every: usize,
    #[command(flatten)]
    target: Target,
}

/// What the viewers of one process have heard.
#[derive(Default, Serialize, Deserialize)]
pub struct Heard {
    pub events: u64,
    pub broken: u64,
    pub gaps: u64,
    pub doubled: u64,
    /// Latencies of the readers: microseconds and how often.
    pub latencies: Vec<(u64, u64)>,
}

#[derive(Default)]
struct Shared {
    counted: Arc<Counted>,
    gaps: AtomicU64,
    doubled: AtomicU64,
    latencies: Mutex<Latencies>,
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    let target = &options.target;
    let users = target.guests("viewer", options.sockets.div_ceil(SOCKETS_PER_USER)).await?;
    let (shared, users, options) = (Arc::new(Shared::default()), &users, &options);
    let open = stream::iter(0..options.sockets).map(|number| {
        let shared = shared.clone();
        async move {
            let user = &users[number / SOCKETS_PER_USER];
            let (mut socket, _) = receiver::open(&target.url, user, options.first + number, false).await?;
            socket.send(&json!({ "t": "attach", "ref": 1, "room": options.room })).await?;
            while !matches!(socket.next().await?, ServerFrame::Resumed { .. }) {}
            tokio::spawn(view(socket, shared, number % options.reader_every == 0));
            anyhow::Ok(())
        }
    });
    open.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    println!("connected {}", options.sockets);
    let mut asked = BufReader::new(tokio::io::stdin()).lines();
    while asked.next_line().await?.is_some() {
        println!("heard {}", serde_json::to_string(&shared.heard())?);
    }
    println!("heard {}", serde_json::to_string(&shared.heard())?);
    Ok(())
}

impl Shared {
    fn heard(&self) -> Heard {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        Heard {
            events: count(&self.counted.events),
            broken: count(&self.counted.broken),
            gaps: count(&self.gaps),
            doubled: count(&self.doubled),
            latencies: self.latencies.lock().unwrap_or_else(PoisonError::into_inner).values(),
        }
    }
}

/// Hears until the connection ends. Who reads looks at the order, and how long each message took from when it was due, which is its text;
/// the others count. Presence, which comes in crowds, is passed over.
async fn view(mut socket: Socket, shared: Arc<Shared>, reads: bool) {
    let mut ping = tokio::time::interval(PING);
    ping.reset();
    let mut last = None;
    let wanted = |message: &[u8]| {
        let events = receiver::events(message).unwrap_or_default();
        shared.counted.events.fetch_add(events, Ordering::Relaxed);
        reads && events > 0
    };
    loop {
        let heard = tokio::select! {
            heard = socket.next_of(wanted) => heard,
            _ = ping.tick() => match socket.send(&json!({ "t": "ping" })).await {
                Ok(()) => continue,
                Err(error) => Err(error),
            },
        };
        let event = match heard {
            Ok(ServerFrame::Event(event)) => event,
            Ok(_) => continue,
            Err(_) => break,
        };
        if let Some(last) = last {
            shared.doubled.fetch_add(u64::from(event.seq <= last), Ordering::Relaxed);
            shared.gaps.fetch_add(u64::from(event.prev.is_some_and(|prev| prev > last)), Ordering::Relaxed);
        }
        last = last.max(Some(event.seq));
        let due = event.body.and_then(|body| body.text).and_then(|text| text.parse::<u64>().ok());
        if let Some(due) = due {
            let latency = Duration::from_micros(now_us().saturating_sub(due));
            shared.latencies.lock().unwrap_or_else(PoisonError::into_inner).record(latency);
        }
    }
    shared.counted.broken.fetch_add(1, Ordering::Relaxed);
}
