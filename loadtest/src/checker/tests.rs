//! The checker catches what it is for, each fault put into a history that is clean without it.

use chatmesh_client::protocol::entry::{Entry, EntryView};
use chatmesh_client::protocol::event::{Author, Body, Event, Kind, Target};
use chatmesh_client::protocol::fold::Timeline;
use chatmesh_client::protocol::id::{EventId, Name, RoomId};

use super::report::Place;
use super::*;

const TS: u64 = 1_700_000_000_000;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn room() -> RoomId {
    name("room")
}

fn event(seq: u64, prev: u64, from: &str, kind: Kind) -> Event {
    let from = Author { id: name(from), name: from.to_owned(), author_type: Default::default() };
    let body = (kind == Kind::Message).then(|| Body::text(format!("text {seq}")));
    let (room, id, prev) = (room(), EventId::at(TS + seq), (prev != 0).then_some(prev));
    Event { room, seq, prev, ts: TS + seq, id, from, kind, body, target: None, emoji: None, remove: false }
}

fn about(mut event: Event, user: &str) -> Event {
    event.target = Some(Target::User(name(user)));
    event
}

/// Ann makes the room, Ben joins, they talk, Ben is removed, Ann talks on. `seq`s skip, as in a shared shard.
fn log() -> Vec<Event> {
    vec![
        event(3, 0, "ann", Kind::Created),
        event(4, 3, "ann", Kind::Joined),
        about(event(7, 4, "ann", Kind::Joined), "ben"),
        event(9, 7, "ann", Kind::Message),
        event(10, 9, "ben", Kind::Message),
        event(14, 10, "ann", Kind::Message),
        about(event(15, 14, "ann", Kind::Left), "ben"),
        event(20, 15, "ann", Kind::Message),
    ]
}

/// A run and its parts, to be spoiled before it is told to a checker.
struct Run {
    log: Vec<Event>,
    archive: Vec<Event>,
    /// What Ann and Ben saw.
    seen: [Vec<Event>; 2],
    /// Keys in the order of sending, with the `seq` of the `ok`.
    sent: Vec<(EventId, u64)>,
    entries: Vec<EntryView>,
    detached: bool,
}

fn run() -> Run {
    let log = log();
    let ben = log.iter().filter(|event| event.seq <= 15).cloned().collect();
    let mut timeline = Timeline::default();
    log.iter().for_each(|event| timeline.apply(event));
    let entries = timeline.entries.into_values().map(|entry: Entry| entry.view(&name("ann"))).collect();
    let said = log.iter().filter(|event| event.kind == Kind::Message && event.from.id == name("ann"));
    let sent = said.map(|event| (event.id, event.seq)).collect();
    Run { archive: log.clone(), seen: [log.clone(), ben], sent, entries, log, detached: false }
}

impl Run {
    fn report(self) -> Report {
        let mut checker = Checker::default();
        let room = room();
        checker.private(&room);
        let (ann, ben) = (checker.client(&name("ann")), checker.client(&name("ben")));
        for (id, seq) in self.sent {
            let send = checker.sends(ann, &room);
            checker.stored(&send, id, seq, TS + seq);
        }
        for (client, events) in [ann, ben].into_iter().zip(&self.seen) {
            checker.attached(client, &room, 0);
            events.iter().for_each(|event| checker.saw(client, event));
        }
        if self.detached {
            checker.detached(ann, &room);
        }
        checker.log(&room, 0, self.log);
        checker.archive(&room, u64::MAX, self.archive);
        checker.history(&room, &name("ann"), self.entries);
        checker.report()
    }
}

/// The only violations, whatever their room.
#[track_caller]
fn finds(run: Run, expected: &[Violation]) {
    let report = run.report();
    let found: Vec<_> = report.violations.iter().map(|(_, violation)| violation.clone()).collect();
    assert_eq!(found, expected, "{report}");
}

fn without(events: &mut Vec<Event>, seq: u64) {
    events.retain(|event| event.seq != seq);
}

const ANN: Place = Place::Client(ClientId(0));

#[test]
fn a_clean_run_is_clean() {
    let report = run().report();
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.events, report.acknowledged, report.received), (8, 3, 15));
}

#[test]
fn an_acknowledged_event_that_is_stored_nowhere_is_lost() {
    let mut run = run();
    let id = run.log[7].id;
    for events in [&mut run.log, &mut run.archive, &mut run.seen[0]] {
        without(events, 20);
    }
    run.entries.pop();
    finds(run, &[Violation::Lost { seq: Some(20), id: Some(id), place: Place::Log }]);
}

#[test]
fn an_event_that_log_and_archive_have_and_a_client_never_saw_is_lost() {
    for seq in [9, 20] {
        let mut run = run();
        let id = run.log.iter().find(|event| event.seq == seq).unwrap().id;
        without(&mut run.seen[0], seq);
        finds(run, &[Violation::Lost { seq: Some(seq), id: Some(id), place: ANN }]);
    }
}

#[test]
fn what_came_after_an_attachment_ended_was_not_owed() {
    let mut run = run();
    without(&mut run.seen[0], 20);
    run.detached = true;
    finds(run, &[]);
}

#[test]
fn an_event_that_the_archive_or_the_log_misses_is_lost() {
    for place in [Place::Archive, Place::Log] {
        let mut run = run();
        let id = run.log[4].id;
        without(if place == Place::Archive { &mut run.archive } else { &mut run.log }, 10);
        finds(run, &[Violation::Lost { seq: Some(10), id: Some(id), place }]);
    }
}

