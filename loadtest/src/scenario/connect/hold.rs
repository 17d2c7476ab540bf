//! One process of `connect`: opens sockets, keeps them alive, and ends with its input.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::ensure;
use chatmesh_client::Socket;
use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use crate::scenario::receiver;
use crate::target::{AT_ONCE, Target};

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The number of the first socket, which decides the source address.
    #[arg(long)]
    first: usize,
    #[arg(long)]
    sockets: usize,
    #[arg(long)]
    sockets_per_user: usize,
    #[arg(long)]
    rooms: usize,
    #[arg(long)]
    memberships: usize,
    #[arg(long)]
    ramp: u64,
    #[command(flatten)]
    target: Target,
}

pub async fn run(options: Options) -> anyhow::Result<()> {
    let target = &options.target;
    let rooms = target.rooms(&target.guests("loadtest", 1).await?, "idle", options.rooms).await?;
    let users = target.members("idle", options.sockets.div_ceil(options.sockets_per_user), &rooms, options.memberships).await?;
    println!("ready {}", users.len());
    let alive = Arc::new(AtomicUsize::new(0));
    let mut ramp = tokio::time::interval(Duration::from_micros(1_000_000 / options.ramp.max(1)));
    let (users, alive_here, options_here) = (&users, &alive, &options);
    let open = stream::iter(0..options.sockets).map(|number| async move {
        let user = &users[number / options_here.sockets_per_user];
        let (socket, rooms) = receiver::open(&target.url, user, options_here.first + number, true).await?;
        ensure!(rooms == options_here.memberships, "the socket's rooms are not all attached");
        alive_here.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(keep(socket, alive_here.clone()));
        anyhow::Ok(())
    });
    let mut open = Box::pin(open.buffer_unordered(AT_ONCE));
    loop {
        ramp.tick().await;
        if open.try_next().await?.is_none() {
            break;
        }
    }
    println!("connected {}", alive.load(Ordering::Relaxed));
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    println!("alive {}", alive.load(Ordering::Relaxed));
    Ok(())
}

/// Says `ping` in time until the connection ends.
async fn keep(mut socket: Socket, alive: Arc<AtomicUsize>) {
    loop {
        let said = match tokio::time::timeout(silence(), socket.next()).await {
            Ok(heard) => heard.map(|_| ()),
            Err(_) => socket.send(&json!({ "t": "ping" })).await,
        };
        if said.is_err() {
            break;
        }
    }
    alive.fetch_sub(1, Ordering::Relaxed);
}

/// Until a silent socket says `ping`: spread, so that not all speak at once.
pub fn silence() -> Duration {
    Duration::from_millis(rand::random_range(28_000..30_000))
}
