//! One room: who is in it, and what was told of that.

use std::collections::{HashMap, HashSet};

use protocol::id::UserId;
use protocol::presence::{Diff, Moved, NAMED, Present, SAMPLE};
use protocol::subject::Shard;

/// A crowd becomes a room of named people again only well below the bound, or one at its edge would flip with every step.
const NAMED_AGAIN: usize = NAMED - NAMED / 10;
/// Between diffs of a crowd, in milliseconds.
const CROWD_MS: u64 = 1_000;

/// People of one room who are not invisible.
pub struct Place {
    pub shard: Shard,
    pub people: HashSet<UserId>,
    /// Diffs that were told.
    pub n: u64,
    /// How those whose state changed since stood when it was told last.
    before: HashMap<UserId, Option<Present>>,
    /// Those of a crowd who are named.
    sample: Option<HashSet<UserId>>,
    told_ms: u64,
}

impl Place {
    /// `n`: what may have been told of this room before everybody had left it.
    pub fn new(shard: Shard, n: u64) -> Self {
        Self { shard, people: HashSet::new(), n, before: HashMap::new(), sample: None, told_ms: 0 }
    }

    /// Nobody is here, and all was told.
    pub fn is_needless(&self) -> bool {
        self.people.is_empty() && self.before.is_empty()
    }

    /// Something is still to be told.
    pub fn has_news(&self) -> bool {
        !self.before.is_empty()
    }

    /// Somebody's place or state here changed; `before` is how he was seen.
    pub fn changed(&mut self, user: &UserId, before: Option<Present>, here: bool) {
        self.before.entry(user.clone()).or_insert(before);
        if here {
            self.people.insert(user.clone());
        } else {
            self.people.remove(user);
        }
    }

    /// What is to be told now: nothing, when nothing changed or a crowd was told a moment ago.
    pub fn take(&mut self, now_ms: u64, look: impl Fn(&UserId) -> Option<Present>) -> Option<Diff> {
        let crowd = match self.sample {
            Some(_) => self.people.len() > NAMED_AGAIN,
            None => self.people.len() > NAMED,
        };
        if crowd && self.sample.is_some() && self.told_ms + CROWD_MS > now_ms {
            return None;
        }
        let before = std::mem::take(&mut self.before);
        let full = crowd != self.sample.is_some();
        if full {
            self.sample = crowd.then(HashSet::default);
        }
        let mut diff = match (&mut self.sample, full) {
            (None, false) => changes(before, &self.people, &look),
            (None, true) => self.whole(&look),
            (Some(sample), _) => crowd_changes(sample, before, &self.people, &look),
        };
        (diff.full, diff.count) = (full, self.people.len() as u64);
        if !full && self.sample.is_none() && diff.joins.is_empty() && diff.leaves.is_empty() && diff.set.is_empty() {
            return None;
        }
        (self.told_ms, self.n) = (now_ms, self.n + 1);
        Some(diff)
    }

    /// Everyone, or a crowd's sample and count.
    pub fn whole(&self, look: impl Fn(&UserId) -> Option<Present>) -> Diff {
        let joins = match &self.sample {
            Some(sample) => sample.iter().filter_map(&look).collect(),
            None => self.people.iter().filter_map(&look).take(NAMED).collect(),
        };
        Diff { full: true, joins, count: self.people.len() as u64, ..Diff::default() }
    }
}

/// What became of those who changed.
fn changes(
    before: HashMap<UserId, Option<Present>>,
    people: &HashSet<UserId>,
    look: impl Fn(&UserId) -> Option<Present>,
) -> Diff {
    let mut diff = Diff::default();
    for (user, before) in before {
        let now = people.contains(&user).then(|| look(&user)).flatten();
        match (before, now) {
            (Some(_), None) => diff.leaves.push(user),
            (None, Some(now)) => diff.joins.push(now),
            // A new name is told like somebody new: who knows him takes it over.
            (Some(before), Some(now)) if before.name != now.name => diff.joins.push(now),
            (Some(before), Some(now)) if before != now => {
                diff.set.push(Moved { user: now.id, state: now.state, text: now.text });
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    diff
}

/// The same for the sample alone, which is filled up with others.
fn crowd_changes(
    sample: &mut HashSet<UserId>,
    before: HashMap<UserId, Option<Present>>,
    people: &HashSet<UserId>,
    look: impl Fn(&UserId) -> Option<Present>,
) -> Diff {
    let of_sample = before.into_iter().filter(|(user, before)| before.is_some() && sample.contains(user)).collect();
    let mut diff = changes(of_sample, people, &look);
    for user in &diff.leaves {
        sample.remove(user);
    }
    for user in people {
        if sample.len() >= SAMPLE {
            break;
        }
        if !sample.contains(user)
            && let Some(present) = look(user)
        {
            sample.insert(user.clone());
            diff.joins.push(present);
        }
    }
    diff
}
