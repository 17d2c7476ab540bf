//! Beats in, diffs out.

use protocol::id::Name;
use protocol::presence::{Diff, State};
use protocol::rpc::roster::{Beat, Gone, Here, Page};
use protocol::subject::Shard;

use super::{Heard, Roster};

const NOW: u64 = 1_000_000;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn shard() -> Shard {
    Shard { home: name("local"), number: 3 }
}

fn beat(node: &str, n: u64, here: &[(&str, State, &[&str])]) -> Beat {
    let mut rooms: Vec<(Name, u16)> = Vec::new();
    let mut place = |room: &str| match rooms.iter().position(|(known, _)| known.as_str() == room) {
        Some(at) => at as u32,
        None => {
            rooms.push((name(room), 0));
            rooms.len() as u32 - 1
        }
    };
    let here = here.iter().map(|(user, state, rooms)| Here {
        user: name(user),
        name: format!("{user}'s name"),
        state: *state,
        text: None,
        idle: false,
        rooms: rooms.iter().map(|room| place(room)).collect(),
    });
    let here = here.collect();
    Beat { node: name(node), n, page: None, sockets: 1, shards: vec![shard()], rooms, here, gone: vec![], active: vec![] }
}

fn gone(node: &str, n: u64, user: &str, at_once: bool) -> Beat {
    Beat { gone: vec![Gone { user: name(user), at_once }], ..beat(node, n, &[]) }
}

fn page(beat: Beat, first: bool, last: bool) -> Beat {
    Beat { page: Some(Page { first, last }), ..beat }
}

/// Hears a beat that must be taken.
#[track_caller]
fn hear(roster: &mut Roster, beat: Beat, now: u64) {
    let node = beat.node.clone();
    assert_eq!(roster.hear(node.as_str(), beat, now), Heard::Taken);
}

/// Who joined, who left, who changed to what, and the count.
type Told = (Vec<String>, Vec<String>, Vec<(String, State)>, u64);

/// What is told of one room.
fn told(roster: &mut Roster, room: &str, now: u64) -> Option<Told> {
    roster.advance(now);
    let news = roster.take_news(now);
    let Diff { joins, leaves, set, count, .. } = news.into_iter().find(|(told, ..)| told.as_str() == room)?.3;
    let mut joins: Vec<String> = joins.into_iter().map(|present| present.id.to_string()).collect();
    let mut leaves: Vec<String> = leaves.into_iter().map(|user| user.to_string()).collect();
    joins.sort_unstable();
    leaves.sort_unstable();
    Some((joins, leaves, set.into_iter().map(|moved| (moved.user.to_string(), moved.state)).collect(), count))
}

