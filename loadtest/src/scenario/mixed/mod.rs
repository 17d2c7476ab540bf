//! What people do all day: they say what was once said, at its lengths and in its bursts, react, correct themselves, read, scroll back,
//! and come back after a break. Each looks at the order of all that he hears.

mod person;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use chatmesh_client::protocol::id::RoomId;
use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::recording::Recording;
use crate::report::{Live, Report, Spread};
use crate::target::{AT_ONCE, Target};
use person::{Job, Person, Tally};

/// From the end until everybody has everything.
const LATE: Duration = Duration::from_secs(60);
/// Jobs of one person that wait; beyond it he has fallen behind, and the run says so.
const JOBS: usize = 1_024;

#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Recorded chat, as for `replay`: what is said, and in which bursts.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[arg(long, default_value_t = 500)]
    pub users: usize,
    #[arg(long, default_value_t = 50)]
    pub rooms: usize,
    /// Rooms of each user; some rooms are more popular than others.
    #[arg(long, default_value_t = 5)]
    pub rooms_per_user: usize,
    /// Messages a second, on average over all rooms.
    #[arg(long, default_value_t = 100.0)]
    pub rate: f64,
    #[arg(long, default_value_t = 30.0)]
    pub seconds: f64,
    /// Of the same seed comes the same run.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub target: Target,
}

#[derive(Serialize)]
struct Figures {
    users: usize,
    rooms: usize,
    messages: u64,
    /// Reactions, edits and deletions.
    changes: u64,
    deliveries: u64,
    pages: u64,
    marks: u64,
    breaks: u64,
    refused: u64,
    seconds: f64,
    /// From when a message was due.
    acknowledged: Spread,
    delivered: Spread,
}

pub async fn run(options: Options) -> anyhow::Result<Report> {
    let target = &options.target;
    target.without_rate_limit().await?;
    ensure!(options.users > 0 && options.rooms > 0 && options.rooms_per_user > 0, "there must be users and rooms");
    let mut lines: Vec<(u64, String)> = Vec::new();
    for file in &options.files {
        let recording = Recording::read(file)?;
        let begin = lines.last().map_or(0, |(at, _)| *at);
        lines.extend(recording.lines.into_iter().map(|line| (begin + line.at_ms, line.text)));
    }
    let mut dice = StdRng::seed_from_u64(options.seed);
    let tally = Arc::new(Tally::default());
    let (over, ended) = watch::channel(false);
    let rooms = target.rooms(&target.guests("loadtest", 1).await?, "mixed", options.rooms).await?;
    let people = people(&options, &rooms, &mut dice).await?;
    let mut tasks = JoinSet::new();
    let mut jobs = Vec::new();
    for person in people {
        let (sender, receiver) = mpsc::channel(JOBS);
        jobs.push((sender, person.rooms.clone()));
        tasks.spawn(person.live(target.clone(), receiver, ended.clone(), tally.clone()));
    }
    let live = Live::start("mixed", vec![("stored", tally.stored.clone()), ("delivered", tally.delivered.clone())]);
    let begun = Instant::now();
    let mut fell_behind = 0;
    for (after, text) in bursts(&lines, options.rate, options.seconds) {
        sleep_until(begun + after).await;
        let (sender, rooms) = &jobs[popular(&mut dice, jobs.len())];
        let room = rooms[popular(&mut dice, rooms.len())].clone();
        fell_behind += u64::from(sender.try_send(Job { room, text, due: begun + after }).is_err());
    }
    drop(jobs);
    let seconds = begun.elapsed().as_secs_f64();
    // Everybody ends once he has seen the last of what was stored in his rooms.
    tally.sent_all(LATE).await;
    over.send_replace(true);
    let mut lost = 0;
    let all = async {
        while let Some(person) = tasks.join_next().await {
            lost += person??;
        }
        anyhow::Ok(())
    };
    timeout(LATE, all).await??;
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    let (acknowledged, delivered) = tally.latencies();
    let figures = Figures {
        users: options.users,
        rooms: options.rooms,
        messages: count(&tally.stored),
        changes: count(&tally.changes),
        deliveries: count(&tally.delivered),
        pages: count(&tally.pages),
        marks: count(&tally.marks),
        breaks: count(&tally.breaks),
        refused: count(&tally.refused),
        seconds,
        acknowledged: acknowledged.spread(),
        delivered: delivered.spread(),
    };
    let sentence = format!(
        "{} users in {} rooms: {} messages and {} changes in {seconds:.0} s, {} deliveries, {} pages, {} read marks, {} breaks; to `ok` {}; \
         delivered {}",
        figures.users,
        figures.rooms,
        figures.messages,
        figures.changes,
        figures.deliveries,
        figures.pages,
        figures.marks,
        figures.breaks,
        figures.acknowledged,
        figures.delivered
    );
    let mut report = Report::new("mixed", &figures, sentence)?;
    (report.lost, report.doubled) = (lost + count(&tally.gaps), count(&tally.doubled));
    report.must(fell_behind == 0, format!("{fell_behind} messages found their author more than {JOBS} behind"));
    report.must(figures.refused == 0, format!("{} changes were refused", figures.refused));
    report.latencies = vec![("to ok", acknowledged), ("delivered", delivered)];
    report.seconds = live.end();
    Ok(report)
}

