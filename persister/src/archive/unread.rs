//! `archive.unread`, and what room lists show of the archive: head, counts and the last entry.

use deadpool_postgres::{Object, Transaction};
use protocol::entry::{Entry, EntryView};
use protocol::id::{RoomId, UserId};
use protocol::limits::UNREAD_CAP;
use protocol::rpc::archive::{GetUnread, Unread, UnreadCount};
use tokio_postgres::Row;

use super::Archive;
use super::page::{authors, names};
use super::snapshot::Snapshot;
use crate::pool::StoreError;
use crate::store::{signed, stored, unsigned};

/// Most users of a request.
const USERS: usize = 1_000;
/// The newest messages of a room that counts of many users are taken from.
const WINDOW: i64 = 1_200;
/// Up to so many users are counted one by one.
const FEW: usize = 8;

/// What one member has not read: `$1` room, `$2` user, `$3` read mark.
const COUNT: &str = "SELECT count(*) FROM (SELECT FROM events e
    WHERE e.room = $1 AND e.seq > $3 AND e.kind = 1 AND e.author <> $2
      AND NOT EXISTS (SELECT FROM entries c WHERE c.room = e.room AND c.seq = e.seq AND c.seq > $3 AND c.deleted) LIMIT 1000) t";

/// A room as a list shows it to one user. All of it is as of `head`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    pub head: u64,
    pub read: u64,
    /// At most 1,000.
    pub unread: u64,
    pub mentions: u64,
    pub last: Option<EntryView>,
}

/// What a list shows of the rooms `r` to the user `$1`; `r` has his marks too, read for all rooms at once. One statement, one snapshot: counts and last entry are as of one head.
const SEEN: &str = "SELECT r.room, s.head, coalesce(m.read, 0), u.n, w.n, e.seq, e.at, e.payload, c.state, a.name
    FROM r
    LEFT JOIN LATERAL (SELECT head, last_entry FROM room_state WHERE room = r.room LIMIT 1) s ON true
    -- Until the log has his own `joined`, all is read.
    LEFT JOIN LATERAL (SELECT greatest(r.read_seq, CASE WHEN r.joined_seq = 0 THEN s.head ELSE r.joined_seq END) AS read) m ON true
    LEFT JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM events e
        WHERE e.room = r.room AND e.seq > m.read AND e.kind = 1 AND e.author <> $1
          AND NOT EXISTS (SELECT FROM entries c WHERE c.room = e.room AND c.seq = e.seq AND c.seq > m.read AND c.deleted)
        LIMIT 1000) t) u ON true
    LEFT JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM mentions n
        WHERE n.user_id = $1 AND n.room = r.room AND n.seq > m.read LIMIT 1000) t) w ON true
    LEFT JOIN LATERAL (SELECT seq, at, payload, author FROM events WHERE room = r.room AND seq = s.last_entry LIMIT 1) e ON true
    LEFT JOIN LATERAL (SELECT state FROM entries WHERE room = r.room AND seq = e.seq LIMIT 1) c ON true
    LEFT JOIN LATERAL (SELECT name FROM users WHERE id = e.author LIMIT 1) a ON true
    ORDER BY r.place";

/// Rooms as a list shows them to one user, in this order. Access is the caller's to check.
pub async fn overview(client: &Object, user: &UserId, rooms: &[RoomId]) -> Result<Vec<(RoomId, Overview)>, StoreError> {
    let ids: Vec<&str> = rooms.iter().map(RoomId::as_str).collect();
    let statement = format!(
        "WITH own AS MATERIALIZED (SELECT room, joined_seq, read_seq FROM members WHERE user_id = $1 AND room = ANY($2)),
         r AS (SELECT t.room, t.place, own.joined_seq, own.read_seq
             FROM unnest($2::text[]) WITH ORDINALITY AS t(room, place) LEFT JOIN own ON own.room = t.room) {SEEN}"
    );
    let statement = client.prepare_cached(&statement).await?;
    Ok(client.query(&statement, &[&user.as_str(), &ids]).await?.iter().filter_map(|row| seen(row, user)).collect())
}

