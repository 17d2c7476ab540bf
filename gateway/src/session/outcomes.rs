//! What comes back: how jobs ended, and what happens to the user or the gateway meanwhile.

use protocol::code::Refusal;
use protocol::frame::{OkFrame, ServerFrame};
use protocol::id::RoomId;
use protocol::rpc::account::Claims;

use super::lane::Settled;
use super::machine::{Phase, Session, behind};
use super::{Effect, Job, Opened, Outcome, Signal};

impl Session {
    /// Something happened to the user or the gateway.
    pub fn signal(&mut self, signal: Signal) {
        if self.is_closing() {
            return;
        }
        match signal {
            Signal::Joined { room, seq } => self.control(Job::Joined { room, seq, recent: self.recent }),
            // The room may stand in the `welcome` that is on its way.
            Signal::Left { room } if self.phase != Phase::Open => self.early.push(Signal::Left { room }),
            Signal::Left { room } => {
                self.set_attached(room.clone(), false);
                let frame = ServerFrame::RoomGone { room, reason: "left".into() };
                self.effects.push(Effect::Reply(frame));
            }
            Signal::Changed { room } => {
                // One that waits will read the newest state anyway.
                let waits = |job: &Job| matches!(job, Job::Changed { room: other } if *other == room);
                if !self.control.iter().any(waits) {
                    self.control(Job::Changed { room });
                }
            }
            Signal::Close(close) => self.close(close),
            Signal::Revoked { key, at_ms, except, close } => {
                if let Some(claims) = self.identity.as_ref().map(|identity| &identity.claims) {
                    let login = key.strip_prefix("login.").is_none_or(|login| login == claims.login.as_str());
                    if login && claims.iat_ms <= at_ms && except.as_ref() != Some(&claims.login) {
                        self.revoked = true;
                        return self.close(close);
                    }
                }
                if self.verifying > 0 {
                    self.early.push(Signal::Revoked { key, at_ms, except, close });
                }
            }
        }
    }

    /// A job ended.
    pub fn outcome(&mut self, outcome: Outcome, now_ms: u64) {
        if self.is_closing() {
            return;
        }
        match outcome {
            Outcome::Opened(Ok(opened)) => self.opened(*opened),
            Outcome::Opened(Err((refusal, close))) => {
                self.refuse(None, None, refusal);
                self.close(close);
            }
            Outcome::Published { reference, room, id, archived, result } => {
                let failed = matches!(&result, Err(refusal) if refusal.code.retryable()).then_some(id);
                let settled = self.lanes.settle(&room, failed, now_ms);
                match result {
                    Ok(ok) if archived => self.request(Job::Archived(ok)),
                    Ok(ok) => self.effects.push(Effect::Reply(ServerFrame::Ok(ok))),
                    Err(refusal) => self.refuse(Some(reference), Some(room), refusal),
                }
                self.settled(settled);
            }
            Outcome::Attached { attached, detached } => {
                attached.into_iter().for_each(|room| self.set_attached(room, true));
                detached.into_iter().for_each(|room| self.set_attached(room, false));
                if let Some(room) = self.attaches.take() {
                    self.attaching.remove(&room);
                }
                self.control_busy = false;
                self.next_control();
            }
            Outcome::Answered(frame) => {
                self.requests -= 1;
                self.effects.extend(frame.map(Effect::Reply));
            }
            Outcome::Marked { room, result } => self.marked(room, result),
            Outcome::Refreshed { reference, result } => self.refreshed(reference, result),
            Outcome::Stated(result) => {
                if let Err(refusal) = result {
                    self.refuse(None, None, refusal);
                }
                self.stating = self.stating.take().flatten().map(|status| {
                    self.effects.push(Effect::Start(Job::Status(status)));
                    None
                });
            }
        }
    }

    fn opened(&mut self, opened: Opened) {
        self.phase = Phase::Open;
        self.identity = Some(opened.identity);
        self.recent = opened.recent;
        self.effects.push(Effect::Reply(opened.welcome));
        // Before anything that signals queued meanwhile.
        self.control.push_front(opened.resume);
        self.control_busy = false;
        self.next_control();
        self.verified();
    }

    /// A token was verified; what was revoked meanwhile may concern it.
    fn verified(&mut self) {
        self.verifying -= 1;
        // Those that another token under way may still concern come back.
        for signal in std::mem::take(&mut self.early) {
            self.signal(signal);
        }
    }

    fn settled(&mut self, settled: Settled) {
        for change in settled.behind {
            self.refuse(Some(change.reference), Some(change.room), behind());
        }
        self.effects.extend(settled.next.map(|change| Effect::Start(Job::Publish(Box::new(change)))));
    }

    fn marked(&mut self, room: RoomId, result: Result<u64, Refusal>) {
        let (answers, next) = self.reads.settle(&room);
        match result {
            Ok(seq) => self.effects.extend(answers.into_iter().map(|reference| {
                let ok = OkFrame { reference, room: Some(room.clone()), seq: Some(seq), ..OkFrame::default() };
                Effect::Reply(ServerFrame::Ok(Box::new(ok)))
            })),
            Err(refusal) if answers.is_empty() => self.refuse(None, Some(room.clone()), refusal),
            Err(refusal) => {
                for reference in answers {
                    self.refuse(Some(reference), Some(room.clone()), refusal.clone());
                }
            }
        }
        self.effects.extend(next.map(|seq| Effect::Start(Job::Read { room, seq })));
    }

    fn refreshed(&mut self, reference: u64, result: Result<Claims, Refusal>) {
        self.requests -= 1;
        match (result, &mut self.identity) {
            (Ok(claims), Some(identity)) => {
                // An older token than the present one changes nothing.
                if claims.exp >= identity.claims.exp {
                    identity.claims = claims;
                }
                let ok = OkFrame { reference, expires_at: Some(identity.claims.exp * 1_000), ..OkFrame::default() };
                self.effects.push(Effect::Reply(ServerFrame::Ok(Box::new(ok))));
            }
            (Ok(_), None) => {}
            (Err(refusal), _) => self.refuse(Some(reference), None, refusal),
        }
        self.verified();
    }
}
