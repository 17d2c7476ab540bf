//! The bare loop: one thread, blocking sockets, one frame a call. What the kernel's own cost of a delivery is, on this machine and now.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use crate::scenario::process::cpu_seconds;
use crate::scenario::receiver::{self, Counted};

/// For the whole loop.
const WITHIN: Duration = Duration::from_secs(300);

#[derive(Args, Clone, Debug)]
pub struct Options {
    #[arg(long)]
    sockets: usize,
    /// Frames to each socket.
    #[arg(long)]
    frames: u64,
    /// Bytes of a frame, its header included.
    #[arg(long)]
    bytes: usize,
    /// Rounds a second; a loop that cannot keep up goes on as fast as it can.
    #[arg(long)]
    rate: u64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Figures {
    pub deliveries: u64,
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub per_cpu_second: f64,
}

/// The process: prints its port, takes the sockets, sends when told to, and prints its figures.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let mut sockets: Vec<TcpStream> = Vec::with_capacity(options.sockets);
    for _ in 0..options.sockets {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        sockets.push(socket);
    }
    BufReader::new(std::io::stdin()).read_line(&mut String::new())?;
    let frame = frame(options.bytes);
    let (cpu, begin) = (cpu_seconds("self")?, Instant::now());
    for round in 0..options.frames {
        let due = begin + Duration::from_secs_f64(round as f64 / options.rate as f64);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        for socket in &mut sockets {
            socket.write_all(&frame)?;
        }
    }
    let (seconds, cpu_seconds) = (begin.elapsed().as_secs_f64(), cpu_seconds("self")? - cpu);
    let deliveries = options.frames * options.sockets as u64;
    let per_cpu_second = deliveries as f64 / cpu_seconds.max(0.01);
    println!("{}", serde_json::to_string(&Figures { deliveries, seconds, cpu_seconds, per_cpu_second })?);
    Ok(())
}

/// A binary WebSocket frame of so many bytes; it begins as an event does, for that is what is counted.
fn frame(bytes: usize) -> Vec<u8> {
    let payload = bytes.saturating_sub(4).max(126) as u16;
    let mut frame = vec![0x82, 126];
    frame.extend(payload.to_be_bytes());
    frame.push(0x81);
    frame.extend(receiver::EVENT);
    frame.resize(4 + usize::from(payload), 0x81);
    frame
}

/// Runs the loop in a process of its own; its sockets are read here, as those of the gateway are.
pub async fn beside(sockets: usize, frames: u64, bytes: usize, rate: u64) -> anyhow::Result<Figures> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("bare-loop").args(["--sockets", &sockets.to_string(), "--frames", &frames.to_string()]);
    command.args(["--bytes", &bytes.to_string(), "--rate", &rate.to_string()]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = tokio::io::BufReader::new(child.stdout.take().context("a piped output")?).lines();
    let port: u16 = lines.next_line().await?.context("the bare loop ended")?.parse()?;
    let counted = Arc::new(Counted::default());
    for _ in 0..sockets {
        let socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
        tokio::spawn(receiver::count(socket, counted.clone()));
    }
    child.stdin.take().context("a piped input")?.write_all(b"go\n").await?;
    let line = timeout(WITHIN, lines.next_line()).await.context("the bare loop takes too long")??;
    let figures: Figures = serde_json::from_str(&line.context("the bare loop ended")?)?;
    child.wait().await?;
    let all = async {
        while counted.events.load(Ordering::Relaxed) < figures.deliveries {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), all).await.context("the bare loop's frames did not all come")?;
    Ok(figures)
}