/// The user's own rooms after the room `after` (empty: from the start), newest activity first; one that the archive has not seen yet is new.
pub async fn own_overview(
    client: &Object,
    user: &UserId,
    after: &str,
    limit: usize,
) -> Result<Vec<(RoomId, Overview)>, StoreError> {
    let statement = format!(
        "WITH own AS (SELECT m.room, m.joined_seq, m.read_seq, coalesce(s.active_ts, 9223372036854775807) AS active FROM members m
             LEFT JOIN LATERAL (SELECT active_ts FROM room_state WHERE room = m.room LIMIT 1) s ON true WHERE m.user_id = $1),
         start AS (SELECT active, room FROM own WHERE room = $2),
         page AS (SELECT * FROM own WHERE $2 = '' OR (active, room) < (SELECT active, room FROM start)
             ORDER BY active DESC, room DESC LIMIT $3),
         r AS (SELECT room, joined_seq, read_seq, row_number() OVER (ORDER BY active DESC, room DESC) AS place FROM page) {SEEN}"
    );
    let statement = client.prepare_cached(&statement).await?;
    let rows = client.query(&statement, &[&user.as_str(), &after, &(limit as i64)]).await?;
    Ok(rows.iter().filter_map(|row| seen(row, user)).collect())
}

/// A row of [`SEEN`].
fn seen(row: &Row, user: &UserId) -> Option<(RoomId, Overview)> {
    let room = RoomId::parse(row.get(0)).ok()?;
    let read = unsigned(row.get(2));
    // The archive does not know the room yet.
    let Some(head) = row.get::<_, Option<i64>>(1) else { return Some((room, Overview { read, ..Overview::default() })) };
    let last = row.get::<_, Option<i64>>(5).and_then(|seq| {
        let mut last = stored(room.clone(), unsigned(seq), unsigned(row.get(6)), row.get(7), row.get(8))?;
        if let Some(name) = row.get::<_, Option<&str>>(9) {
            name.clone_into(&mut last.from.name);
        }
        Some(preview(last, user))
    });
    let (unread, mentions) = (unsigned(row.get(3)), unsigned(row.get(4)));
    Some((room, Overview { head: unsigned(head), read, unread, mentions, last }))
}

/// A list has no place for a quote, whose message may be deleted by now.
fn preview(mut last: Entry, viewer: &UserId) -> EntryView {
    if let Some(body) = &mut last.body {
        body.reply = None;
    }
    last.preview(viewer)
}

impl Archive {
    /// News of one room for several members.
    pub async fn unread(&self, mut ask: GetUnread) -> Result<Unread, StoreError> {
        ask.users.truncate(USERS);
        let mut client = self.pools.reader().await?;
        let snapshot = Snapshot::open(&mut client, &ask.room, None).await?;
        let (head, last) = end(&snapshot).await?;
        let counts = if ask.users.is_empty() { Vec::new() } else { counts(&snapshot, &ask.users, head).await? };
        snapshot.close().await?;
        // Of a preview nothing depends on the viewer: it has no reactions.
        Ok(Unread { head, last: last.map(|last| preview(last, &ask.room)), counts })
    }
}

/// The room's head and last entry.
async fn end(snapshot: &Snapshot<'_>) -> Result<(u64, Option<Entry>), StoreError> {
    const SELECT: &str = "SELECT s.head, e.seq, e.at, e.payload, c.state FROM room_state s
        LEFT JOIN LATERAL (SELECT seq, at, payload FROM events WHERE room = s.room AND seq = s.last_entry LIMIT 1) e ON true
        LEFT JOIN LATERAL (SELECT state FROM entries WHERE room = s.room AND seq = s.last_entry LIMIT 1) c ON true
        WHERE s.room = $1";
    let statement = snapshot.tx.prepare_cached(SELECT).await?;
    let Some(row) = snapshot.tx.query_opt(&statement, &[&snapshot.room.as_str()]).await? else { return Ok((0, None)) };
    let head = unsigned(row.get(0));
    let Some(seq) = row.get::<_, Option<i64>>(1) else { return Ok((head, None)) };
    let mut last = stored(snapshot.room.clone(), unsigned(seq), unsigned(row.get(2)), row.get(3), row.get(4));
    let names = names(&snapshot.tx, last.iter_mut().flat_map(authors)).await?;
    for author in last.iter_mut().flat_map(authors) {
        if let Some(name) = names.get(&author.id) {
            author.name.clone_from(name);
        }
    }
    Ok((head, last))
}

