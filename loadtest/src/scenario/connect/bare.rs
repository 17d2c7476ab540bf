//! The bare loop: one thread, one epoll, the same bytes in as many sockets. What the kernel's own cost of a connect and of a rest with
//! pings is, on this machine and now.

use std::io::{ErrorKind, Read as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::hold;
use crate::scenario::process::cpu_seconds;
use crate::scenario::worker::{self, Worker};

/// Bytes there and back until a socket is joined: the upgrade, and `hello` with its token.
const JOIN: [(usize, usize); 2] = [(250, 130), (600, 700)];
/// Bytes of a `ping`, and of its `pong`.
const PING: usize = 14;
const PONG: usize = 10;
const EVENTS: usize = 1_024;
const LISTENER: Token = Token(usize::MAX);
/// For all sockets to be joined.
const RAMP: Duration = Duration::from_secs(600);

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long)]
    sockets: usize,
    /// Seconds between the last socket and the time that counts as rest.
    #[arg(long)]
    settle: u64,
    /// Seconds of rest.
    #[arg(long)]
    idle: u64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Figures {
    pub connect_cpu_us: f64,
    /// Of one core.
    pub idle_cpu_share: f64,
}

/// The process: prints its port, serves the sockets, and prints its figures.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let mut listener = TcpListener::bind("127.0.0.1:0".parse()?)?;
    println!("port {}", listener.local_addr()?.port());
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut served = Served { poll, listener, sockets: Vec::with_capacity(options.sockets), joined: 0 };
    let begun = Instant::now();
    let cpu = cpu_seconds("self")?;
    while served.joined < options.sockets {
        ensure!(begun.elapsed() < RAMP, "{} of {} sockets came", served.joined, options.sockets);
        served.turn(Duration::from_secs(1))?;
    }
    let connect_cpu_us = (cpu_seconds("self")? - cpu) * 1e6 / options.sockets as f64;
    println!("connected");
    served.until(Instant::now() + Duration::from_secs(options.settle))?;
    let cpu = cpu_seconds("self")?;
    served.until(Instant::now() + Duration::from_secs(options.idle))?;
    let idle_cpu_share = (cpu_seconds("self")? - cpu) / options.idle.max(1) as f64;
    println!("figures {}", serde_json::to_string(&Figures { connect_cpu_us, idle_cpu_share })?);
    Ok(())
}

struct Served {
    poll: Poll,
    listener: TcpListener,
    /// With the messages that each has sent.
    sockets: Vec<(TcpStream, usize)>,
    joined: usize,
}

impl Served {
    fn until(&mut self, end: Instant) -> anyhow::Result<()> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.turn(left)?;
        }
    }

    fn turn(&mut self, most: Duration) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        self.poll.poll(&mut events, Some(most))?;
        for event in &events {
            match event.token() {
                LISTENER => self.accept()?,
                Token(at) => self.answer(at)?,
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((mut socket, _)) => {
                    socket.set_nodelay(true)?;
                    self.poll.registry().register(&mut socket, Token(self.sockets.len()), Interest::READABLE)?;
                    self.sockets.push((socket, 0));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A message a read: the clients wait for each answer.
    fn answer(&mut self, at: usize) -> anyhow::Result<()> {
        let (socket, messages) = &mut self.sockets[at];
        let mut buffer = [0; 1_024];
        match socket.read(&mut buffer) {
            Ok(1..) => {}
            Ok(0) => return Ok(self.poll.registry().deregister(socket)?),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let answer = JOIN.get(*messages).map_or(PONG, |(_, back)| *back);
        socket.write_all(&buffer[..answer])?;
        *messages += 1;
        self.joined += usize::from(*messages == JOIN.len());
        Ok(())
    }
}

/// Runs the loop in a process of its own, with clients here that do as those of the gateway did. With more sockets than one process has
/// files for, the rest is reckoned up.
pub async fn beside(all: usize, ramp: u64, settle: u64, idle: u64) -> anyhow::Result<Figures> {
    let sockets = all.min(worker::SOCKETS);
    let arguments = [("--sockets", sockets.to_string()), ("--settle", settle.to_string()), ("--idle", idle.to_string())];
    let mut bare = Worker::start("bare-sockets", &arguments)?;
    let port: u16 = bare.hear(RAMP, "port").await?.parse()?;
    let mut ramp = tokio::time::interval(Duration::from_micros(1_000_000 / ramp.max(1)));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..sockets {
        ramp.tick().await;
        clients.spawn(client(port));
    }
    bare.hear(RAMP, "connected").await?;
    let told = bare.hear(Duration::from_secs(settle + idle + 60), "figures").await?;
    let measured: Figures = serde_json::from_str(&told)?;
    Ok(Figures { idle_cpu_share: measured.idle_cpu_share * all as f64 / sockets as f64, ..measured })
}

async fn client(port: u16) -> std::io::Result<()> {
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
    socket.set_nodelay(true)?;
    let mut buffer = [0; 1_024];
    for (there, back) in JOIN {
        socket.write_all(&buffer[..there]).await?;
        socket.read_exact(&mut buffer[..back]).await?;
    }
    loop {
        tokio::time::sleep(hold::silence()).await;
        socket.write_all(&buffer[..PING]).await?;
        socket.read_exact(&mut buffer[..PONG]).await?;
    }
}
