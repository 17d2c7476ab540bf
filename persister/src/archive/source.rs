//! Where a page's entries come from: the timeline, one thread, or the pinned messages.

use protocol::entry::Entry;
use protocol::limits::PAGE_DEFAULT;

use super::snapshot::Snapshot;
use crate::pool::StoreError;
use crate::store::{signed, stored, unsigned};

/// An entry, and what it weighs in a page.
#[derive(Clone, Debug)]
pub struct Found {
    pub entry: Entry,
    pub bytes: usize,
}

/// A kind of page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Timeline,
    /// The replies of a root, without it.
    Thread(u64),
    Pinned,
}

/// Which way from a `seq`, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Newest first.
    Below(u64),
    /// Oldest first.
    Above(u64),
}

/// Entries of a page when the client asks for many, and one more.
const LARGE: usize = 201;
/// What an entry costs beside its payload, in bytes.
const OVERHEAD: usize = 100;

impl Source {
    /// Up to `limit` (at most 201) entries from one side, nearest first.
    pub async fn read(self, snapshot: &Snapshot<'_>, side: Side, limit: usize) -> Result<Vec<Found>, StoreError> {
        let (compare, order, bound) = match side {
            Side::Below(seq) => ("<", "DESC", seq),
            Side::Above(seq) => (">", "ASC", seq),
        };
        // A literal limit: the planner knows that it may stop early, and the statements are few.
        let most = if limit == 1 {
            1
        } else if limit <= PAGE_DEFAULT + 1 {
            PAGE_DEFAULT + 1
        } else {
            LARGE
        };
        let (filter, root) = match self {
            Self::Timeline => ("e.kind < 10 AND $3::bigint = 0", 0),
            Self::Thread(root) => ("e.thread = $3", root),
            Self::Pinned => ("$3::bigint = 0", 0),
        };
        let select = match self {
            Self::Timeline | Self::Thread(_) => format!(
                "SELECT e.seq, e.at, e.payload, c.state FROM
                    (SELECT e.room, e.seq, e.at, e.payload FROM events e
                     WHERE e.room = $1 AND e.seq {compare} $2 AND {filter} ORDER BY e.seq {order} LIMIT {most}) e
                 LEFT JOIN LATERAL (SELECT state FROM entries WHERE room = e.room AND seq = e.seq LIMIT 1) c ON true
                 ORDER BY e.seq {order}"
            ),
            // What is pinned was changed: its state is complete.
            Self::Pinned => format!(
                "SELECT e.seq, 0::bigint, ''::bytea, e.state FROM entries e
                 WHERE e.room = $1 AND e.seq {compare} $2 AND e.pinned AND {filter} ORDER BY e.seq {order} LIMIT {most}"
            ),
        };
        let statement = snapshot.tx.prepare_cached(&select).await?;
        let rows = snapshot.tx.query(&statement, &[&snapshot.room.as_str(), &signed(bound), &signed(root)]).await?;
        Ok(rows.iter().take(limit).filter_map(|row| found(snapshot, row)).collect())
    }
}

/// Entries by `seq`, in rising order; those that are none are left out.
pub async fn by_seq(snapshot: &Snapshot<'_>, seqs: &[u64]) -> Result<Vec<Found>, StoreError> {
    const SELECT: &str = "SELECT e.seq, e.at, e.payload, c.state FROM events e
        LEFT JOIN LATERAL (SELECT state FROM entries WHERE room = e.room AND seq = e.seq LIMIT 1) c ON true
        WHERE e.room = $1 AND e.seq = ANY($2) AND e.kind < 10 ORDER BY e.seq";
    let seqs: Vec<i64> = seqs.iter().copied().map(signed).collect();
    let statement = snapshot.tx.prepare_cached(SELECT).await?;
    let rows = snapshot.tx.query(&statement, &[&snapshot.room.as_str(), &seqs]).await?;
    Ok(rows.iter().filter_map(|row| found(snapshot, row)).collect())
}

fn found(snapshot: &Snapshot<'_>, row: &tokio_postgres::Row) -> Option<Found> {
    let (seq, payload, state) = (unsigned(row.get(0)), row.get::<_, &[u8]>(2), row.get::<_, Option<&[u8]>>(3));
    let bytes = OVERHEAD + state.map_or(payload.len(), <[u8]>::len);
    let entry = stored(snapshot.room.clone(), seq, unsigned(row.get(1)), payload, state);
    if entry.is_none() {
        tracing::error!(room.id = %snapshot.room, seq, "stored entry does not decode");
    }
    entry.map(|entry| Found { entry, bytes })
}
