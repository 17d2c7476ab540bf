//! However far the archive lags, a page is the same: random rooms, cut into archive and tail at every place.

use protocol::event::{Author, Body, Quote, Target};
use protocol::id::{EventId, Name};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use super::*;

const USERS: [&str; 5] = ["ann", "bo", "cy", "di", "ed"];

/// A room's events, with gaps between their numbers.
fn room(random: &mut StdRng, len: usize) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut alive: Vec<Event> = Vec::new();
    for _ in 0..len {
        let seq = events.last().map_or(1, |event| event.seq + random.random_range(1..4));
        let name = USERS.choose(random).copied().unwrap();
        let from = Author { id: Name::parse(name).unwrap(), name: name.into(), author_type: Default::default() };
        let mut event = Event {
            room: Name::parse("r").unwrap(),
            seq,
            prev: None,
            ts: seq * 1_000,
            id: EventId::at(seq),
            from,
            kind: Kind::Joined,
            body: None,
            target: None,
            emoji: None,
            remove: false,
        };
        let other = alive.choose(random).cloned();
        match (random.random_range(0..10), other) {
            (0, _) => {}
            (1..=5, other) => {
                let mut body = Body::text(format!("text {seq}"));
                if let Some(other) = other {
                    let root = other.body.as_ref().and_then(|body| body.thread);
                    match random.random_range(0..3) {
                        0 => body.thread = Some(root.unwrap_or(other.seq)),
                        1 => {
                            let text = other.body.as_ref().and_then(|body| body.text.clone());
                            body.reply_to = Some(other.seq);
                            body.reply = Some(Quote { seq: other.seq, from: other.from.clone(), text });
                        }
                        _ => {}
                    }
                }
                (event.kind, event.body) = (Kind::Message, Some(body));
                alive.push(event.clone());
            }
            (_, None) => {}
            (kind, Some(other)) => {
                event.target = Some(Target::Seq(other.seq));
                match kind {
                    6 => (event.kind, event.body) = (Kind::Edited, Some(Body::text(format!("edit {seq}")))),
                    7 => {
                        event.kind = Kind::Deleted;
                        alive.retain(|one| one.seq != other.seq);
                    }
                    8 => (event.kind, event.emoji) = (Kind::Reacted, Some(["+", "-"].choose(random).copied().unwrap().into())),
                    _ => event.kind = Kind::Pinned,
                }
            }
        }
        events.push(event);
    }
    events
}

fn folded(events: &[Event]) -> Timeline {
    let mut timeline = Timeline::default();
    events.iter().for_each(|event| timeline.apply(event));
    timeline
}

/// The page of a room that is folded as a whole.
fn page(events: &[Event], paging: &Paging, limit: usize) -> Merged {
    let all = folded(events).entries;
    let root = paging.thread.and_then(|root| all.get(&root).cloned());
    let replies: HashSet<u64> = events.iter().filter(|event| thread(event) == paging.thread).map(|event| event.seq).collect();
    let of_source = |entry: &Entry| match paging.thread {
        Some(_) => replies.contains(&entry.seq),
        None => !paging.pinned || entry.pinned,
    };
    let all: Vec<Entry> = all.into_values().filter(of_source).collect();
    let limit = limit.saturating_sub(usize::from(root.is_some())).max(1);
    let below = |seq: u64| all.partition_point(|entry| entry.seq < seq);
    let (start, end) = match (paging.before, paging.after, paging.around) {
        (Some(before), _, _) => (below(before).saturating_sub(limit), below(before)),
        (_, Some(after), _) => (below(after + 1), all.len().min(below(after + 1) + limit)),
        (_, _, Some(around)) => {
            let middle = below(around);
            let start = middle.saturating_sub((limit / 2).max(limit.saturating_sub(all.len() - middle)));
            (start, all.len().min(start + limit))
        }
        (None, None, None) => (all.len().saturating_sub(limit), all.len()),
    };
    let entries = root.into_iter().chain(all[start..end].iter().cloned()).collect();
    Merged { entries, older: start > 0, newer: end < all.len() }
}

/// What the archive answers: `hidden` messages count as deleted for others, and bear no mark themselves.
fn archive(events: &[Event], paging: &Paging, limit: usize, hidden: &[u64]) -> History {
    let Merged { mut entries, older, newer } = page(events, paging, limit);
    hide(&mut entries, events, hidden);
    History { entries, position: events.last().map_or(0, |event| event.seq), older, newer }
}