fn just(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn devices_at_two_gateways_are_one_person() {
    let mut roster = Roster::default();
    hear(&mut roster, beat("g1", 1, &[("ann", State::Online, &["r"])]), NOW);
    hear(&mut roster, beat("g2", 1, &[("ann", State::Online, &["r", "s"])]), NOW);
    assert_eq!(told(&mut roster, "r", NOW), Some((just(&["ann"]), vec![], vec![], 1)));
    assert_eq!(roster.totals(), (2, 1));
    hear(&mut roster, gone("g1", 2, "ann", true), NOW);
    assert_eq!(told(&mut roster, "r", NOW), None, "she is at the other still");
    hear(&mut roster, gone("g2", 2, "ann", true), NOW);
    assert_eq!(told(&mut roster, "r", NOW), Some((vec![], just(&["ann"]), vec![], 0)));
    assert_eq!(roster.take_seen(), [(name("ann"), NOW)]);
    assert_eq!(roster.totals().1, 0);
}

#[test]
fn a_reconnect_within_ten_seconds_is_not_seen() {
    let mut roster = Roster::default();
    hear(&mut roster, beat("g1", 1, &[("ann", State::Online, &["r", "s"])]), NOW);
    told(&mut roster, "r", NOW).unwrap();
    hear(&mut roster, gone("g1", 2, "ann", false), NOW);
    assert_eq!(told(&mut roster, "r", NOW + 9_000), None);
    // Back at another gateway; her second room takes a moment longer.
    hear(&mut roster, beat("g2", 1, &[("ann", State::Online, &["r"])]), NOW + 9_000);
    assert_eq!(told(&mut roster, "s", NOW + 9_500), None);
    hear(&mut roster, beat("g2", 2, &[("ann", State::Online, &["r", "s"])]), NOW + 9_600);
    assert_eq!(told(&mut roster, "r", NOW + 12_000), None);
    assert_eq!(told(&mut roster, "s", NOW + 12_000), None);
    assert!(roster.take_seen().is_empty());
}

#[test]
fn who_does_not_come_back_leaves_once() {
    let mut roster = Roster::default();
    hear(&mut roster, beat("g1", 1, &[("ann", State::Online, &["r"]), ("ben", State::Online, &["r"])]), NOW);
    told(&mut roster, "r", NOW).unwrap();
    hear(&mut roster, gone("g1", 2, "ann", false), NOW + 1_000);
    hear(&mut roster, beat("g1", 3, &[]), NOW + 10_000);
    assert_eq!(told(&mut roster, "r", NOW + 10_999), None);
    assert_eq!(told(&mut roster, "r", NOW + 11_000), Some((vec![], just(&["ann"]), vec![], 1)));
    hear(&mut roster, beat("g1", 4, &[]), NOW + 14_000);
    assert_eq!(told(&mut roster, "r", NOW + 15_000), None);
}

#[test]
fn a_detached_room_is_left_at_once() {
    let mut roster = Roster::default();
    hear(&mut roster, beat("g1", 1, &[("ann", State::Online, &["r", "s"])]), NOW);
    told(&mut roster, "r", NOW).unwrap();
    hear(&mut roster, beat("g1", 2, &[("ann", State::Online, &["s"])]), NOW);
    assert_eq!(told(&mut roster, "r", NOW), Some((vec![], just(&["ann"]), vec![], 0)));
    assert!(roster.take_seen().is_empty(), "she is online still");
}

#[test]
fn a_dead_gateway_takes_its_people_along_within_15_seconds() {
    let mut roster = Roster::default();
    hear(&mut roster, beat("g1", 1, &[("ann", State::Online, &["r"]), ("ben", State::Online, &["r"])]), NOW);
    hear(&mut roster, beat("g2", 1, &[]), NOW);
    told(&mut roster, "r", NOW).unwrap();
    for second in 1..=9 {
        hear(&mut roster, beat("g2", 1 + second, &[]), NOW + second * 1_000);
    }
    // One of them comes to the other gateway.
    hear(&mut roster, beat("g2", 11, &[("ben", State::Online, &["r"])]), NOW + 9_500);
    assert_eq!(told(&mut roster, "r", NOW + 9_900), None);
    assert_eq!(roster.nodes(), [name("g2")]);
    assert_eq!(told(&mut roster, "r", NOW + 10_100), Some((vec![], just(&["ann"]), vec![], 1)));
}

#[test]
fn states_merge_and_the_invisible_are_nowhere() {
    let mut roster = Roster::default();
    let mut idle = beat("g1", 1, &[("ann", State::Online, &["r"])]);
    idle.here[0].idle = true;
    hear(&mut roster, idle, NOW);
    hear(&mut roster, beat("g2", 1, &[("ann", State::Online, &["r"]), ("ben", State::Invisible, &["r"])]), NOW);
    assert_eq!(told(&mut roster, "r", NOW), Some((just(&["ann"]), vec![], vec![], 1)));
    assert_eq!(roster.present(&name("ann")).unwrap().state, State::Online, "one device is active");
    assert_eq!(roster.present(&name("ben")), None);
    hear(&mut roster, gone("g2", 2, "ann", true), NOW);
    assert_eq!(told(&mut roster, "r", NOW), Some((vec![], vec![], vec![("ann".into(), State::Away)], 1)));
    hear(&mut roster, beat("g1", 2, &[("ann", State::Dnd, &["r"])]), NOW);
    assert_eq!(told(&mut roster, "r", NOW).unwrap().2, [("ann".into(), State::Dnd)]);
    hear(&mut roster, beat("g1", 3, &[("ann", State::Invisible, &["r"])]), NOW + 5);
    assert_eq!(told(&mut roster, "r", NOW + 5), Some((vec![], just(&["ann"]), vec![], 0)), "as if she had left");
    assert_eq!(roster.take_seen(), [(name("ann"), NOW + 5)]);
    hear(&mut roster, gone("g1", 4, "ann", true), NOW + 50);
    assert_eq!((told(&mut roster, "r", NOW + 60), roster.take_seen()), (None, vec![]));
    assert_eq!(roster.online(&name("r")), 0);
}

#[test]
fn what_was_missed_is_asked_for_and_the_list_replaces_it() {
    let mut roster = Roster::default();
    // A replica that begins in the middle knows nothing of this gateway.
    assert_eq!(roster.hear("g1", beat("g1", 7, &[("ann", State::Online, &["r"])]), NOW), Heard::Missed);
    assert!(!roster.is_synced());
    hear(&mut roster, page(beat("g1", 8, &[("ann", State::Online, &["r"])]), true, false), NOW);
    hear(&mut roster, page(beat("g1", 9, &[("ben", State::Online, &["r"])]), false, true), NOW);
    assert!(roster.is_synced());
    assert_eq!(told(&mut roster, "r", NOW), Some((just(&["ann", "ben"]), vec![], vec![], 2)));
    // Beats 10 and 11 were lost, and with them that ann left.
    assert_eq!(roster.hear("g1", beat("g1", 12, &[]), NOW), Heard::Missed);
    hear(&mut roster, page(beat("g1", 13, &[("ben", State::Online, &["r"])]), true, true), NOW);
    assert_eq!(told(&mut roster, "r", NOW), None, "she may come back");
    hear(&mut roster, beat("g1", 14, &[]), NOW + 9_000);
    assert_eq!(told(&mut roster, "r", NOW + 10_000), Some((vec![], just(&["ann"]), vec![], 1)));
}

#[test]
fn what_is_no_beat_is_refused_and_counted() {
    let mut roster = Roster::default();
    hear(&mut roster, beat("g1", 1, &[("ann", State::Online, &["r"])]), NOW);
    assert_eq!(roster.hear("g2", beat("g1", 2, &[]), NOW), Heard::Refused, "of somebody else");
    assert_eq!(roster.hear("g1", gone("g1", 1, "ann", true), NOW), Heard::Refused, "an old one");
    let mut nowhere = beat("g1", 2, &[("ben", State::Online, &[])]);
    nowhere.here[0].rooms = vec![5];
    assert_eq!(roster.hear("g1", nowhere, NOW), Heard::Refused);
    let mut long = beat("g1", 2, &[("ben", State::Online, &["r"])]);
    long.here[0].name = "x".repeat(33);
    assert_eq!(roster.hear("g1", long, NOW), Heard::Refused);
    assert_eq!(roster.refused(), 4);
    assert_eq!(told(&mut roster, "r", NOW), Some((just(&["ann"]), vec![], vec![], 1)));
    // The true gateway goes on undisturbed.
    hear(&mut roster, beat("g1", 2, &[]), NOW);
}

#[test]
fn a_crowd_is_told_by_its_count_and_a_sample_once_a_second() {
    let mut roster = Roster::default();
    let users: Vec<String> = (0..250).map(|n| format!("u{n}")).collect();
    let rooms: &[&str] = &["r"];
    let here = |range: std::ops::Range<usize>| -> Vec<(&str, State, &[&str])> {
        users[range].iter().map(|user| (user.as_str(), State::Online, rooms)).collect()
    };
    hear(&mut roster, beat("g1", 1, &here(0..200)), NOW);
    let (joins, .., count) = told(&mut roster, "r", NOW).unwrap();
    assert_eq!((joins.len(), count), (200, 200));
    hear(&mut roster, beat("g1", 2, &here(200..250)), NOW + 100);
    let (joins, leaves, _, count) = told(&mut roster, "r", NOW + 100).unwrap();
    assert_eq!((joins.len(), leaves.len(), count), (50, 0, 250), "whole again: a sample");
    assert!(roster.told(&name("r")).people.full);
    hear(&mut roster, gone("g1", 3, &joins[0], true), NOW + 200);
    assert_eq!(told(&mut roster, "r", NOW + 1_000), None, "a moment ago");
    let (filled, leaves, _, count) = told(&mut roster, "r", NOW + 1_100).unwrap();
    assert_eq!((filled.len(), leaves, count), (1, vec![joins[0].clone()], 249));
    for (at, user) in users.iter().enumerate().take(80) {
        hear(&mut roster, gone("g1", 4 + at as u64, user, true), NOW + 1_200);
    }
    let (joins, .., count) = told(&mut roster, "r", NOW + 2_200).unwrap();
    assert_eq!(joins.len() as u64, count, "few enough to be named again");
    assert!((169..=170).contains(&count));
}

#[test]
fn numbers_of_a_room_that_was_empty_for_a_while_go_on() {
    let mut roster = Roster::default();
    let numbers = |roster: &mut Roster| roster.take_news(NOW).into_iter().map(|(_, _, n, _)| n).collect::<Vec<_>>();
    hear(&mut roster, beat("g1", 1, &[("ann", State::Online, &["r"])]), NOW);
    assert_eq!(numbers(&mut roster), [1]);
    hear(&mut roster, beat("g1", 2, &[("ann", State::Invisible, &["r"])]), NOW);
    assert_eq!(numbers(&mut roster), [2]);
    assert_eq!(roster.told(&name("r")).n, 2);
    hear(&mut roster, beat("g1", 3, &[("bo", State::Online, &["r"])]), NOW);
    assert_eq!(numbers(&mut roster), [3]);
}
