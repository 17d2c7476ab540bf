//! Readiness: named checks with reasons, and a few facts, as `/readyz` shows them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// The checks of a process; cheap to clone.
#[derive(Clone, Default)]
pub struct Health {
    board: Arc<Mutex<Board>>,
    prefix: String,
}

#[derive(Default)]
struct Board {
    facts: BTreeMap<&'static str, String>,
    checks: BTreeMap<String, Option<String>>,
}

/// One named check; begins as failing with the reason "starting".
#[derive(Clone)]
pub struct Check {
    board: Arc<Mutex<Board>>,
    name: String,
}

/// What `/readyz` answers.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub ready: bool,
    #[serde(flatten)]
    pub facts: BTreeMap<&'static str, String>,
    pub checks: BTreeMap<String, Outcome>,
}

/// The state of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Health {
    /// Adds a check. The same name again gives a second handle on the same check.
    pub fn check(&self, name: &str) -> Check {
        let name = format!("{}{name}", self.prefix);
        lock(&self.board).checks.entry(name.clone()).or_insert_with(|| Some("starting".to_owned()));
        Check { board: self.board.clone(), name }
    }

    /// Says a word about this process at the top level of the report.
    pub fn fact(&self, name: &'static str, value: &str) {
        lock(&self.board).facts.insert(name, value.to_owned());
    }

    /// The same board, with names of checks that begin with `<part>.`.
    pub fn part(&self, part: &str) -> Health {
        Health { board: self.board.clone(), prefix: format!("{}{part}.", self.prefix) }
    }

    /// The state of now.
    pub fn report(&self) -> Report {
        let board = lock(&self.board);
        let outcome = |reason: &Option<String>| Outcome { ok: reason.is_none(), reason: reason.clone() };
        Report {
            // Without a check nobody has said yet that anything works.
            ready: !board.checks.is_empty() && board.checks.values().all(Option::is_none),
            facts: board.facts.clone(),
            checks: board.checks.iter().map(|(name, reason)| (name.clone(), outcome(reason))).collect(),
        }
    }
}

impl Check {
    /// The thing works.
    pub fn ok(&self) {
        self.set(None);
    }

    /// The thing does not work, and why: a few words without a full stop.
    pub fn failing(&self, reason: impl Into<String>) {
        self.set(Some(reason.into()));
    }

    fn set(&self, reason: Option<String>) {
        lock(&self.board).checks.insert(self.name.clone(), reason);
    }
}

/// A panic elsewhere leaves plain maps behind, which stay readable.
fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_only_when_every_check_is_ok() {
        let health = Health::default();
        assert!(!health.report().ready, "nothing has been said yet");
        let (nats, archive) = (health.check("nats"), health.part("persister").check("archive"));
        assert!(!health.report().ready);
        nats.ok();
        assert_eq!(health.report().checks["persister.archive"].reason.as_deref(), Some("starting"));
        archive.ok();
        assert!(health.report().ready);
        nats.failing("cut off");
        assert!(!health.report().ready);
    }

    #[test]
    fn report_has_the_shape_of_readyz() {
        let health = Health::default();
        health.fact("durability", "always");
        health.check("a").ok();
        health.check("b").failing("away");
        let json = serde_json::to_value(health.report()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"ready": false, "durability": "always", "checks": {"a": {"ok": true}, "b": {"ok": false, "reason": "away"}}})
        );
    }
}
