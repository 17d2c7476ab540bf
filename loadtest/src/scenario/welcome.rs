//! From `hello` to `welcome` of a user with many rooms, and what that asks of the services.

use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::operations::Counters;
use super::receiver;
use crate::report::{Latencies, Report, Spread};
use crate::target::Target;

/// Between two connections; the server takes 60 a second.
const PAUSE: Duration = Duration::from_millis(20);
/// `welcome` names so many rooms at most.
const NAMED: usize = 100;
const WARM_UP: usize = 20;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Rooms of the user.
    #[arg(long, default_value_t = 500)]
    pub rooms: usize,
    /// Connections, one after the other.
    #[arg(long, default_value_t = 500)]
    pub times: usize,
    /// Operations ports of the services, whose counters are read before and after.
    #[arg(long)]
    pub ops: Vec<String>,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    rooms: usize,
    /// From the start of the connection; the upgrade is in it.
    connected: Spread,
    /// Requests to archive and directory for each connection.
    requests: f64,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let target = &options.target;
    target.without_rate_limit().await?;
    let user = target.guest("welcome").await?;
    let made = target.rooms(std::slice::from_ref(&user), "welcome", options.rooms).await?;
    let mut latencies = Latencies::default();
    let mut before = Counters::read(&options.ops).await?;
    for number in 0..options.times + WARM_UP {
        if number == WARM_UP {
            before = Counters::read(&options.ops).await?;
        }
        let begun = Instant::now();
        let (socket, rooms) = receiver::open(&target.url, &user, number, true).await?;
        if number >= WARM_UP {
            latencies.record(begun.elapsed());
        }
        ensure!(rooms == made.len().min(NAMED), "welcome names {rooms} rooms");
        socket.close().await;
        sleep(PAUSE).await;
    }
    let after = Counters::read(&options.ops).await?;
    let asked = |of: &Counters| {
        let service = "chatmesh_service_requests_total";
        of.sum(&[service, "\"archive."]) + of.sum(&[service, "\"directory."])
    };
    let (connected, requests) = (latencies.spread(), (asked(&after) - asked(&before)) / options.times as f64);
    let sentence = format!("a user with {} rooms is welcome after {connected}; {requests:.2} requests each", options.rooms);
    let mut report = Report::new("welcome", &Figures { rooms: options.rooms, connected, requests }, sentence)?;
    report.latencies.push(("connect to welcome", latencies));
    Ok(report)
}
