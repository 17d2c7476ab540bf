//! What a page's entries still lack: present names, and quotes and threads without what is deleted.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use protocol::entry::Entry;
use protocol::event::{Author, Kind};
use protocol::id::UserId;

use super::snapshot::Snapshot;
use crate::pool::StoreError;
use crate::store::{made_anew, signed, unsigned};

/// Finishes entries. `hidden` messages are deleted in the log's tail: they count as deleted already, but carry the mark only once the
/// deletion is folded in.
pub async fn finish(snapshot: &Snapshot<'_>, entries: &mut [Entry], hidden: &[u64]) -> Result<(), StoreError> {
    if !hidden.is_empty() {
        for entry in entries.iter_mut().filter(|entry| entry.kind == Kind::Message && hidden.contains(&entry.seq)) {
            entry.body = None;
        }
        footers(snapshot, entries, hidden).await?;
    }
    quotes(snapshot, entries, hidden).await?;
    let names = names(&snapshot.tx, entries.iter_mut().flat_map(authors)).await?;
    for author in entries.iter_mut().flat_map(authors) {
        if let Some(name) = names.get(&author.id) {
            author.name.clone_from(name);
        }
    }
    Ok(())
}

/// Everybody whom an entry shows by name.
pub fn authors(entry: &mut Entry) -> impl Iterator<Item = &mut Author> {
    let quoted = entry.body.as_mut().and_then(|body| body.reply.as_mut()).map(|reply| &mut reply.from);
    let repliers = entry.thread.as_mut().into_iter().flat_map(|thread| thread.from.iter_mut());
    std::iter::once(&mut entry.from).chain(quoted).chain(repliers)
}

/// Present names.
pub async fn names<'a>(
    tx: &Transaction<'_>,
    authors: impl Iterator<Item = &'a mut Author>,
) -> Result<HashMap<UserId, String>, StoreError> {
    const NAMES: &str = "SELECT id, name FROM users WHERE id = ANY($1)";
    let mut ids: Vec<UserId> = authors.map(|author| author.id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
    let statement = tx.prepare_cached(NAMES).await?;
    let rows = tx.query(&statement, &[&ids]).await?;
    Ok(rows.iter().filter_map(|row| Some((UserId::parse(row.get(0)).ok()?, row.get(1)))).collect())
}

async fn quotes(snapshot: &Snapshot<'_>, entries: &mut [Entry], hidden: &[u64]) -> Result<(), StoreError> {
    let quote = |entry: &Entry| Some(entry.body.as_ref()?.reply.as_ref()?.seq);
    let quoted: Vec<u64> = entries.iter().filter_map(quote).collect();
    let deleted = snapshot.deleted(&quoted).await?;
    for reply in entries.iter_mut().filter_map(|entry| entry.body.as_mut()?.reply.as_mut()) {
        if deleted.contains(&reply.seq) || hidden.contains(&reply.seq) {
            reply.text = None;
        }
    }
    Ok(())
}

/// Footers of threads that hold hidden replies.
async fn footers(snapshot: &Snapshot<'_>, entries: &mut [Entry], hidden: &[u64]) -> Result<(), StoreError> {
    const HIDDEN: &str = "SELECT e.thread, count(*) FROM events e
        WHERE e.room = $1 AND e.seq = ANY($2) AND e.thread = ANY($3)
          AND NOT EXISTS (SELECT FROM entries c WHERE c.room = e.room AND c.seq = e.seq AND c.deleted)
        GROUP BY e.thread";
    let roots: Vec<i64> = entries.iter().filter(|entry| entry.thread.is_some()).map(|entry| signed(entry.seq)).collect();
    if roots.is_empty() {
        return Ok(());
    }
    let hidden: Vec<i64> = hidden.iter().copied().map(signed).collect();
    let statement = snapshot.tx.prepare_cached(HIDDEN).await?;
    for row in snapshot.tx.query(&statement, &[&snapshot.room.as_str(), &hidden, &roots]).await? {
        let (root, gone) = (unsigned(row.get(0)), unsigned(row.get(1)));
        let Some(entry) = entries.iter_mut().find(|entry| entry.seq == root) else { continue };
        let count = entry.thread.as_ref().map_or(0, |thread| thread.count).saturating_sub(gone);
        entry.thread = made_anew(&snapshot.tx, &(snapshot.room.clone(), root), count, &hidden).await?;
    }
    Ok(())
}
