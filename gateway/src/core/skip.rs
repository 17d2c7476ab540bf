//! More was missed than is pushed: the newest entries at once, the rest waits in `history`.

use std::sync::Arc;

use protocol::code::{Code, Refusal};
use protocol::entry::EntryView;
use protocol::fold::Timeline;
use protocol::frame::{Paging, ServerFrame};
use protocol::id::RoomId;
use protocol::limits::SKIPPED_ENTRIES;

use super::{Core, Standing};
use crate::session::Identity;
use crate::socket::Socket;
use crate::socket::codec::framed;

/// Events that are read at once while the newest are looked for.
const PAGE: usize = 500;
/// Pages that are read at most; who missed more waits for the archive.
const PAGES: usize = 400;

impl Core {
    /// Says `skipped` with the newest entries; gives the `seq` after which the replay goes on.
    pub(super) async fn skip(
        &self,
        me: &Identity,
        socket: &Arc<Socket>,
        room: &RoomId,
        standing: &Standing,
        after: u64,
    ) -> Result<u64, Refusal> {
        let paging = Paging { limit: Some(SKIPPED_ENTRIES as u64), ..Paging::default() };
        let (entries, until) = match self.history(&me.claims, room, paging).await {
            Ok(page) => (page.entries, page.as_of),
            // The archive is away or far behind: what was missed is read through, and its newest entries are told.
            Err(refusal) if refusal.code.retryable() => self.newest_missed(me, room, standing, after).await?,
            Err(refusal) => return Err(refusal),
        };
        let frame = ServerFrame::Skipped { room: room.clone(), after, until, entries };
        if socket.mailbox.push_when_drained(framed(socket.encoding, &frame)).await {
            Ok(until)
        } else {
            Err(Refusal::new(Code::Unavailable, "the socket is gone"))
        }
    }

    /// The newest entries that begin above a cursor, folded; and the `seq` up to which they are.
    async fn newest_missed(
        &self,
        me: &Identity,
        room: &RoomId,
        standing: &Standing,
        after: u64,
    ) -> Result<(Vec<EntryView>, u64), Refusal> {
        let viewer = &me.claims.sub;
        let (mut timeline, mut last, mut cursor) = (Timeline::default(), after, after);
        for _ in 0..PAGES {
            let missed = self.missed(&standing.shard, room, viewer, cursor, PAGE).await?;
            for event in &missed.events {
                timeline.apply(event);
                last = event.seq;
            }
            while timeline.entries.len() > SKIPPED_ENTRIES {
                timeline.entries.pop_first();
            }
            if missed.events.len() < PAGE {
                self.confirm(viewer, room, standing, last).await?;
                return Ok((timeline.entries.into_values().map(|entry| entry.view(viewer)).collect(), last));
            }
            cursor = missed.until;
        }
        Err(Refusal::unavailable("the archive is far behind; try again in a minute"))
    }
}
