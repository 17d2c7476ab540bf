//! What comes back to a session: outcomes of its jobs, and signals from the rest of the gateway.

use protocol::frame::{ErrorFrame, OkFrame, ServerFrame};

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
                self.attached.remove(&room);
                let frame = ServerFrame::RoomGone { room, reason: "left".into() };
                self.effects.push(Effect::Reply(frame));
            }
            Signal::Changed { room } => self.control(Job::Changed { room }),
            Signal::Close(close) => self.close(close),
            Signal::Revoked { key, at_ms, except, close } => {
                let Some(claims) = self.identity.as_ref().map(|identity| &identity.claims) else {
                    return self.early.push(Signal::Revoked { key, at_ms, except, close });
                };
                let login = key.strip_prefix("login.").is_none_or(|login| login == claims.login.as_str());
                if login && claims.iat_ms <= at_ms && except.as_ref() != Some(&claims.login) {
                    self.close(close);
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
            Outcome::Published { reference, room, id, result } => {
                let Some(lane) = self.lanes.get_mut(&room) else { return };
                let was_full = lane.is_full();
                lane.settle();
                let mut behind_it = Vec::new();
                match result {
                    Ok(ok) => self.effects.push(Effect::Reply(ServerFrame::Ok(ok))),
                    Err(refusal) => {
                        if refusal.code.retryable() {
                            behind_it = lane.block(id, now_ms);
                        }
                        let frame = ErrorFrame::new(Some(reference), Some(room.clone()), refusal);
                        self.effects.push(Effect::Reply(ServerFrame::Error(Box::new(frame))));
                    }
                }
                let next = lane.next();
                self.full_lanes -= usize::from(was_full && !lane.is_full());
                for change in behind_it {
                    self.refuse(Some(change.reference), Some(change.room), behind());
                }
                self.effects.extend(next.map(|change| Effect::Start(Job::Publish(Box::new(change)))));
                self.sweep(&room, now_ms);
            }
            Outcome::Attached { attached, detached } => {
                self.attached.extend(attached);
                if let Some(room) = detached {
                    self.attached.remove(&room);
                }
                self.control_busy = false;
                self.next_control();
            }
            Outcome::Answered(frame) => {
                self.requests -= 1;
                self.effects.extend(frame.map(Effect::Reply));
            }
            Outcome::Refreshed { reference, result } => {
                self.requests -= 1;
                match (result, &mut self.identity) {
                    (Ok(claims), Some(identity)) => {
                        let ok = OkFrame { reference, expires_at: Some(claims.exp * 1_000), ..OkFrame::default() };
                        identity.claims = claims;
                        self.effects.push(Effect::Reply(ServerFrame::Ok(Box::new(ok))));
                    }
                    (Ok(_), None) => {}
                    (Err(refusal), _) => self.refuse(Some(reference), None, refusal),
                }
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
        for signal in std::mem::take(&mut self.early) {
            self.signal(signal);
        }
    }
}
