//! `archive.history` and `archive.entries`: folded entries as of the archive's position.

use protocol::entry::Entry;
use protocol::limits::PAGE_BYTES;
use protocol::rpc::archive::{Entries, GetEntries, GetHistory, History};

use super::Archive;
use super::page::finish;
use super::snapshot::Snapshot;
use super::source::{Found, Side, Source, by_seq};
use crate::pool::StoreError;

/// Most entries of a page.
const LIMIT: u64 = 200;
/// Most `deleted` of a request that are looked at.
const HIDDEN: usize = 1_000;

/// A stretch of entries, oldest first, and what lies beyond.
struct Stretch {
    found: Vec<Found>,
    older: bool,
    newer: bool,
}

impl Archive {
    /// A page of a room.
    pub async fn history(&self, ask: GetHistory) -> Result<History, StoreError> {
        let mut limit = usize::try_from(ask.limit.clamp(1, LIMIT)).unwrap_or(1);
        let mut client = self.pools.reader().await?;
        let snapshot = Snapshot::open(&mut client, &ask.room, Some(&ask.viewer)).await?;
        let paging = &ask.paging;
        let source = match paging.thread {
            Some(root) => Source::Thread(root),
            None if paging.pinned => Source::Pinned,
            None => Source::Timeline,
        };
        let mut root = match paging.thread {
            Some(root) => by_seq(&snapshot, &[root]).await?,
            None => Vec::new(),
        };
        limit = limit.saturating_sub(root.len()).max(1);
        let left = PAGE_BYTES.saturating_sub(root.iter().map(|found| found.bytes).sum());
        let mut stretch = match (paging.before, paging.after, paging.around) {
            (_, Some(after), _) => up(&snapshot, source, after, limit).await?,
            (_, _, Some(around)) => about(&snapshot, source, around, limit).await?,
            (before, None, None) => down(&snapshot, source, before, limit).await?,
        };
        stretch.fit(left, paging.after, paging.around);
        root.append(&mut stretch.found);
        if paging.pinned {
            root.retain(|found| found.entry.pinned);
        }
        let mut entries: Vec<Entry> = root.into_iter().map(|found| found.entry).collect();
        finish(&snapshot, &mut entries, &ask.deleted[..ask.deleted.len().min(HIDDEN)]).await?;
        let position = snapshot.position;
        snapshot.close().await?;
        Ok(History { entries, position, older: stretch.older, newer: stretch.newer })
    }

    /// Entries by `seq`.
    pub async fn entries(&self, mut ask: GetEntries) -> Result<Entries, StoreError> {
        ask.seqs.truncate(LIMIT as usize);
        let mut client = self.pools.reader().await?;
        let snapshot = Snapshot::open(&mut client, &ask.room, Some(&ask.viewer)).await?;
        let mut entries: Vec<Entry> = by_seq(&snapshot, &ask.seqs).await?.into_iter().map(|found| found.entry).collect();
        finish(&snapshot, &mut entries, &ask.deleted[..ask.deleted.len().min(HIDDEN)]).await?;
        let position = snapshot.position;
        snapshot.close().await?;
        Ok(Entries { entries, position })
    }
}

/// The newest, or what lies before a `seq`.
async fn down(snapshot: &Snapshot<'_>, source: Source, before: Option<u64>, limit: usize) -> Result<Stretch, StoreError> {
    let mut found = source.read(snapshot, Side::Below(before.unwrap_or(u64::MAX)), limit + 1).await?;
    let older = cut(&mut found, limit);
    found.reverse();
    let newer = match before {
        Some(before) => !source.read(snapshot, Side::Above(before.saturating_sub(1)), 1).await?.is_empty(),
        None => false,
    };
    Ok(Stretch { found, older, newer })
}

/// What lies after a `seq`.
async fn up(snapshot: &Snapshot<'_>, source: Source, after: u64, limit: usize) -> Result<Stretch, StoreError> {
    let mut found = source.read(snapshot, Side::Above(after), limit + 1).await?;
    let newer = cut(&mut found, limit);
    let older = !source.read(snapshot, Side::Below(after.saturating_add(1)), 1).await?.is_empty();
    Ok(Stretch { found, older, newer })
}

/// Half from below a `seq`, half from it on; what one side lacks the other gives.
async fn about(snapshot: &Snapshot<'_>, source: Source, around: u64, limit: usize) -> Result<Stretch, StoreError> {
    let mut below = source.read(snapshot, Side::Below(around), limit + 1).await?;
    let mut above = source.read(snapshot, Side::Above(around.saturating_sub(1)), limit + 1).await?;
    let from_below = (limit / 2).max(limit.saturating_sub(above.len()));
    let older = cut(&mut below, from_below);
    let newer = cut(&mut above, limit - below.len());
    below.reverse();
    below.append(&mut above);
    Ok(Stretch { found: below, older, newer })
}

/// Keeps the first; true: there were more.
fn cut(found: &mut Vec<Found>, limit: usize) -> bool {
    let more = found.len() > limit;
    found.truncate(limit);
    more
}

impl Stretch {
    /// Ends the page early at `bytes`, but never before its first entry: from the side that the page was asked from.
    fn fit(&mut self, bytes: usize, after: Option<u64>, around: Option<u64>) {
        let mut sum: usize = self.found.iter().map(|found| found.bytes).sum();
        while sum > bytes && self.found.len() > 1 {
            let (first, last) = (self.found[0].entry.seq, self.found[self.found.len() - 1].entry.seq);
            let from_end = match around {
                Some(around) => last.saturating_sub(around) >= around.saturating_sub(first),
                None => after.is_some(),
            };
            if from_end {
                sum -= self.found.pop().map_or(0, |found| found.bytes);
                self.newer = true;
            } else {
                sum -= self.found.remove(0).bytes;
                self.older = true;
            }
        }
    }
}
