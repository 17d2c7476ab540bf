//! What a batch changes in entries, by `protocol::fold`: the stored state equals a timeline that saw the same events.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;
use protocol::entry::Entry;
use protocol::envelope::Envelope;
use protocol::event::{Author, Event, Kind};
use protocol::fold::change;
use protocol::id::{RoomId, UserId};

use super::StoreError;
use super::number::{signed, unsigned};
use super::row::Row;

/// An entry's place.
pub type Key = (RoomId, u64);

/// Entries as the batch leaves them.
#[derive(Default)]
pub struct Changes {
    entries: HashMap<Key, Entry>,
    pub changed: HashSet<Key>,
    /// Replies that came or went, by their root.
    pub threads: HashMap<Key, Replies>,
    /// Who is mentioned in messages that came or changed.
    pub mentioned: HashMap<Key, Vec<UserId>>,
    /// Messages whose stored mentions no longer hold.
    pub unmentioned: HashSet<Key>,
}

/// Replies of one thread in one batch.
#[derive(Default)]
pub struct Replies {
    pub added: Vec<(u64, Author)>,
    pub deleted: u64,
}

impl Changes {
    /// Folds the batch on top of what is stored.
    pub async fn of(tx: &Transaction<'_>, rows: &[&Row]) -> Result<Self, StoreError> {
        let wanted: HashSet<Key> = rows.iter().copied().filter_map(wanted).collect();
        let mut changes = Self::default();
        changes.load(tx, &wanted).await?;
        for row in rows {
            changes.apply(row, &wanted);
        }
        let roots: HashSet<Key> = changes.threads.keys().filter(|root| !changes.entries.contains_key(*root)).cloned().collect();
        changes.load(tx, &roots).await?;
        Ok(changes)
    }

    pub fn entry(&mut self, key: &Key) -> Option<&mut Entry> {
        self.entries.get_mut(key)
    }

    /// Changed entries with their keys.
    pub fn entries(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.changed.iter().filter_map(|key| self.entries.get_key_value(key))
    }

    /// Messages of a room that the batch deletes.
    pub fn deleted(&self, room: &RoomId) -> Vec<i64> {
        self.entries().filter(|(key, entry)| key.0 == *room && entry.deleted).map(|(key, _)| signed(key.1)).collect()
    }

    fn apply(&mut self, row: &Row, wanted: &HashSet<Key>) {
        let Some(envelope) = row.envelope() else { return };
        let key = (row.room.clone(), row.seq);
        if envelope.kind.is_entry() {
            if let Some(root) = row.thread().map(|root| (row.room.clone(), root))
                && self.entries.contains_key(&root)
            {
                self.threads.entry(root).or_default().added.push((row.seq, envelope.from.clone()));
            }
            let mentions = mentions(envelope, &envelope.from.id);
            if !mentions.is_empty() {
                self.mentioned.insert(key.clone(), mentions);
            }
            if wanted.contains(&key)
                && let Some(entry) = row.entry()
            {
                self.entries.insert(key, entry);
            }
        } else if let Some(event) = row.event() {
            self.change(row, &event, envelope);
        }
    }

    fn change(&mut self, row: &Row, event: &Event, envelope: &Envelope) {
        let Some(target) = target(row) else { return };
        let Some(entry) = self.entries.get_mut(&target) else { return };
        let root = entry.body.as_ref().and_then(|body| body.thread).filter(|root| *root < target.1);
        let author = entry.from.id.clone();
        if !change(entry, event) {
            return;
        }
        self.changed.insert(target.clone());
        match event.kind {
            Kind::Edited => {
                self.mentioned.insert(target.clone(), mentions(envelope, &author));
                self.unmentioned.insert(target);
            }
            Kind::Deleted => {
                if let Some(root) = root {
                    self.threads.entry((target.0.clone(), root)).or_default().deleted += 1;
                }
                self.mentioned.remove(&target);
                self.unmentioned.insert(target);
            }
            Kind::Reacted | Kind::Pinned => {}
            Kind::Created | Kind::Message | Kind::Joined | Kind::Left | Kind::Renamed | Kind::Topic | Kind::Role | Kind::Call => {
            }
        }
    }

    async fn load(&mut self, tx: &Transaction<'_>, keys: &HashSet<Key>) -> Result<(), StoreError> {
        const LOAD: &str = "SELECT e.room, e.seq, e.at, e.payload, c.state
            FROM unnest($1::text[], $2::bigint[]) AS k(room, seq)
            JOIN LATERAL (SELECT room, seq, at, payload FROM events WHERE room = k.room AND seq = k.seq AND kind < 10 LIMIT 1) e ON true
            LEFT JOIN LATERAL (SELECT state FROM entries WHERE room = k.room AND seq = k.seq LIMIT 1) c ON true";
        if keys.is_empty() {
            return Ok(());
        }
        let (rooms, seqs): (Vec<&str>, Vec<i64>) = keys.iter().map(|(room, seq)| (room.as_str(), signed(*seq))).unzip();
        let statement = tx.prepare_cached(LOAD).await?;
        for found in tx.query(&statement, &[&rooms, &seqs]).await? {
            let room: &str = found.get(0);
            let Ok(room) = RoomId::parse(room) else { continue };
            let seq = unsigned(found.get(1));
            let entry = stored(room.clone(), seq, unsigned(found.get(2)), found.get(3), found.get(4));
            match entry {
                Some(entry) => drop(self.entries.insert((room, seq), entry)),
                None => tracing::error!(room.id = %room, seq, "stored entry does not decode"),
            }
        }
        Ok(())
    }
}

/// The entry of a row of `events` (time and payload) and of `entries` (state), if it decodes.
pub fn stored(room: RoomId, seq: u64, at: u64, payload: &[u8], state: Option<&[u8]>) -> Option<Entry> {
    match state {
        Some(state) => rmp_serde::from_slice(state).ok(),
        None => Entry::begin(&Envelope::decode(payload).ok()?.into_event(room, seq, 0, at)),
    }
}

/// The entry that must be known to fold a row: what it changes, or the root of its thread.
fn wanted(row: &Row) -> Option<Key> {
    let root = row.thread().map(|root| (row.room.clone(), root));
    root.or_else(|| target(row))
}

/// What a change aims at.
fn target(row: &Row) -> Option<Key> {
    let envelope = row.envelope().filter(|envelope| !envelope.kind.is_entry())?;
    Some((row.room.clone(), envelope.target.as_ref()?.seq()?))
}

fn mentions(envelope: &Envelope, author: &UserId) -> Vec<UserId> {
    let body = envelope.body.as_ref().filter(|_| matches!(envelope.kind, Kind::Message | Kind::Edited));
    body.map_or_else(Vec::new, |body| body.mentions.iter().filter(|user| *user != author).cloned().collect())
}
