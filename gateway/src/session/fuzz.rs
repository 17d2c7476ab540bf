//! Whatever is said to a session, in whatever order its jobs end: it does not panic, and keeps what it promises.

use std::collections::{HashMap, HashSet};

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::close::Close;
use protocol::code::{Code, Refusal};
use protocol::frame::{OkFrame, ServerFrame};
use protocol::id::{EventId, Name};

use super::tests::{NOW, open, parse};
use super::{Effect, Job, Outcome, Session, Signal};

/// One thing that happens to a session.
#[derive(Clone, Debug)]
enum Step {
    /// A frame of this sort, for this room.
    Frame(u8, u8),
    /// One of the open jobs ends, well or not.
    End(u8, u8),
    Signal(u8, u8),
    /// Milliseconds pass.
    Pass(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..12, 0_u8..3).prop_map(|(sort, room)| Step::Frame(sort, room)),
        3 => (any::<u8>(), 0_u8..4).prop_map(|(which, how)| Step::End(which, how)),
        1 => (0_u8..5, 0_u8..3).prop_map(|(sort, room)| Step::Signal(sort, room)),
        1 => any::<u16>().prop_map(Step::Pass),
    ]
}

/// Drives a session and keeps account of it.
struct Run {
    session: Session,
    now: u64,
    jobs: Vec<Job>,
    reference: u64,
    owed: HashSet<u64>,
    closed: bool,
}

