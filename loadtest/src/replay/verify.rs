//! Whether a room's history is what was sent: read page by page through the public protocol, then compared.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use chatmesh_client::protocol::entry::EntryView;
use chatmesh_client::protocol::event::Kind;
use chatmesh_client::protocol::frame::Paging;
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Client, backoff};
use indicatif::ProgressBar;
use tokio::time::Instant;

use super::Sent;

const PAGE: u64 = 200;

/// What is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Acknowledged, and not there.
    pub lost: usize,
    /// There more than once, or never sent.
    pub doubled: usize,
    /// Behind a line that was sent later.
    pub reordered: usize,
    /// With another text, another author, or another place than acknowledged.
    pub altered: usize,
}

impl Verdict {
    pub fn add(&mut self, other: &Verdict) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.reordered += other.reordered;
        self.altered += other.altered;
    }
}

/// All messages of a room, oldest first.
pub async fn history(reader: &Client, room: &RoomId, patience: u64, bar: &ProgressBar) -> anyhow::Result<Vec<EntryView>> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let paging = Paging { after: Some(after), limit: Some(PAGE), ..Paging::default() };
        let page = insist(reader, room, paging, patience).await?;
        let entries = page.entries.context("a page of history has entries")?;
        let Some(last) = entries.last() else { return Ok(all) };
        after = last.seq;
        let before = all.len();
        all.extend(entries.into_iter().filter(|entry| entry.kind == Kind::Message));
        bar.inc((all.len() - before) as u64);
        if page.newer == Some(false) {
            return Ok(all);
        }
    }
}

async fn insist(
    reader: &Client,
    room: &RoomId,
    paging: Paging,
    patience: u64,
) -> anyhow::Result<chatmesh_client::protocol::frame::OkFrame> {
    let until = Instant::now() + Duration::from_secs(patience);
    let mut attempt = 0;
    loop {
        match reader.history(room, paging.clone()).await {
            Err(error) if error.is_retryable() && Instant::now() < until => {
                tokio::time::sleep(backoff(attempt)).await;
                attempt += 1;
            }
            result => return result.with_context(|| format!("the history of room {room} cannot be read")),
        }
    }
}

/// `sent` in the order in which it was sent.
pub fn compare(sent: &[Sent], history: &[EntryView]) -> Verdict {
    let mut verdict = Verdict::default();
    let place: HashMap<_, usize> = sent.iter().enumerate().map(|(at, line)| (line.id, at)).collect();
    let mut found = vec![false; sent.len()];
    let mut furthest = None;
    for entry in history {
        let Some(at) = place.get(&entry.id).copied() else {
            verdict.doubled += 1;
            continue;
        };
        if std::mem::replace(&mut found[at], true) {
            verdict.doubled += 1;
            continue;
        }
        if furthest > Some(at) {
            verdict.reordered += 1;
        }
        furthest = furthest.max(Some(at));
        let (line, text) = (&sent[at], entry.body.as_ref().and_then(|body| body.text.as_deref()));
        if text != Some(line.text.as_str()) || entry.from.id != line.author || entry.seq != line.seq {
            verdict.altered += 1;
        }
    }
    verdict.lost = found.iter().filter(|found| !**found).count();
    verdict
}

#[cfg(test)]
mod tests {
    use chatmesh_client::protocol::entry::Entry;
    use chatmesh_client::protocol::event::{Author, AuthorType, Body, Event};
    use chatmesh_client::protocol::id::{EventId, Name};

    use super::*;

    fn ann() -> Name {
        Name::parse("ann").unwrap()
    }

    fn sent(count: u64) -> Vec<Sent> {
        let line = |seq| Sent { id: EventId::at(seq), seq, author: ann(), text: format!("line {seq}") };
        (1..=count).map(line).collect()
    }

    fn entry(line: &Sent) -> EntryView {
        let from = Author { id: line.author.clone(), name: "Ann".into(), author_type: AuthorType::Guest };
        let event = Event {
            room: Name::parse("r").unwrap(),
            seq: line.seq,
            prev: None,
            ts: 1,
            id: line.id,
            from,
            kind: Kind::Message,
            body: Some(Body::text(line.text.clone())),
            target: None,
            emoji: None,
            remove: false,
        };
        Entry::begin(&event).unwrap().view(&ann())
    }

    #[test]
    fn each_kind_of_fault_is_found_and_counted() {
        let sent = sent(5);
        let all: Vec<EntryView> = sent.iter().map(entry).collect();
        assert_eq!(compare(&sent, &all), Verdict::default());

        let mut lost = all.clone();
        lost.remove(2);
        assert_eq!(compare(&sent, &lost), Verdict { lost: 1, ..Verdict::default() });

        let mut doubled = all.clone();
        doubled.insert(3, all[2].clone());
        assert_eq!(compare(&sent, &doubled), Verdict { doubled: 1, ..Verdict::default() });
        let mut again = all.clone();
        again.push(entry(&Sent { id: EventId::at(6), ..sent[4].clone() }));
        assert_eq!(compare(&sent, &again), Verdict { doubled: 1, ..Verdict::default() }, "stored under another id");

        let mut reordered = all.clone();
        reordered.swap(1, 2);
        assert_eq!(compare(&sent, &reordered), Verdict { reordered: 1, ..Verdict::default() });

        let bo = Name::parse("bo").unwrap();
        for other in [Sent { text: "x".into(), ..sent[0].clone() }, Sent { author: bo, ..sent[0].clone() }] {
            let mut altered = all.clone();
            altered[0] = entry(&other);
            assert_eq!(compare(&sent, &altered), Verdict { altered: 1, ..Verdict::default() });
        }
    }
}