#[test]
fn an_event_that_only_its_follower_remembers_is_lost() {
    let mut run = run();
    let [ann, ben] = &mut run.seen;
    for events in [&mut run.log, &mut run.archive, ann, ben] {
        without(events, 10);
    }
    run.entries.retain(|entry| entry.seq != 10);
    finds(run, &[Violation::Lost { seq: Some(10), id: None, place: Place::Log }]);
}

#[test]
fn an_event_that_was_shown_and_is_not_stored_is_lost() {
    let mut run = run();
    run.seen[0].push(event(21, 20, "ben", Kind::Message));
    finds(run, &[Violation::Lost { seq: Some(21), id: None, place: Place::Log }]);
}

#[test]
fn one_key_under_two_numbers_is_doubled() {
    let mut run = run();
    let mut second = event(22, 20, "ann", Kind::Message);
    second.id = run.log[7].id;
    run.log.push(second.clone());
    run.archive.push(second.clone());
    run.seen[0].push(second.clone());
    run.entries.push(Entry::begin(&second).unwrap().view(&name("ann")));
    run.sent.pop();
    finds(run, &[Violation::Doubled { seqs: vec![20, 22], place: Place::Log }]);
}

#[test]
fn one_event_twice_in_a_chain_is_doubled() {
    let mut run = run();
    let again = run.seen[0][3].clone();
    run.seen[0].push(again);
    finds(run, &[Violation::Doubled { seqs: vec![9], place: ANN }]);
}

#[test]
fn falling_numbers_are_reordered() {
    let mut run = run();
    run.seen[0].swap(3, 4);
    finds(run, &[Violation::Reordered { first: 10, then: 9, place: ANN }]);
    let mut run = self::run();
    run.log.swap(3, 4);
    finds(run, &[Violation::Reordered { first: 10, then: 9, place: Place::Log }]);
}

#[test]
fn sends_stored_in_another_order_than_sent_are_reordered() {
    let mut run = run();
    run.sent.swap(0, 1);
    finds(run, &[Violation::Reordered { first: 14, then: 9, place: ANN }]);
}

#[test]
fn a_send_that_began_after_anothers_ok_stands_above_it() {
    let (mut checker, room) = (Checker::default(), room());
    let (ann, ben) = (checker.client(&name("ann")), checker.client(&name("ben")));
    let (first, second) = (event(5, 0, "ben", Kind::Message), event(6, 5, "ann", Kind::Message));
    let send = checker.sends(ann, &room);
    checker.stored(&send, second.id, 6, TS + 6);
    let send = checker.sends(ben, &room);
    checker.stored(&send, first.id, 5, TS + 5);
    checker.log(&room, 0, [first, second]);
    let report = checker.report();
    let expected = Violation::Reordered { first: 6, then: 5, place: Place::Client(ben) };
    assert_eq!(report.violations, [(room, expected)], "{report}");
}

#[test]
fn an_event_above_the_last_left_is_leaked() {
    let mut run = run();
    let after = run.log[7].clone();
    run.seen[1].push(after);
    finds(run, &[Violation::Leaked { seq: 20, client: ClientId(1) }]);
}

#[test]
fn a_private_room_is_leaked_to_who_never_was_a_member_live_and_by_pages() {
    let (mut checker, room) = (Checker::default(), room());
    checker.private(&room);
    let eve = checker.client(&name("eve"));
    let log = log();
    checker.shown(eve, &room, 9);
    checker.saw(eve, &log[4]);
    checker.log(&room, 0, log);
    let found: Vec<_> = checker.report().violations.into_iter().map(|(_, violation)| violation).collect();
    assert_eq!(found, [10, 9].map(|seq| Violation::Leaked { seq, client: eve }));
}

#[test]
fn skipped_events_are_not_owed_and_what_follows_is() {
    let (mut checker, room, log) = (Checker::default(), room(), log());
    let ann = checker.client(&name("ann"));
    checker.attached(ann, &room, 0);
    checker.saw(ann, &log[0]);
    checker.skipped(ann, &room, 14);
    checker.saw(ann, &log[7]);
    assert_eq!(checker.cursor(ann, &room), Some(20));
    let missed = log[6].id;
    checker.log(&room, 0, log);
    let expected = Violation::Lost { seq: Some(15), id: Some(missed), place: ANN };
    assert_eq!(checker.report().violations, [(room, expected)]);
}

#[test]
fn another_text_at_a_client_in_the_archive_or_on_a_page_is_altered() {
    let mut run = run();
    run.seen[0][3].body = Some(Body::text("other"));
    run.archive[4].body = None;
    run.entries[5].body = Some(Body::text("third"));
    let altered = |seq, place| Violation::Altered { seq, place };
    finds(run, &[altered(10, Place::Archive), altered(9, ANN), altered(14, Place::History)]);
}

#[test]
fn the_body_of_a_deleted_message_may_be_missing() {
    let mut run = run();
    let mut deletion = event(21, 20, "ann", Kind::Deleted);
    deletion.target = Some(Target::Seq(9));
    run.archive[3].body = None;
    for events in [&mut run.log, &mut run.archive, &mut run.seen[0]] {
        events.push(deletion.clone());
    }
    run.entries[3].body = None;
    (run.entries[3].deleted, run.entries[3].rev) = (true, 21);
    finds(run, &[]);
}

#[test]
fn what_was_finally_refused_and_is_stored_is_unwanted() {
    let (mut checker, room, log) = (Checker::default(), room(), log());
    let ann = checker.client(&name("ann"));
    let send = checker.sends(ann, &room);
    checker.refused(&send, log[7].id);
    let expected = Violation::Unwanted { seq: 20, id: log[7].id };
    checker.log(&room, 0, log);
    assert_eq!(checker.report().violations, [(room, expected)]);
}
