//! Replays recorded chat: a room for each file, a user for each nick, every line through a real socket at the recorded pace, and at the
//! end the proof that every line is in its room's history, once and in order.

mod cast;
mod pace;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chatmesh_client::protocol::id::{EventId, RoomId, UserId};
use chatmesh_client::{ClientError, NewChange, Stored, Ticket};
use clap::Args;
use futures_util::future::try_join_all;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::time::Instant;

use crate::recording::Recording;
use crate::report::{Latencies, Report};
use crate::target::Target;
use cast::Cast;
use pace::Speed;
use verify::Verdict;

/// Lines of one author that may be on their way at once.
const IN_FLIGHT: usize = 64;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Logs of IRC, or tables of question and answer pairs (`*.csv`).
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How many times faster than it was recorded, such as `60x`, or `max`.
    #[arg(long, default_value = "60x")]
    pub speed: Speed,
    #[command(flatten)]
    pub target: Target,
}

/// A line that is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub id: EventId,
    pub seq: u64,
    pub author: UserId,
    pub text: String,
}

#[derive(Serialize)]
struct Figures {
    files: usize,
    users: usize,
    lines: usize,
    seconds: f64,
    lines_per_second: f64,
    latency: crate::report::Spread,
    lost: usize,
    doubled: usize,
    reordered: usize,
    altered: usize,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let recordings: Vec<Recording> = options.files.iter().map(|path| Recording::read(path)).collect::<Result<_, _>>()?;
    let lines = recordings.iter().map(|recording| recording.lines.len()).sum();
    let limits = options.target.limits().await?;
    if limits.per_minute > 0 {
        let (limit, variable) = (limits.per_minute, "CHATMESH__LIMITS__PER_MINUTE=0");
        eprintln!(
            "replay: the server takes {limit} lines a minute of one user; where that is too few, it is waited ({variable} lifts it)"
        );
    }

    let bar = bar(0, "making users and rooms");
    let cast = Arc::new(Cast::gather(&options.target, &recordings, &bar).await?);
    bar.finish_and_clear();

    let bar = self::bar(lines, "sending");
    let begin = Instant::now();
    let sending = recordings.iter().zip(&cast.rooms).map(|(recording, room)| {
        let play = play(recording.clone(), room.clone(), cast.clone(), options.speed, begin, bar.clone());
        async move { tokio::spawn(play).await.context("a room's task broke")? }
    });
    let played: Vec<(Vec<Sent>, Vec<Duration>)> = try_join_all(sending).await?;
    let seconds = begin.elapsed().as_secs_f64();
    bar.finish_and_clear();

    let bar = self::bar(lines, "verifying");
    let mut verdict = Verdict::default();
    let mut latencies = Latencies::default();
    for ((sent, waited), room) in played.iter().zip(&cast.rooms) {
        let history = verify::history(&cast.reader, room, options.target.patience, &bar).await?;
        verdict.add(&verify::compare(sent, &history));
        waited.iter().for_each(|waited| latencies.record(*waited));
    }
    bar.finish_and_clear();

    let Verdict { lost, doubled, reordered, altered } = verdict;
    let (files, users, lines_per_second, latency) = (recordings.len(), cast.users(), lines as f64 / seconds, latencies.spread());
    let sentence = format!(
        "{lines} lines of {users} users in {files} rooms, {lines_per_second:.0} a second, to `ok` {latency}: \
         {lost} lost, {doubled} doubled, {reordered} reordered, {altered} altered"
    );
    let figures = Figures { files, users, lines, seconds, lines_per_second, latency, lost, doubled, reordered, altered };
    let mut report = Report::new("replay", &figures, sentence)?;
    (report.lost, report.doubled, report.reordered) = (lost as u64, doubled as u64, reordered as u64);
    report.must(altered == 0, format!("{altered} lines were altered"));
    report.latencies.push(("to ok", latencies));
    Ok(report)
}

/// Sends one room's lines in their order: the next author begins when all lines of the one before are stored.
async fn play(
    recording: Recording,
    room: RoomId,
    cast: Arc<Cast>,
    speed: Speed,
    begin: Instant,
    bar: ProgressBar,
) -> anyhow::Result<(Vec<Sent>, Vec<Duration>)> {
    let (mut sent, mut waited) = (Vec::with_capacity(recording.lines.len()), Vec::with_capacity(recording.lines.len()));
    for turn in recording.lines.chunk_by(|one, next| one.nick == next.nick) {
        for lines in turn.chunks(IN_FLIGHT) {
            let mut stored = Vec::with_capacity(lines.len());
            for line in lines {
                let due = speed.due(begin, line.at_ms);
                tokio::time::sleep_until(due.unwrap_or(begin)).await;
                let client = cast.client(&line.nick).await?;
                let ticket = client.submit(NewChange::message(&room, &line.text)).await?;
                stored.push(tokio::spawn(timed(ticket, due.unwrap_or_else(Instant::now))));
            }
            for (stored, line) in stored.into_iter().zip(lines) {
                let place = || format!("the line {:?} of {} in {}", line.text, line.nick, recording.name);
                let (stored, latency) = stored.await?;
                let stored = stored.with_context(place)?;
                waited.push(latency);
                let author = cast.author(&line.nick)?;
                sent.push(Sent { id: stored.id, seq: stored.seq, author, text: line.text.clone() });
                bar.inc(1);
            }
        }
    }
    Ok((sent, waited))
}

/// How long it took from when it was due.
async fn timed(ticket: Ticket, due: Instant) -> (Result<Stored, ClientError>, Duration) {
    let stored = ticket.stored().await;
    (stored, due.elapsed())
}

/// Shown on a terminal only.
fn bar(lines: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(lines as u64).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}") {
        bar.set_style(style);
    }
    bar
}
