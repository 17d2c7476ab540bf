//! Pages of history over HTTP, on connections that are kept.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use chatmesh_client::protocol::room::Room;
use clap::Args;
use http::Method;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::report::{Latencies, Report, Spread};
use crate::target::Target;

const PATIENCE: Duration = Duration::from_secs(30);
const WARM_UP: usize = 20;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The room's id; without it the public room with the highest head among the first 200.
    #[arg(long)]
    pub room: Option<String>,
    #[arg(long, default_value_t = 2_000)]
    pub requests: usize,
    /// Entries of a page.
    #[arg(long, default_value_t = 50)]
    pub limit: u64,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    room: String,
    head: u64,
    /// The newest page.
    newest: Spread,
    /// A page before any `seq` of the room.
    anywhere: Spread,
    bytes: usize,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    options.target.limits().await?;
    let (api, login) = (options.target.api(), options.target.guest("reader").await?);
    let token = login.access_token.as_str();
    let get = async |path: &str| api.insist(Method::GET, path, Some(token), None, PATIENCE).await;
    let room: Room = match &options.room {
        Some(room) => serde_json::from_value(get(&format!("/rooms/{room}")).await?)?,
        None => {
            let rooms: Vec<Room> = serde_json::from_value(get("/rooms?limit=200").await?["rooms"].clone())?;
            rooms.into_iter().max_by_key(|room| room.head).context("there is no public room; name one with --room")?
        }
    };
    let (mut newest, mut anywhere, mut bytes) = (Latencies::default(), Latencies::default(), 0);
    for number in 0..options.requests + WARM_UP {
        let (latencies, before) = match number % 2 {
            0 => (&mut newest, String::new()),
            _ => (&mut anywhere, format!("&before={}", rand::random_range(1..=room.head.max(1)))),
        };
        let path = format!("/rooms/{}/history?limit={}{before}", room.room, options.limit);
        let begin = Instant::now();
        let page = api.call(Method::GET, &path, Some(token), None).await?;
        let latency = begin.elapsed();
        let entries = page["entries"].as_array().map(Vec::len).context("a page has entries")?;
        ensure!(entries > 0 || page["older"] != Value::Bool(true), "an empty page although there is more");
        if number >= WARM_UP {
            latencies.record(latency);
            bytes = page.to_string().len();
        }
    }
    let latencies = vec![("newest", newest.clone()), ("anywhere", anywhere.clone())];
    let (newest, anywhere) = (newest.spread(), anywhere.spread());
    let sentence =
        format!("pages of {} of {} (head {}): newest {newest}; anywhere {anywhere}", options.limit, room.room, room.head);
    let figures = Figures { room: room.room.to_string(), head: room.head, newest, anywhere, bytes };
    let mut report = Report::new("history", &figures, sentence)?;
    report.latencies = latencies;
    Ok(report)
}
