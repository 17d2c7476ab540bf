//! Rows into `events` by binary COPY, as one buffer.

use std::collections::HashMap;
use std::pin::pin;

use bytes::{BufMut as _, Bytes, BytesMut};
use deadpool_postgres::Transaction;
use futures_util::SinkExt as _;
use protocol::id::RoomId;

use super::StoreError;
use super::number::signed;
use super::row::Row;

const COPY: &str = "COPY events (room, seq, ts, at, prev, id, kind, author, thread, payload, error) FROM STDIN BINARY";
const COLUMNS: i16 = 11;

/// Writes all rows. `ts` is the highest log time before them, `heads` the last event of each room; both move on.
pub async fn copy(tx: &Transaction<'_>, rows: &[Row], ts: &mut u64, heads: &mut HashMap<RoomId, u64>) -> Result<(), StoreError> {
    let buffer = encode(rows, ts, heads);
    let mut sink = pin!(tx.copy_in::<_, Bytes>(COPY).await?);
    sink.send(buffer).await?;
    sink.finish().await?;
    Ok(())
}

/// The whole COPY as one buffer.
pub fn encode(rows: &[Row], ts: &mut u64, heads: &mut HashMap<RoomId, u64>) -> Bytes {
    let bytes: usize = rows.iter().map(|row| row.payload.len() + 200).sum();
    let mut out = BytesMut::with_capacity(bytes);
    out.put_slice(b"PGCOPY\n\xff\r\n\0");
    out.put_slice(&[0; 8]); // no flags, no extension
    for row in rows {
        *ts = row.at.max(*ts);
        out.put_i16(COLUMNS);
        put(&mut out, row.room.as_str().as_bytes());
        put_i64(&mut out, row.seq);
        put_i64(&mut out, *ts);
        put_i64(&mut out, row.at);
        put_i64(&mut out, heads.get(&row.room).copied().unwrap_or(0));
        let envelope = row.envelope();
        put(&mut out, envelope.map(|envelope| envelope.id.uuid()).unwrap_or_default().as_bytes());
        put(&mut out, &row.code().to_be_bytes());
        put(&mut out, envelope.map_or("", |envelope| envelope.from.id.as_str()).as_bytes());
        match row.thread() {
            Some(root) => put_i64(&mut out, root),
            None => out.put_i32(-1),
        }
        put(&mut out, &row.payload);
        match row.error() {
            Some(error) => put(&mut out, error.as_bytes()),
            None => out.put_i32(-1),
        }
        // The chain that clients see has no poison in it.
        if envelope.is_some() {
            heads.insert(row.room.clone(), row.seq);
        }
    }
    out.put_i16(-1);
    out.freeze()
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
