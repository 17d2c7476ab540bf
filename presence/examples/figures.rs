//! What a present user costs in memory, and a look at the ranking in time, in the pure parts of the service.
//! `cargo run --release -p presence --example figures`

#![expect(clippy::expect_used, reason = "a tool for developers")]

use std::time::Instant;

use presence::ranking::Ranking;
use presence::roster::Roster;
use protocol::id::Name;
use protocol::presence::State;
use protocol::rpc::roster::{Beat, Here};
use protocol::subject::Shard;

const USERS: usize = 200_000;
const ROOMS: usize = 10_000;

fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().expect("a number") * 1_024.0
}

fn main() {
    let users: Vec<Name> = (0..USERS).map(|_| Name::fresh()).collect();
    let rooms: Vec<Name> = (0..ROOMS).map(|_| Name::fresh()).collect();
    for attached in [1, 3, 10] {
        let before = resident_bytes();
        let roster = filled(&users, &rooms, attached);
        let each = (resident_bytes() - before) / USERS as f64;
        println!("{USERS} users, {attached} of {ROOMS} rooms each: {each:.0} bytes a user; {:?}", roster.totals());
        std::mem::forget(roster);
    }
    let mut ranking = Ranking::default();
    ranking.advance(1_000);
    for (number, user) in users.iter().enumerate() {
        // Few rooms are much more lively than most.
        ranking.mark(&rooms[number * number % ROOMS], user, 1_000 - (number as u64 % 30));
    }
    let mut worst = 0.0_f64;
    for minute in 1_001..1_011 {
        let begun = Instant::now();
        ranking.advance(minute);
        let top = ranking.top(100, |_| 3);
        worst = worst.max(begun.elapsed().as_secs_f64() * 1_000.0);
        assert_eq!(top.len(), 100);
    }
    println!("a tick of the ranking over {ROOMS} rooms and {USERS} users: {worst:.2} ms at most");
}

/// Everybody at one gateway, as beats bring them.
fn filled(users: &[Name], rooms: &[Name], attached: usize) -> Roster {
    let shard = Shard { home: Name::parse("local").expect("well-formed"), number: 0 };
    let mut roster = Roster::default();
    for (n, chunk) in users.chunks(200).enumerate() {
        let first = n * 200;
        // As from the wire: every beat has its own copies.
        let place = |at: usize| (first + at) * 7 % ROOMS;
        let copy = |name: &Name| Name::parse(name.as_str()).expect("well-formed");
        let named = (0..200 * attached).map(|at| (copy(&rooms[place(at)]), 0)).collect();
        let here = chunk.iter().enumerate().map(|(at, user)| Here {
            user: copy(user),
            name: "somebody".into(),
            state: State::Online,
            text: None,
            idle: false,
            rooms: (0..attached).map(|room| (at * attached + room) as u32).collect(),
        });
        let (node, shards, here) = (Name::parse("node").expect("well-formed"), vec![shard.clone()], here.collect());
        let beat =
            Beat { node, n: n as u64 + 1, page: None, sockets: 0, shards, rooms: named, here, gone: vec![], active: vec![] };
        roster.hear("node", beat, 1_000);
        roster.take_news(1_000);
    }
    roster
}