impl Run {
    fn frame(&mut self, sort: u8, room: u8) {
        if self.session.is_paused() || self.session.is_closing() {
            return;
        }
        self.reference += 1;
        let (reference, id) = (self.reference, EventId::at(self.now));
        let named = format!(r#""ref":{reference},"room":"r{room}""#);
        let text = match sort {
            0..=3 => format!(r#"{{"t":"send",{named},"id":"{id}","body":{{"text":"x"}}}}"#),
            4 => format!(r#"{{"t":"attach",{named},"after":1}}"#),
            5 => format!(r#"{{"t":"detach",{named}}}"#),
            6 => format!(r#"{{"t":"read",{named},"seq":{reference}}}"#),
            7 => format!(r#"{{"t":"history",{named}}}"#),
            8 => format!(r#"{{"t":"refresh",{named},"token":"x"}}"#),
            9 => format!(r#"{{"t":"delete",{named},"id":"{id}"}}"#),
            10 => r#"{"t":"ping"}"#.into(),
            _ => r#"[1]"#.into(),
        };
        if sort < 10 {
            self.owed.insert(reference);
        }
        self.session.frame(parse(&text), self.now);
    }

    fn end(&mut self, which: u8, how: u8) {
        if self.jobs.is_empty() {
            return;
        }
        let job = self.jobs.swap_remove(usize::from(which) % self.jobs.len());
        let code = [Code::Unavailable, Code::Forbidden, Code::Conflict][usize::from(how % 3)];
        let refusal = Refusal::new(code, "x");
        let answer = |reference| match how {
            0 => Some(ServerFrame::Ok(Box::new(OkFrame { reference, ..OkFrame::default() }))),
            _ => Some(ServerFrame::Error(Box::new(protocol::frame::ErrorFrame::new(
                Some(reference),
                None,
                Refusal::new(code, "x"),
            )))),
        };
        let outcome = match job {
            Job::Publish(change) => {
                let ok = OkFrame { reference: change.reference, ..OkFrame::default() };
                let result = if how == 0 { Ok(Box::new(ok)) } else { Err(refusal) };
                Outcome::Published {
                    reference: change.reference,
                    room: change.room,
                    id: change.id,
                    archived: change.archived,
                    result,
                }
            }
            Job::Archived(ok) => Outcome::Answered(Some(ServerFrame::Ok(ok))),
            Job::Attach { reference, room, .. } | Job::Detach { reference, room, .. } => {
                // What the jobs say themselves.
                self.owed.remove(&reference);
                Outcome::Attached { attached: vec![room.clone()], detached: (how > 1).then_some(room) }
            }
            Job::Read { room, seq } => Outcome::Marked { room, result: if how == 0 { Ok(seq) } else { Err(refusal) } },
            Job::Refresh { reference, .. } => {
                let claims = self.session.identity().map(|identity| identity.claims.clone());
                Outcome::Refreshed { reference, result: claims.filter(|_| how == 0).ok_or(refusal) }
            }
            Job::History { reference, .. } | Job::Events { reference, .. } | Job::Rooms { reference, .. } => {
                Outcome::Answered(answer(reference))
            }
            Job::Typing { .. } => Outcome::Answered(None),
            Job::Status(_) => Outcome::Stated(if how == 0 { Ok(()) } else { Err(refusal) }),
            Job::Lobby { reference, .. } => Outcome::Answered(answer(reference)),
            Job::Joined { room, .. } => Outcome::Attached { attached: vec![room], detached: None },
            Job::Changed { .. } | Job::Resume { .. } | Job::Hello(_) => {
                Outcome::Attached { attached: Vec::new(), detached: None }
            }
        };
        self.session.outcome(outcome, self.now);
    }

    fn signal(&mut self, sort: u8, room: u8) {
        let room = Name::parse(&format!("r{room}")).unwrap();
        self.session.signal(match sort {
            0 => Signal::Joined { room, seq: 5 },
            1 => Signal::Left { room },
            2 => Signal::Changed { room },
            3 => Signal::Revoked { key: "login.other".into(), at_ms: self.now, except: None, close: Close::Unauthenticated },
            _ => Signal::Revoked { key: format!("user.{room}"), at_ms: 0, except: None, close: Close::Banned },
        });
    }

    /// Takes the effects; what was asked is answered once, and nothing follows a close.
    fn settle(&mut self) {
        for effect in self.session.take_effects() {
            assert!(!self.closed, "after the close");
            let reference = match effect {
                Effect::Start(job) => {
                    self.jobs.push(job);
                    continue;
                }
                Effect::Close(_) => {
                    self.closed = true;
                    continue;
                }
                Effect::Reply(ServerFrame::Ok(ok)) => Some(ok.reference),
                Effect::Reply(ServerFrame::Error(error)) => error.reference,
                Effect::Reply(_) | Effect::Attachment { .. } => None,
            };
            if let Some(reference) = reference {
                assert!(self.owed.remove(&reference), "{reference} was answered twice, or not asked");
            }
        }
        let mut lanes = HashMap::new();
        for job in &self.jobs {
            if let Job::Publish(change) = job {
                assert_eq!(lanes.insert(change.room.clone(), ()), None, "two in flight in one lane");
            }
        }
        let controls = self
            .jobs
            .iter()
            .filter(|job| matches!(job, Job::Attach { .. } | Job::Detach { .. } | Job::Joined { .. } | Job::Changed { .. }));
        assert!(controls.count() <= 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_keeps_its_promises(steps in vec(step(), 0..200), per_minute in prop_oneof![Just(0_u32), Just(5)]) {
        let mut run = Run { session: open(per_minute), now: NOW, jobs: Vec::new(), reference: 0, owed: HashSet::new(), closed: false };
        for step in steps {
            match step {
                Step::Frame(sort, room) => run.frame(sort, room),
                Step::End(which, how) => run.end(which, how),
                Step::Signal(sort, room) => run.signal(sort, room),
                Step::Pass(ms) => {
                    run.now += u64::from(ms);
                    run.session.heard(run.now);
                    run.session.tick(run.now);
                }
            }
            run.settle();
        }
        if !run.closed {
            // Everything that is still open ends: nobody waits for an answer for ever.
            while !run.jobs.is_empty() {
                run.end(0, 0);
                run.settle();
            }
            prop_assert_eq!(run.owed, HashSet::new());
        }
    }
}
