//! Delivering what a shard took: encoded once, written to each listener's socket by this task, with no wake-up between.

use std::sync::Arc;

use fabric::Record;
use protocol::id::RoomId;
use tokio::task::yield_now;

use super::ring::Shared;
use crate::socket::Socket;

/// Events of one frame at most, as for what clients send; and bytes, so that a reader's mailbox fills in small steps.
const TOGETHER: usize = 64;
const TOGETHER_BYTES: usize = 64 << 10;
/// Sockets that are written to before other tasks have their turn: some 4 ms. Smaller turns made the last of 1,000 sockets wait longer.
const TURN: usize = 1024;

/// Records of one room, and who listens there.
pub struct Delivery {
    pub listeners: Arc<Vec<Arc<Socket>>>,
    pub records: Vec<Arc<Record>>,
}

impl Delivery {
    /// Hands the records to all listeners, without any lock of the shard. The next delivery of the shard must begin after it. Those who
    /// are gone take themselves out of the room, but for one that went in the middle of a resume: the room to sweep, if there is one.
    pub async fn deliver(self) -> Option<RoomId> {
        let _spans: Vec<_> = self.records.iter().filter_map(|record| fanout_span(record)).collect();
        let (mut rest, mut all_here) = (&self.records[..], true);
        while !rest.is_empty() {
            let (together, behind) = rest.split_at(fitting(rest));
            rest = behind;
            let mut shared = Shared::new(together);
            if shared.is_empty() {
                continue;
            }
            for (turn, sockets) in self.listeners.chunks(TURN).enumerate() {
                if turn > 0 {
                    yield_now().await;
                }
                for socket in sockets {
                    all_here &= socket.mailbox.push_live(shared.frame(socket.encoding));
                }
            }
        }
        self.records.first().filter(|_| !all_here).map(|record| record.room.clone())
    }
}

/// This gateway's part of a message's trace: handing it to who listens here. None when the sender's trace is not kept.
fn fanout_span(record: &Record) -> Option<tracing::Span> {
    let parent = record.traceparent.as_deref()?;
    let span = tracing::info_span!("gateway.fanout", room.id = %record.room, seq = record.seq);
    chassis::telemetry::set_parent(&span, parent);
    Some(span)
}

/// How many of the first records go into one frame: at least one.
fn fitting(records: &[Arc<Record>]) -> usize {
    let mut bytes = 0;
    let fit = records.iter().take(TOGETHER).take_while(|record| {
        bytes += record.payload.len();
        bytes <= TOGETHER_BYTES
    });
    fit.count().max(1)
}

#[cfg(test)]
mod tests {
    use protocol::decode::Encoding;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::hub::state::State;

    /// Pairs of connected sockets, ours and the client's.
    async fn sockets(count: u64) -> (Vec<Arc<Socket>>, Vec<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (mut sockets, mut clients) = (Vec::new(), Vec::new());
        for id in 0..count {
            clients.push(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
            sockets.push(Arc::new(Socket::new(id, Encoding::Json, listener.accept().await.unwrap().0)));
        }
        (sockets, clients)
    }

    fn record(room: &RoomId, seq: u64) -> Arc<Record> {
        let payload = serde_json::json!({
            "kind": "message", "id": "01930000-0000-7000-8000-000000000000",
            "from": { "id": "u", "name": "U", "type": "user" }, "body": { "text": "hi" },
        });
        let payload = rmp_serde::to_vec_named(&payload).unwrap().into();
        Arc::new(Record { seq, prev: 0, ts: 0, room: room.clone(), payload, traceparent: None, msg_id: None })
    }

    /// The next frame of the server: JSON behind an unmasked header.
    async fn frame(client: &mut TcpStream) -> serde_json::Value {
        let mut head = [0; 4];
        client.read_exact(&mut head).await.unwrap();
        assert_eq!(head[..2], [0x81, 126], "a text of some length");
        let mut text = vec![0; u16::from_be_bytes([head[2], head[3]]).into()];
        client.read_exact(&mut text).await.unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    #[tokio::test]
    async fn what_gathered_leaves_in_arrays_in_its_order_and_rooms_apart() {
        let (sockets, mut clients) = sockets(2).await;
        let (hot, quiet) = (RoomId::parse("hot").unwrap(), RoomId::parse("quiet").unwrap());
        let mut state = State::new(1 << 20);
        state.rooms.entry(hot.clone()).or_default().listeners = Arc::new(sockets.clone());
        state.rooms.entry(quiet.clone()).or_default().listeners = Arc::new(sockets[..1].to_vec());
        let records: Vec<_> = (1..=100).map(|seq| record(if seq == 50 { &quiet } else { &hot }, seq)).collect();
        for delivery in state.take(&records) {
            assert_eq!(delivery.deliver().await, None);
        }
        assert_eq!(state.delivered, 2 * 99 + 1);
        for (client, rooms) in clients.iter_mut().zip([2, 1]) {
            let (mut of_hot, mut sizes) = (Vec::new(), Vec::new());
            while of_hot.len() < 99 || sizes.len() < 1 + rooms {
                match frame(client).await {
                    serde_json::Value::Array(events) => {
                        sizes.push(events.len());
                        of_hot.extend(events.iter().map(|event| event["seq"].as_u64().unwrap()));
                    }
                    event => {
                        assert_eq!((event["room"].as_str(), event["seq"].as_u64()), (Some("quiet"), Some(50)));
                        sizes.push(1);
                    }
                }
            }
            assert_eq!(of_hot, (1..=100).filter(|seq| *seq != 50).collect::<Vec<u64>>());
            sizes.sort_unstable();
            assert_eq!(sizes[sizes.len() - 2..], [99 - TOGETHER, TOGETHER]);
        }
    }

    #[tokio::test]
    async fn a_socket_that_went_without_a_word_is_swept_out_of_its_room() {
        let (sockets, _clients) = sockets(3).await;
        let room = RoomId::parse("r").unwrap();
        let mut state = State::new(1 << 20);
        state.rooms.entry(room.clone()).or_default().listeners = Arc::new(sockets.clone());
        sockets[1].mailbox.close(None);
        let delivery = state.take(&[record(&room, 1)]).remove(0);
        assert_eq!(delivery.deliver().await, Some(room.clone()));
        state.sweep(&room);
        let left: Vec<u64> = state.rooms[&room].listeners.iter().map(|socket| socket.id).collect();
        assert_eq!(left, [0, 2]);
    }
}
