//! `archive.events`: the raw log of a room, without what is deleted by now.

use protocol::envelope::Envelope;
use protocol::event::{Event, Kind};
use protocol::limits::PAGE_BYTES;
use protocol::rpc::archive::{Events, GetEvents};

use super::Archive;
use super::snapshot::Snapshot;
use crate::pool::StoreError;
use crate::store::{signed, unsigned};

/// Most events of a page.
const LIMIT: u64 = 1_000;
/// What an event costs beside its payload, in bytes.
const OVERHEAD: usize = 60;

impl Archive {
    /// Events after a cursor, oldest first.
    pub async fn events(&self, ask: GetEvents) -> Result<Events, StoreError> {
        const SELECT: &str = "SELECT seq, at, prev, payload FROM events
            WHERE room = $1 AND seq > $2 AND kind <> 99 ORDER BY seq LIMIT $3";
        let limit = usize::try_from(ask.limit.clamp(1, LIMIT)).unwrap_or(1);
        let mut client = self.pools.reader().await?;
        let snapshot = Snapshot::open(&mut client, &ask.room, Some(&ask.viewer)).await?;
        let statement = snapshot.tx.prepare_cached(SELECT).await?;
        let rows = snapshot.tx.query(&statement, &[&ask.room.as_str(), &signed(ask.after), &(limit as i64 + 1)]).await?;
        let mut more = rows.len() > limit;
        let (mut events, mut bytes) = (Vec::new(), 0);
        for row in rows.iter().take(limit) {
            let (seq, payload) = (unsigned(row.get(0)), row.get::<_, &[u8]>(3));
            bytes += payload.len() + OVERHEAD;
            if bytes > PAGE_BYTES && !events.is_empty() {
                more = true;
                break;
            }
            match Envelope::decode(payload) {
                Ok(envelope) => {
                    events.push(envelope.into_event(ask.room.clone(), seq, unsigned(row.get(2)), unsigned(row.get(1))));
                }
                Err(error) => tracing::error!(room.id = %ask.room, seq, %error, "stored event does not decode"),
            }
        }
        strip(&snapshot, &mut events).await?;
        let position = snapshot.position;
        snapshot.close().await?;
        Ok(Events { events, more, position })
    }
}

/// Takes away bodies, also of edits, and quotes of messages that are deleted.
async fn strip(snapshot: &Snapshot<'_>, events: &mut [Event]) -> Result<(), StoreError> {
    let shown = events.iter().flat_map(|event| [message(event), quoted(event)]).flatten().collect::<Vec<u64>>();
    let deleted = snapshot.deleted(&shown).await?;
    if deleted.is_empty() {
        return Ok(());
    }
    for event in events {
        if message(event).is_some_and(|seq| deleted.contains(&seq)) {
            event.body = None;
        }
        if let Some(reply) = event.body.as_mut().and_then(|body| body.reply.as_mut())
            && deleted.contains(&reply.seq)
        {
            reply.text = None;
        }
    }
    Ok(())
}

/// The message whose text an event carries.
fn message(event: &Event) -> Option<u64> {
    match event.kind {
        Kind::Message => Some(event.seq),
        Kind::Edited => event.target.as_ref()?.seq(),
        Kind::Created
        | Kind::Deleted
        | Kind::Reacted
        | Kind::Pinned
        | Kind::Joined
        | Kind::Left
        | Kind::Renamed
        | Kind::Topic
        | Kind::Role
        | Kind::Call => None,
    }
}

fn quoted(event: &Event) -> Option<u64> {
    Some(event.body.as_ref()?.reply.as_ref()?.seq)
}
