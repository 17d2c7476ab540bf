//! Rows into `events` by binary COPY, as one buffer.

use std::collections::HashMap;
use std::pin::pin;

use bytes::{BufMut as _, Bytes, BytesMut};
use deadpool_postgres::Transaction;
use futures_util::SinkExt as _;
use protocol::id::RoomId;

use super::number::signed;
use super::row::Row;
use super::{Part, StoreError};

const COPY: &str = "COPY events (room, seq, ts, at, prev, id, kind, author, thread, payload, error) FROM STDIN BINARY";
const COLUMNS: i16 = 11;

/// Writes all rows. `heads` is the last event of each room, and moves on.
pub async fn copy(tx: &Transaction<'_>, parts: &[Part<'_>], heads: &mut HashMap<RoomId, u64>) -> Result<(), StoreError> {
    let buffer = encode(parts, heads);
    let statement = tx.prepare_cached(COPY).await?;
    let mut sink = pin!(tx.copy_in::<_, Bytes>(&statement).await?);
    sink.send(buffer).await?;
    sink.finish().await?;
    Ok(())
}

/// The whole COPY as one buffer.
pub fn encode(parts: &[Part<'_>], heads: &mut HashMap<RoomId, u64>) -> Bytes {
    let bytes: usize = parts.iter().flat_map(|part| part.rows).map(|row| row.payload.len() + 200).sum();
    let mut out = BytesMut::with_capacity(bytes);
    out.put_slice(b"PGCOPY\n\xff\r\n\0");
    out.put_slice(&[0; 8]); // no flags, no extension
    for part in parts {
        let mut ts = part.from.ts;
        for row in part.rows {
            ts = row.at.max(ts);
            put_row(&mut out, row, ts, heads);
        }
    }
    out.put_i16(-1);
    out.freeze()
}

fn put_row(out: &mut BytesMut, row: &Row, ts: u64, heads: &mut HashMap<RoomId, u64>) {
    out.put_i16(COLUMNS);
    put(out, row.room.as_str().as_bytes());
    put_i64(out, row.seq);
    put_i64(out, ts);
    put_i64(out, row.at);
    put_i64(out, heads.get(&row.room).copied().unwrap_or(0));
    let envelope = row.envelope();
    put(out, envelope.map(|envelope| envelope.id.uuid()).unwrap_or_default().as_bytes());
    put(out, &row.code().to_be_bytes());
    put(out, envelope.map_or("", |envelope| envelope.from.id.as_str()).as_bytes());
    match row.thread() {
        Some(root) => put_i64(out, root),
        None => out.put_i32(-1),
    }
    put(out, &row.payload);
    match row.error() {
        Some(error) => put(out, error.as_bytes()),
        None => out.put_i32(-1),
    }
    // The chain that clients see has no poison in it.
    if envelope.is_some() {
        heads.insert(row.room.clone(), row.seq);
    }
}

fn put(out: &mut BytesMut, field: &[u8]) {
    // Payloads are bounded by the log at far less than 2 GiB.
    out.put_i32(i32::try_from(field.len()).unwrap_or(i32::MAX));
    out.put_slice(field);
}

fn put_i64(out: &mut BytesMut, number: u64) {
    out.put_i32(8);
    out.put_i64(signed(number));
}
