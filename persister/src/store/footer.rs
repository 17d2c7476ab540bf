//! The footers of threads: how many replies, the last, and the first three authors.

use deadpool_postgres::Transaction;
use protocol::entry::Thread;
use protocol::envelope::Envelope;
use protocol::event::Author;
use protocol::id::{Name, RoomId};
use protocol::limits::THREAD_AUTHORS;

use super::fold::{Changes, Key, Replies};
use super::number::{signed, unsigned};

/// Brings the footers of all roots that the batch touched up to date. The batch's events must be in the table.
pub async fn update(tx: &Transaction<'_>, changes: &mut Changes) -> Result<(), tokio_postgres::Error> {
    for (root, replies) in std::mem::take(&mut changes.threads) {
        let hidden = if replies.deleted == 0 { Vec::new() } else { changes.deleted(&root.0) };
        let Some(entry) = changes.entry(&root) else { continue };
        entry.thread = if replies.deleted == 0 {
            Some(grown(entry.thread.take(), &replies))
        } else {
            let before = entry.thread.as_ref().map_or(0, |thread| thread.count);
            let count = (before + replies.added.len() as u64).saturating_sub(replies.deleted);
            made_anew(tx, &root, count, &hidden).await?
        };
        changes.changed.insert(root);
    }
    Ok(())
}

/// A footer after further replies, none deleted.
fn grown(thread: Option<Thread>, replies: &Replies) -> Thread {
    let mut thread = thread.unwrap_or(Thread { count: 0, last: 0, from: Vec::new() });
    for (seq, author) in &replies.added {
        thread.count += 1;
        thread.last = *seq;
        if thread.from.len() < THREAD_AUTHORS && thread.from.iter().all(|other| other.id != author.id) {
            thread.from.push(author.clone());
        }
    }
    thread
}

/// A footer of `count` replies, made from the archive; `hidden` replies count as deleted.
pub async fn made_anew(
    tx: &Transaction<'_>,
    (room, root): &Key,
    count: u64,
    hidden: &[i64],
) -> Result<Option<Thread>, tokio_postgres::Error> {
    const LAST: &str = "SELECT e.seq FROM events e
        WHERE e.room = $1 AND e.thread = $2 AND e.seq <> ALL($3)
          AND NOT EXISTS (SELECT FROM entries c WHERE c.room = e.room AND c.seq = e.seq AND c.deleted)
        ORDER BY e.seq DESC LIMIT 1";
    if count == 0 {
        return Ok(None);
    }
    let statement = tx.prepare_cached(LAST).await?;
    let last = tx.query_opt(&statement, &[&room.as_str(), &signed(*root), &hidden]).await?;
    let Some(last) = last.map(|row| unsigned(row.get(0))) else { return Ok(None) };
    let mut from: Vec<Author> = Vec::new();
    while from.len() < THREAD_AUTHORS {
        let Some(author) = first_by_others(tx, room, *root, &from, hidden).await? else { break };
        from.push(author);
    }
    Ok(Some(Thread { count, last, from }))
}

/// The author of the first reply that is by none of `known`.
async fn first_by_others(
    tx: &Transaction<'_>,
    room: &RoomId,
    root: u64,
    known: &[Author],
    hidden: &[i64],
) -> Result<Option<Author>, tokio_postgres::Error> {
    const FIRST: &str = "SELECT e.payload FROM events e
        WHERE e.room = $1 AND e.thread = $2 AND e.seq <> ALL($3) AND e.author <> ALL($4)
          AND NOT EXISTS (SELECT FROM entries c WHERE c.room = e.room AND c.seq = e.seq AND c.deleted)
        ORDER BY e.seq LIMIT 1";
    let statement = tx.prepare_cached(FIRST).await?;
    let known: Vec<&str> = known.iter().map(|author| Name::as_str(&author.id)).collect();
    let found = tx.query_opt(&statement, &[&room.as_str(), &signed(root), &hidden, &known]).await?;
    Ok(found.and_then(|row| Envelope::decode(row.get(0)).ok()).map(|envelope| envelope.from))
}
