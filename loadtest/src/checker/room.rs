//! All that is known of one room, and its judgement.

use std::collections::{BTreeMap, HashMap};

use chatmesh_client::protocol::entry::EntryView;
use chatmesh_client::protocol::event::{Event, Kind, Target};
use chatmesh_client::protocol::id::{RoomId, UserId};

use super::chain::Chain;
use super::fingerprint::Fingerprint;
use super::report::{Place, Report, Violation};
use super::sends::Sends;
use super::truth::{Truth, is_gone};
use super::{ClientId, timeline};

#[derive(Default)]
pub struct Room {
    pub private: bool,
    chains: Vec<Chain>,
    /// Where the chain of a client that has the room attached lies in `chains`.
    open: HashMap<ClientId, usize>,
    pub shown: Vec<(ClientId, u64)>,
    pub sends: Sends,
    pub truth: Truth,
    pub histories: Vec<(UserId, Vec<EntryView>)>,
    /// Each way in which an event was seen, and the first who saw it so. Two of them: with and without its body.
    sights: HashMap<u64, Vec<(ClientId, Fingerprint)>>,
}

impl Room {
    pub fn attach(&mut self, client: ClientId, after: u64) {
        self.open.insert(client, self.chains.len());
        self.chains.push(Chain::new(client, after));
    }

    pub fn detach(&mut self, client: ClientId) {
        self.open.remove(&client);
    }

    pub fn attachment(&self, client: ClientId) -> Option<&Chain> {
        self.chains.get(*self.open.get(&client)?)
    }

    /// The client's attachment; when there is none, a new one from this cursor on.
    pub fn attachment_from(&mut self, client: ClientId, after: u64) -> &mut Chain {
        if !self.open.contains_key(&client) {
            self.attach(client, after);
        }
        &mut self.chains[self.open[&client]]
    }

    pub fn remember(&mut self, client: ClientId, event: &Event) {
        let fingerprint = Fingerprint::of(event);
        let sights = self.sights.entry(event.seq).or_default();
        if sights.iter().all(|(_, known)| *known != fingerprint) {
            sights.push((client, fingerprint));
        }
    }

    pub fn judge(&self, name: &RoomId, users: &[UserId], report: &mut Report) {
        let events = self.truth.events();
        report.events += events.len() as u64;
        report.acknowledged += self.sends.acknowledged();
        report.received += self.chains.iter().map(|chain| chain.seen().len() as u64).sum::<u64>();
        let mut found = |violation| report.violations.push((name.clone(), violation));
        self.truth.judge(&events, &mut found);
        self.sends.judge(&events, &mut found);
        let readers = Readers::of(&events);
        let head = events.last_key_value().map_or(0, |(seq, _)| *seq);
        for (at, chain) in self.chains.iter().enumerate() {
            let may_see = if self.private { readers.until(&users[chain.client.0]) } else { u64::MAX };
            let open = self.open.get(&chain.client) == Some(&at);
            chain.judge(&events, open.then_some(head.min(may_see)), &mut found);
            for &seq in chain.seen().iter().filter(|seq| **seq > may_see) {
                found(Violation::Leaked { seq, client: chain.client });
            }
        }
        for &(client, seq) in self.shown.iter().filter(|_| self.private) {
            if seq > readers.until(&users[client.0]) {
                found(Violation::Leaked { seq, client });
            }
        }
        let deleted = Truth::deleted(&events);
        for (seq, sights) in &self.sights {
            let Some(event) = events.get(seq) else { continue };
            let (truth, gone) = (Fingerprint::of(event), is_gone(event, &deleted));
            for (client, _) in sights.iter().filter(|(_, sight)| !sight.agrees(truth, gone)) {
                found(Violation::Altered { seq: *seq, place: Place::Client(*client) });
            }
        }
        for (viewer, entries) in &self.histories {
            timeline::judge(&events, viewer, entries, &mut found);
        }
    }
}

/// Who was ever a member, and the `left` above which he may see nothing.
struct Readers(HashMap<UserId, u64>);

impl Readers {
    fn of(events: &BTreeMap<u64, &Event>) -> Self {
        let mut readers = HashMap::new();
        for event in events.values() {
            let concerned = event.target.as_ref().and_then(Target::user).unwrap_or(&event.from.id);
            match event.kind {
                Kind::Joined => readers.insert(concerned.clone(), u64::MAX),
                Kind::Left => readers.insert(concerned.clone(), event.seq),
                _ => None,
            };
        }
        Self(readers)
    }

    /// The last `seq` that this user may see; 0 for somebody who never was a member.
    fn until(&self, user: &UserId) -> u64 {
        self.0.get(user).copied().unwrap_or(0)
    }
}
