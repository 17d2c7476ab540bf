//! What rides core NATS: read marks and account changes, for the sockets that are here.

use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use protocol::frame::ServerFrame;
use protocol::rpc::notice::{self, RoomNotice, UserNotice};
use protocol::subject::{TICK, room_of};

use super::Core;
use crate::socket::codec::framed;

/// Between attempts to subscribe.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

/// Hears `user.>` and `eph.>` for ever.
pub async fn serve(core: Arc<Core>) {
    loop {
        let users = core.fabric.subscribe_core("user.>".into()).await;
        let rooms = core.fabric.subscribe_core("eph.>".into()).await;
        match (users, rooms) {
            (Ok(users), Ok(rooms)) => {
                tokio::select! {
                    () = hear(users, |message| to_user(&core, &message.payload)) => {}
                    () = hear(rooms, |message| to_room(&core, &message.subject, &message.payload)) => {}
                }
            }
            (Err(error), _) | (_, Err(error)) => tracing::warn!(%error, "notices cannot be heard, trying again"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn hear(messages: impl Stream<Item = fabric::CoreMessage>, mut take: impl FnMut(fabric::CoreMessage)) {
    let mut messages = std::pin::pin!(messages);
    while let Some(message) = messages.next().await {
        take(message);
    }
}

fn to_user(core: &Core, payload: &[u8]) {
    match notice::decode::<UserNotice>(payload) {
        Some(UserNotice::Me { user }) => {
            let Some(held) = core.users.held(&user.id) else { return };
            held.set_user(user.clone());
            core.presence.beats.changed(&user.id);
            let frame = ServerFrame::Me { user, status: None };
            for socket in held.sockets() {
                socket.mailbox.push_live(&framed(socket.encoding, &frame));
            }
        }
        Some(UserNotice::Read { room, user, seq, origin }) => {
            let Some(held) = core.users.held(&user) else { return };
            let frame = ServerFrame::Read { room, user, seq };
            for socket in held.sockets().into_iter().filter(|socket| socket.session() != origin) {
                socket.mailbox.push_live(&framed(socket.encoding, &frame));
            }
        }
        Some(UserNotice::Status { user, status }) => {
            let Some(held) = core.users.held(&user) else { return };
            held.set_status(status.clone());
            core.presence.beats.changed(&user);
            let Some(user) = held.user() else { return };
            let frame = ServerFrame::Me { user, status: Some(status) };
            for socket in held.sockets() {
                socket.mailbox.push_live(&framed(socket.encoding, &frame));
            }
        }
        None => {}
    }
}

fn to_room(core: &Core, subject: &str, payload: &[u8]) {
    if subject == TICK {
        let tick = notice::decode(payload).filter(|tick| core.presence.tick.hear(tick, &core.presence.beats.node));
        return tick.iter().for_each(|tick| core.presence.rosters.compare(tick));
    }
    let (Some(room), Some(word)) = (room_of(subject), notice::decode(payload)) else { return };
    let (user, seq) = match word {
        RoomNotice::Read { user, seq } => (user, seq),
        RoomNotice::Typing { user, on } => return core.presence.typing.hear(room, user, on),
        RoomNotice::Presence { epoch, n, diff } => return core.presence.rosters.hear(&room, epoch, n, *diff),
    };
    for shard in core.hub.shards() {
        if subject == shard.shard.ephemeral(&room) {
            let frame = ServerFrame::Read { room: room.clone(), user: user.clone(), seq };
            // His own sockets heard it already.
            shard.tell(&room, &user, &frame);
        }
    }
}