fn hide(entries: &mut [Entry], events: &[Event], hidden: &[u64]) {
    let mut gone = events.to_vec();
    for seq in hidden {
        let last = gone.last().cloned().unwrap();
        gone.push(Event { seq: last.seq + 1, kind: Kind::Deleted, target: Some(Target::Seq(*seq)), ..last });
    }
    let gone = folded(&gone).entries;
    for entry in entries {
        entry.thread = gone[&entry.seq].thread.clone();
        if hidden.contains(&entry.seq) {
            entry.body = None;
        } else if let Some(reply) = entry.body.as_mut().and_then(|body| body.reply.as_mut())
            && hidden.contains(&reply.seq)
        {
            reply.text = None;
        }
    }
}

/// As `Core::history` asks.
fn lagging(events: &[Event], at: usize, paging: &Paging, limit: usize) -> Merged {
    let (archived, tail) = events.split_at(at);
    let mut page = archive(archived, paging, limit, &[]);
    let elsewhere = deleted_elsewhere(&page, tail, paging);
    if !elsewhere.is_empty() {
        page = archive(archived, paging, limit, &elsewhere);
    }
    let mut pinned = Vec::new();
    if paging.pinned {
        let pins: HashSet<u64> = tail.iter().filter(|event| event.kind == Kind::Pinned).filter_map(target).collect();
        let on_page = |seq: &u64| page.entries.iter().any(|entry| entry.seq == *seq);
        let folded = folded(archived).entries;
        pinned = folded.into_values().filter(|entry| pins.contains(&entry.seq) && !on_page(&entry.seq)).collect();
        hide(&mut pinned, archived, &deleted_archived(page.position, tail));
    }
    merge(page, pinned, tail, paging, limit)
}

#[test]
fn a_page_does_not_tell_how_far_the_archive_is() {
    let mut random = StdRng::seed_from_u64(7);
    for round in 0..400 {
        let len = random.random_range(5..60);
        let events = room(&mut random, len);
        let last = events[len - 1].seq;
        let (at, limit) = (random.random_range(1..=len), random.random_range(2..12));
        let some = |random: &mut StdRng| Some(random.random_range(0..last + 3));
        let place = match random.random_range(0..4) {
            0 => Paging { before: some(&mut random), ..Paging::default() },
            1 => Paging { after: some(&mut random), ..Paging::default() },
            2 => Paging { around: some(&mut random), ..Paging::default() },
            _ => Paging::default(),
        };
        let roots = events.iter().filter_map(thread).collect::<Vec<u64>>();
        for paging in [
            place.clone(),
            Paging { thread: roots.choose(&mut random).copied(), ..place.clone() },
            Paging { pinned: true, ..place.clone() },
        ] {
            let (found, wanted) = (lagging(&events, at, &paging, limit), page(&events, &paging, limit));
            let position = events[at - 1].seq;
            // A deletion in the tail ends a pin that made the archive say that there is more.
            let flags = |page: &Merged| if paging.pinned { (true, true) } else { (page.older, page.newer) };
            let seqs = |page: &Merged| page.entries.iter().map(|entry| entry.seq).collect::<Vec<u64>>();
            let what = format!("round {round}, {paging:?}, limit {limit}, archived up to {position} of {last}");
            if !paging.pinned || found.entries.len() == wanted.entries.len() {
                assert_eq!(seqs(&found), seqs(&wanted), "{what}");
            }
            assert_eq!(flags(&found), flags(&wanted), "{what}");
            for (found, wanted) in found.entries.iter().zip(&wanted.entries).filter(|_| seqs(&found) == seqs(&wanted)) {
                assert_eq!(found, wanted, "{what}");
            }
        }
    }
}

#[test]
fn a_page_ends_early_at_its_bytes_and_is_never_empty() {
    let mut random = StdRng::seed_from_u64(1);
    let mut events: Vec<Event> = room(&mut random, 400).into_iter().filter(|event| event.kind == Kind::Message).collect();
    events.truncate(100);
    for event in &mut events {
        event.body = Some(Body::text("x".repeat(8_000)));
    }
    let middle = events[50].seq;
    for paging in
        [Paging::default(), Paging { after: Some(0), ..Paging::default() }, Paging { around: Some(middle), ..Paging::default() }]
    {
        let merged = lagging(&events, 1, &paging, 100);
        let bytes: usize = merged.entries.iter().map(size).sum();
        assert!(bytes <= PAGE_BYTES && merged.entries.len() > 20, "{paging:?}: {bytes}");
        assert_eq!((merged.older, merged.newer), (paging.after.is_none(), paging != Paging::default()));
        assert!(paging.around.is_none() || merged.entries.iter().any(|entry| entry.seq == middle));
    }
    let huge = vec![Event { body: Some(Body::text("x".repeat(2 * PAGE_BYTES))), ..events[0].clone() }, events[1].clone()];
    assert_eq!(lagging(&huge, 1, &Paging { after: Some(0), ..Paging::default() }, 10).entries.len(), 1);
}
