//! The folded side of a batch: entries, mentions, and where each room ends.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use protocol::id::RoomId;

use super::StoreError;
use super::fold::{Changes, Key};
use super::number::{signed, unsigned};
use super::row::Row;

/// The last event of each room that the batch touches, before it.
pub async fn heads(tx: &Transaction<'_>, rows: &[&Row]) -> Result<HashMap<RoomId, u64>, StoreError> {
    let mut heads: HashMap<RoomId, u64> = rows.iter().map(|row| (row.room.clone(), 0)).collect();
    let rooms: Vec<&str> = heads.keys().map(RoomId::as_str).collect();
    const SELECT: &str = "SELECT k.room, s.head FROM unnest($1::text[]) AS k(room)
        JOIN LATERAL (SELECT head FROM room_state WHERE room = k.room LIMIT 1) s ON true";
    let statement = tx.prepare_cached(SELECT).await?;
    for row in tx.query(&statement, &[&rooms]).await? {
        let room: &str = row.get(0);
        if let Ok(room) = RoomId::parse(room) {
            heads.insert(room, unsigned(row.get(1)));
        }
    }
    Ok(heads)
}

/// Changed entries as they are now.
pub async fn entries(tx: &Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO entries (room, seq, deleted, pinned, state)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::boolean[], $5::bytea[])
        ON CONFLICT (room, seq) DO UPDATE
        SET deleted = excluded.deleted, pinned = excluded.pinned, state = excluded.state";
    if changes.changed.is_empty() {
        return Ok(());
    }
    let (mut rooms, mut seqs, mut deleted, mut pinned, mut states) = (vec![], vec![], vec![], vec![], vec![]);
    for ((room, seq), entry) in changes.entries() {
        rooms.push(room.as_str());
        seqs.push(signed(*seq));
        deleted.push(entry.deleted);
        pinned.push(entry.pinned);
        states.push(rmp_serde::to_vec_named(entry)?);
    }
    let statement = tx.prepare_cached(UPSERT).await?;
    tx.execute(&statement, &[&rooms, &seqs, &deleted, &pinned, &states]).await?;
    Ok(())
}

/// Who is mentioned where.
pub async fn mentions(tx: &Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
    const DELETE: &str = "DELETE FROM mentions m USING unnest($1::text[], $2::bigint[]) AS k(room, seq)
        WHERE m.room = k.room AND m.seq = k.seq";
    const INSERT: &str = "INSERT INTO mentions (user_id, room, seq)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) ON CONFLICT DO NOTHING";
    if !changes.unmentioned.is_empty() {
        let place = |(room, seq): &'_ Key| (room.as_str().to_owned(), signed(*seq));
        let (rooms, seqs): (Vec<String>, Vec<i64>) = changes.unmentioned.iter().map(place).unzip();
        let statement = tx.prepare_cached(DELETE).await?;
        tx.execute(&statement, &[&rooms, &seqs]).await?;
    }
    let (mut users, mut rooms, mut seqs) = (vec![], vec![], vec![]);
    for ((room, seq), mentioned) in &changes.mentioned {
        for user in mentioned {
            users.push(user.as_str());
            rooms.push(room.as_str());
            seqs.push(signed(*seq));
        }
    }
    if !users.is_empty() {
        let statement = tx.prepare_cached(INSERT).await?;
        tx.execute(&statement, &[&users, &rooms, &seqs]).await?;
    }
    Ok(())
}

/// Where each room of the batch ends now.
pub async fn rooms(tx: &Transaction<'_>, rows: &[&Row]) -> Result<(), StoreError> {
    const UPSERT: &str = "INSERT INTO room_state AS s (room, head, last_entry, active_ts)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])
        ON CONFLICT (room) DO UPDATE SET head = excluded.head,
            last_entry = CASE WHEN excluded.last_entry = 0 THEN s.last_entry ELSE excluded.last_entry END,
            active_ts = CASE WHEN excluded.last_entry = 0 THEN s.active_ts ELSE excluded.active_ts END";
    /// Head, last entry, and its time.
    type End = (u64, u64, u64);
    let mut ends: HashMap<&RoomId, End> = HashMap::new();
    for row in rows {
        let Some(envelope) = row.envelope() else { continue };
        let end = ends.entry(&row.room).or_default();
        end.0 = row.seq;
        if envelope.kind.is_entry() {
            (end.1, end.2) = (row.seq, row.at);
        }
    }
    if ends.is_empty() {
        return Ok(());
    }
    let column = |part: fn(&End) -> u64| ends.values().map(|end| signed(part(end))).collect::<Vec<i64>>();
    let rooms: Vec<&str> = ends.keys().map(|room| room.as_str()).collect();
    let (heads, lasts, times) = (column(|end| end.0), column(|end| end.1), column(|end| end.2));
    let statement = tx.prepare_cached(UPSERT).await?;
    tx.execute(&statement, &[&rooms, &heads, &lasts, &times]).await?;
    Ok(())
}