async fn people(options: &Options, rooms: &[RoomId], dice: &mut StdRng) -> anyhow::Result<Vec<Person>> {
    let target = &options.target;
    let seats = (0..options.users).map(|number| {
        let mut own: Vec<RoomId> = Vec::new();
        while own.len() < options.rooms_per_user.min(rooms.len()) {
            let room = &rooms[popular(dice, rooms.len())];
            if !own.contains(room) {
                own.push(room.clone());
            }
        }
        (number, own, dice.random())
    });
    let joined = stream::iter(seats.collect::<Vec<_>>()).map(|(number, rooms, seed)| async move {
        let login = target.guest(&format!("somebody {number}")).await?;
        for room in &rooms {
            target.join(&login, room).await?;
        }
        anyhow::Ok(Person { login, rooms, seed })
    });
    joined.buffered(AT_ONCE).try_collect().await
}

/// A place among so many, the first ones more often: as the square of an even chance.
fn popular(dice: &mut StdRng, of: usize) -> usize {
    let chance: f64 = dice.random();
    ((chance * chance * of as f64) as usize).min(of - 1)
}

/// The recorded lines with their recorded gaps, long silences cut, at the wanted rate; over again where the run is longer.
fn bursts(lines: &[(u64, String)], rate: f64, seconds: f64) -> Vec<(Duration, String)> {
    const SILENCE_MS: u64 = 60_000;
    let gaps: Vec<f64> =
        (0..lines.len()).map(|at| lines[at].0.saturating_sub(lines[at.saturating_sub(1)].0).min(SILENCE_MS) as f64).collect();
    let mean = (gaps.iter().sum::<f64>() / gaps.len() as f64).max(f64::MIN_POSITIVE);
    let mut at = 0.0;
    lines
        .iter()
        .zip(&gaps)
        .cycle()
        .map(|((_, text), gap)| {
            at += gap / mean / rate;
            (at, text)
        })
        .take((rate * seconds * 2.0) as usize)
        .take_while(|(at, _)| *at < seconds)
        .map(|(at, text)| (Duration::from_secs_f64(at), text.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_keep_their_shape_and_the_mean_is_the_rate() {
        let lines: Vec<(u64, String)> = [0, 1_000, 1_100, 1_200, 9_000_000].map(|at| (at, at.to_string())).into();
        let made = bursts(&lines, 10.0, 20.0);
        assert!((150..250).contains(&made.len()), "{}", made.len());
        assert!(made.is_sorted_by_key(|(at, _)| *at));
        let gap = |at: usize| (made[at].0 - made[at - 1].0).as_secs_f64();
        assert!((gap(1) / gap(2) - 10.0).abs() < 0.01, "a burst stays a burst");
        assert!(gap(4) / gap(1) < 61.0, "a long silence is cut");
    }

    #[test]
    fn the_first_are_more_popular() {
        let mut dice = StdRng::seed_from_u64(7);
        let places: Vec<usize> = (0..1_000).map(|_| popular(&mut dice, 10)).collect();
        assert!(places.iter().filter(|place| **place == 0).count() > 2 * places.iter().filter(|place| **place == 9).count());
        assert!(places.iter().all(|place| *place < 10));
    }
}