async fn counts(snapshot: &Snapshot<'_>, users: &[UserId], head: u64) -> Result<Vec<UnreadCount>, StoreError> {
    const MEMBERS: &str = "SELECT m.user_id, CASE WHEN joined_seq = 0 THEN $3 ELSE greatest(read_seq, joined_seq) END,
            (SELECT count(*) FROM (SELECT FROM mentions n WHERE n.user_id = m.user_id AND n.room = m.room
                AND n.seq > greatest(read_seq, joined_seq) LIMIT 1000) t)
        FROM members m WHERE m.room = $1 AND m.user_id = ANY($2)";
    let ids: Vec<&str> = users.iter().map(UserId::as_str).collect();
    let statement = snapshot.tx.prepare_cached(MEMBERS).await?;
    let members = snapshot.tx.query(&statement, &[&snapshot.room.as_str(), &ids, &signed(head)]).await?;
    let newest = if members.len() > FEW { Newest::of(snapshot).await? } else { Newest::default() };
    let mut counts = Vec::with_capacity(members.len());
    for member in &members {
        let Ok(user) = UserId::parse(member.get(0)) else { continue };
        let read = unsigned(member.get(1));
        let unread = match newest.unread(&user, read) {
            Some(unread) => unread,
            None => count(&snapshot.tx, &snapshot.room, &user, read).await?,
        };
        counts.push(UnreadCount { user, unread, mentions: unsigned(member.get(2)) });
    }
    Ok(counts)
}

async fn count(tx: &Transaction<'_>, room: &RoomId, user: &UserId, read: u64) -> Result<u64, StoreError> {
    let statement = tx.prepare_cached(COUNT).await?;
    let row = tx.query_one(&statement, &[&room.as_str(), &user.as_str(), &signed(read)]).await?;
    Ok(unsigned(row.get(0)))
}

/// The newest messages of a room that are not deleted, newest first: enough to count for nearly everybody.
#[derive(Default)]
struct Newest {
    messages: Vec<(u64, String)>,
    /// There are no others.
    all: bool,
}

impl Newest {
    async fn of(snapshot: &Snapshot<'_>) -> Result<Self, StoreError> {
        const SELECT: &str = "SELECT e.seq, e.author, coalesce(c.deleted, false) FROM
                (SELECT room, seq, author FROM events WHERE room = $1 AND kind = 1 ORDER BY seq DESC LIMIT $2) e
            LEFT JOIN LATERAL (SELECT deleted FROM entries WHERE room = e.room AND seq = e.seq LIMIT 1) c ON true ORDER BY e.seq DESC";
        let statement = snapshot.tx.prepare_cached(SELECT).await?;
        let rows = snapshot.tx.query(&statement, &[&snapshot.room.as_str(), &WINDOW]).await?;
        let alive = rows.iter().filter(|row| !row.get::<_, bool>(2));
        let messages = alive.map(|row| (unsigned(row.get(0)), row.get(1))).collect();
        let all = rows.len() < WINDOW as usize;
        Ok(Self { messages, all })
    }

    /// `None`: the window does not tell.
    fn unread(&self, user: &UserId, read: u64) -> Option<u64> {
        let after = self.messages.iter().take_while(|(seq, _)| *seq > read);
        let others = after.filter(|(_, author)| author != user.as_str()).count() as u64;
        let reaches = self.all || self.messages.last().is_some_and(|(seq, _)| *seq <= read);
        (reaches || others >= UNREAD_CAP).then_some(others.min(UNREAD_CAP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_tells_only_what_it_can() {
        let (me, messages) = (UserId::parse("me").unwrap(), vec![(9, "you".into()), (8, "me".into()), (5, "you".into())]);
        let window = Newest { messages, all: false };
        assert_eq!(window.unread(&me, 5), Some(1));
        assert_eq!(window.unread(&me, 8), Some(1));
        assert_eq!(window.unread(&me, 4), None);
        assert_eq!(Newest { all: true, ..window }.unread(&me, 4), Some(2));
    }
}
