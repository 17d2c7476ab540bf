//! The machine alone: frames, outcomes and time in, effects out.

use std::sync::Arc;

use protocol::close::Close;
use protocol::code::{Code, Refusal};
use protocol::decode::Encoding;
use protocol::frame::{ClientFrame, Refused, ServerFrame, WireLimits, frames};
use protocol::id::{EventId, Name};
use protocol::room::SiteRole;
use protocol::rpc::account::Claims;

use super::{Bounds, Effect, Identity, Job, Opened, Outcome, Session, Signal};
use crate::core::users::Users;
use crate::socket::Socket;

pub(super) const NOW: u64 = 1_800_000_000_000;

pub(super) fn parse(json: &str) -> Result<ClientFrame, Refused> {
    let value = Encoding::Json.decode(json.as_bytes()).unwrap();
    frames(&value, WireLimits { text_bytes: 100 }).remove(0)
}

fn send(id: EventId, room: &str) -> Result<ClientFrame, Refused> {
    parse(&format!(r#"{{"t":"send","ref":1,"room":"{room}","id":"{id}","body":{{"text":"hi"}}}}"#))
}

/// Of a socket that nobody reads.
fn stream() -> tokio::net::TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    runtime.block_on(tokio::net::TcpStream::connect(listener.local_addr().unwrap())).unwrap()
}

fn session() -> Session {
    Session::new(Bounds { hello_ms: 10_000, silence_ms: 60_000, requests: 2 }, NOW)
}

pub(super) fn open(per_minute: u32) -> Session {
    let mut session = session();
    session.frame(parse(r#"{"t":"hello","token":"x","client":{"name":"t","version":"1"}}"#), NOW);
    assert!(matches!(session.take_effects()[..], [Effect::Start(Job::Hello(_))]));
    let id = Name::parse("u1").unwrap();
    let login = Name::parse("l1").unwrap();
    let claims =
        Claims { sub: id.clone(), login, role: SiteRole::Member, guest: false, iat: 0, exp: NOW / 1_000 + 900, iat_ms: NOW };
    let users = Users::new(per_minute, 32);
    let user = users.enter(&id, &Arc::new(Socket::new(1, Encoding::Json, stream())));
    let resume = Job::Resume { cursors: Vec::new(), recent: Vec::new(), watch: true };
    let opened = Opened { identity: Identity { claims, user }, welcome: ServerFrame::Pong, resume, recent: true };
    session.outcome(Outcome::Opened(Ok(Box::new(opened))), NOW);
    session.outcome(Outcome::Attached { attached: Vec::new(), detached: None }, NOW);
    session.take_effects();
    session
}

/// Codes of refusals and jobs started, in order.
fn said(session: &mut Session) -> Vec<String> {
    let word = |effect| match effect {
        Effect::Reply(ServerFrame::Error(error)) => error.code.as_str().to_owned(),
        Effect::Reply(ServerFrame::Ok(_)) => "ok".into(),
        Effect::Reply(_) => "frame".into(),
        Effect::Start(Job::Publish(change)) => format!("publish {}", change.id),
        Effect::Start(_) => "job".into(),
        Effect::Attachment { on, .. } => format!("attached {on}"),
        Effect::Close(close) => close.code().to_string(),
    };
    session.take_effects().into_iter().map(word).collect()
}

fn fail(session: &mut Session, id: EventId, code: Code, now: u64) {
    let room = Name::parse("r").unwrap();
    session.outcome(Outcome::Published { reference: 1, room, id, archived: false, result: Err(Refusal::new(code, "x")) }, now);
}

#[test]
fn anything_before_hello_closes() {
    for first in [r#"{"t":"ping"}"#, r#"{"t":"hello"}"#, r#"{"t":"hello","token":"x"}"#, "[1]", r#"{"t":"nonsense"}"#] {
        let mut session = session();
        session.frame(parse(first), NOW);
        assert_eq!(said(&mut session), ["bad_request", "4400"], "{first}");
    }
}

#[test]
fn silence_closes_and_so_does_no_hello_and_an_old_token() {
    let mut greeting = session();
    greeting.tick(NOW + 9_999);
    assert!(said(&mut greeting).is_empty());
    greeting.tick(NOW + 10_000);
    assert_eq!(said(&mut greeting), ["4008"]);
    let mut silent = open(0);
    silent.tick(NOW + 60_000);
    assert_eq!(said(&mut silent), ["4002"]);
    let mut expired = open(0);
    expired.heard(NOW + 900_000);
    expired.tick(NOW + 900_000);
    assert_eq!(said(&mut expired), ["4401"]);
}

#[test]
fn sends_of_a_room_go_one_by_one_and_rooms_side_by_side() {
    let mut session = open(0);
    let [a, b, c] = [1, 2, 3].map(|_| EventId::at(NOW));
    session.frame(send(a, "r"), NOW);
    session.frame(send(b, "r"), NOW);
    session.frame(send(c, "other"), NOW);
    assert_eq!(said(&mut session), [format!("publish {a}"), format!("publish {c}")]);
    fail(&mut session, a, Code::Forbidden, NOW);
    assert_eq!(said(&mut session), ["forbidden".to_owned(), format!("publish {b}")], "a final refusal fails alone");
}

#[test]
fn a_retryable_failure_holds_up_those_behind_it() {
    let mut session = open(0);
    let [a, b, c] = [1, 2, 3].map(|_| EventId::at(NOW));
    session.frame(send(a, "r"), NOW);
    session.frame(send(b, "r"), NOW);
    fail(&mut session, a, Code::Unavailable, NOW);
    session.frame(send(c, "r"), NOW + 1_999);
    assert_eq!(said(&mut session), [format!("publish {a}"), "unavailable".into(), "unavailable".into(), "unavailable".into()]);
    session.frame(send(a, "r"), NOW + 1_999);
    session.frame(send(b, "r"), NOW + 1_999);
    assert_eq!(said(&mut session), [format!("publish {a}")], "its id came again");
    fail(&mut session, a, Code::Unavailable, NOW + 2_000);
    said(&mut session);
    session.frame(send(c, "r"), NOW + 4_000);
    assert_eq!(said(&mut session), [format!("publish {c}")], "2 s have passed");
}

#[test]
fn the_rate_refuses_without_taking_from_it() {
    let mut session = open(1);
    let [a, b] = [1, 2].map(|_| EventId::at(NOW));
    session.frame(send(a, "r"), NOW);
    session.frame(send(b, "s"), NOW);
    assert_eq!(said(&mut session), [format!("publish {a}"), "rate_limited".into()]);
    session.frame(send(b, "s"), NOW + 60_000);
    assert_eq!(said(&mut session), [format!("publish {b}")]);
}

#[test]
fn the_rate_leaves_what_was_accepted_before() {
    let mut session = open(2);
    let [a, b, c, d] = [1, 2, 3, 4].map(|_| EventId::at(NOW));
    for id in [a, b, c, d] {
        session.frame(send(id, "r"), NOW);
    }
    assert_eq!(said(&mut session), [format!("publish {a}"), "rate_limited".into(), "unavailable".into()]);
    fail(&mut session, a, Code::Forbidden, NOW);
    assert_eq!(said(&mut session), ["forbidden".to_owned(), format!("publish {b}")], "what waited is not forgotten");
}

#[test]
fn one_above_the_rate_harms_none_before_it() {
    let mut session = open(2);
    let [a, b, c] = [1, 2, 3].map(|_| EventId::at(NOW));
    for id in [a, b, c] {
        session.frame(send(id, "r"), NOW);
    }
    assert_eq!(said(&mut session), [format!("publish {a}"), "rate_limited".into()]);
    publish(&mut session);
    assert_eq!(said(&mut session), ["ok".into(), format!("publish {b}")], "it was queued before");
    session.frame(send(EventId::at(NOW), "r"), NOW + 30_000 - 28_001);
    assert_eq!(said(&mut session), ["unavailable"], "those behind it wait for it");
    publish(&mut session);
    said(&mut session);
    session.frame(send(c, "r"), NOW + 30_000);
    assert_eq!(said(&mut session), [format!("publish {c}")]);
}

fn publish(session: &mut Session) {
    let (reference, room, id) = (1, Name::parse("r").unwrap(), EventId::at(NOW));
    session.outcome(Outcome::Published { reference, room, id, archived: false, result: Ok(Box::default()) }, NOW);
}

#[test]
fn reads_of_a_room_are_merged_and_all_answered() {
    let mut session = open(0);
    let read = |reference: &str, seq: u64| parse(&format!(r#"{{"t":"read","room":"r","seq":{seq}{reference}}}"#));
    session.frame(read(r#","ref":1"#, 5), NOW);
    for seq in 0..1_000 {
        session.frame(read("", seq), NOW);
    }
    session.frame(read(r#","ref":2"#, 7), NOW);
    assert_eq!(said(&mut session), ["job"]);
    assert!(session.is_paused(), "answers that are owed count as requests");
    let marked = |seq| Outcome::Marked { room: Name::parse("r").unwrap(), result: Ok(seq) };
    session.outcome(marked(5), NOW);
    let effects = session.take_effects();
    assert!(
        matches!(&effects[..], [Effect::Reply(ServerFrame::Ok(ok)), Effect::Start(Job::Read { seq: 999, .. })] if ok.reference == 1)
    );
    session.outcome(marked(999), NOW);
    let effects = session.take_effects();
    assert!(matches!(&effects[..], [Effect::Reply(ServerFrame::Ok(ok))] if ok.reference == 2 && ok.seq == Some(999)));
    assert!(!session.is_paused());
}

#[test]
fn a_refresh_takes_the_newer_token_and_what_was_revoked_meanwhile() {
    let refresh = |session: &mut Session, login: &str, exp: u64| {
        session.frame(parse(r#"{"t":"refresh","ref":1,"token":"x"}"#), NOW);
        let claims = Claims { login: Name::parse(login).unwrap(), exp, ..session.identity().unwrap().claims.clone() };
        move |session: &mut Session| session.outcome(Outcome::Refreshed { reference: 1, result: Ok(claims.clone()) }, NOW)
    };
    let mut session = open(0);
    let older = refresh(&mut session, "l1", NOW / 1_000 + 10);
    older(&mut session);
    assert_eq!(session.identity().unwrap().claims.exp, NOW / 1_000 + 900);
    let newer = refresh(&mut session, "l2", NOW / 1_000 + 901);
    let revoked = Signal::Revoked { key: "login.l2".into(), at_ms: NOW, except: None, close: Close::Unauthenticated };
    session.signal(revoked);
    session.take_effects();
    newer(&mut session);
    assert_eq!(said(&mut session), ["ok", "4401"]);
}

#[test]
fn at_most_a_thousand_rooms_are_attached() {
    let mut session = open(0);
    let attach = |room: usize| parse(&format!(r#"{{"t":"attach","ref":1,"room":"r{room}"}}"#));
    for room in 0..1_000 {
        session.frame(attach(room), NOW);
        let attached = vec![Name::parse(&format!("r{room}")).unwrap()];
        session.outcome(Outcome::Attached { attached, detached: None }, NOW);
    }
    session.take_effects();
    session.frame(attach(1_000), NOW);
    assert_eq!(said(&mut session), ["too_large"]);
    session.frame(attach(7), NOW);
    assert_eq!(said(&mut session), ["job"], "one that is attached already");
}

#[test]
fn ids_far_from_now_are_refused() {
    let mut session = open(0);
    let week = 7 * 24 * 3_600_000;
    for (time, fine) in [(NOW - week, true), (NOW - week - 1, false), (NOW + 120_000, true), (NOW + 120_001, false)] {
        session.frame(send(EventId::at(time), &format!("r{time}")), NOW);
        let said = said(&mut session);
        assert_eq!(said[0] != "bad_request", fine, "{time}");
    }
}

#[test]
fn a_full_lane_and_open_requests_pause_the_reader() {
    let mut session = open(0);
    for at in 0..65 {
        assert!(!session.is_paused(), "{at}");
        session.frame(send(EventId::at(NOW), "r"), NOW);
    }
    assert!(session.is_paused());
    let mut session = open(0);
    for _ in 0..2 {
        session.frame(parse(r#"{"t":"rooms","ref":1}"#), NOW);
    }
    assert!(session.is_paused());
    session.outcome(Outcome::Answered(None), NOW);
    assert!(!session.is_paused());
}

#[test]
fn revocations_cut_the_logins_they_name() {
    let revoked = |key: &str, at_ms| Signal::Revoked { key: key.into(), at_ms, except: None, close: Close::Unauthenticated };
    for (signal, cuts) in [
        (revoked("login.l1", NOW), true),
        (revoked("login.l2", NOW), false),
        (revoked("user.u1", NOW), true),
        (revoked("user.u1", NOW - 1), false),
    ] {
        let mut session = open(0);
        session.signal(signal);
        assert_eq!(said(&mut session) == ["4401"], cuts);
    }
}
