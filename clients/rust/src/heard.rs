//! What a connection hears, also from a server that is newer: unknown kinds, codes and types are passed over, not stumbled at.

use protocol::decode::{Encoding, Value as Tree};
use protocol::entry::EntryView;
use protocol::event::Event;
use protocol::frame::ServerFrame;
use protocol::id::RoomId;
use protocol::presence::RankedRoom;
use protocol::room::Room;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{ClientError, decode};

/// One frame of the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Frame(ServerFrame),
    /// `error`, whatever its code.
    Refusal {
        reference: Option<u64>,
        room: Option<RoomId>,
        error: ClientError,
    },
    /// An event of a kind that this version does not know: only its place in the chain counts.
    Stranger {
        room: RoomId,
        seq: u64,
        prev: Option<u64>,
    },
    /// An `ok` that cannot be read.
    Unreadable {
        reference: u64,
        error: ClientError,
    },
}

/// The frames of one WebSocket frame. An error: the bytes do not decode at all.
pub fn heard(encoding: Encoding, bytes: &[u8]) -> Result<Vec<Heard>, ClientError> {
    if let Ok(frames) = decode::frames(encoding, bytes) {
        return Ok(frames.into_iter().map(plain).collect());
    }
    let tree = encoding.decode(bytes).map_err(ClientError::unexpected)?;
    match json(tree) {
        Value::Array(values) => Ok(values.into_iter().map(lenient).collect()),
        value @ Value::Object(_) => Ok(vec![lenient(value)]),
        _ => Err(ClientError::Unexpected("neither an object nor an array".into())),
    }
}

fn plain(frame: ServerFrame) -> Heard {
    match frame {
        ServerFrame::Error(error) => {
            Heard::Refusal { reference: error.reference, room: error.room.clone(), error: (*error).into() }
        }
        frame => Heard::Frame(frame),
    }
}

/// Reads what can be read of a frame that is not as this version knows it.
fn lenient(mut value: Value) -> Heard {
    prune(&mut value, "rooms", |room| reads::<Room>(room) || reads::<RankedRoom>(room));
    prune(&mut value, "entries", reads::<EntryView>);
    prune(&mut value, "events", reads::<Event>);
    let (reference, room) = (value["ref"].as_u64(), value["room"].as_str().and_then(|room| RoomId::parse(room).ok()));
    let error = match serde_json::from_value::<ServerFrame>(value.clone()) {
        Ok(frame) => return plain(frame),
        Err(error) => ClientError::unexpected(error),
    };
    match (value["t"].as_str(), reference, room) {
        (Some("error"), reference, room) => Heard::Refusal { reference, room, error: refusal(&value) },
        (Some("event"), _, Some(room)) => match value["seq"].as_u64() {
            Some(seq) => Heard::Stranger { room, seq, prev: value["prev"].as_u64() },
            None => Heard::Frame(ServerFrame::Unknown),
        },
        (Some("ok"), Some(reference), _) => Heard::Unreadable { reference, error },
        _ => Heard::Frame(ServerFrame::Unknown),
    }
}

fn refusal(value: &Value) -> ClientError {
    ClientError::Refused {
        code: value["code"].as_str().unwrap_or("internal").to_owned(),
        message: value["message"].as_str().unwrap_or_default().to_owned(),
        retryable: value["retryable"].as_bool().unwrap_or(false),
        retry_after_ms: value["retry_after_ms"].as_u64(),
    }
}

/// Leaves out of a list what this version cannot read, such as rooms of a new type.
fn prune(value: &mut Value, list: &str, reads: impl Fn(&Value) -> bool) {
    if let Some(Value::Array(elements)) = value.get_mut(list) {
        elements.retain(reads);
    }
}

fn reads<T: DeserializeOwned>(value: &Value) -> bool {
    T::deserialize(value).is_ok()
}

/// `null` is an absent field.
fn json(tree: Tree<'_>) -> Value {
    match tree {
        Tree::Null | Tree::Bytes(_) => Value::Null,
        Tree::Bool(value) => value.into(),
        Tree::Integer(value) => value.into(),
        Tree::Number(value) => value.into(),
        Tree::Text(value) => value.into_owned().into(),
        Tree::Array(values) => values.into_iter().map(json).collect(),
        Tree::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (key.into_owned(), json(value)));
            fields.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::frame::RoomList;
    use serde_json::json;

    use super::*;

    fn hear(value: &Value) -> Vec<Heard> {
        let text = heard(Encoding::Json, &serde_json::to_vec(value).unwrap()).unwrap();
        assert_eq!(text, heard(Encoding::MessagePack, &rmp_serde::to_vec_named(value).unwrap()).unwrap());
        text
    }

    #[test]
    fn strangers_do_not_break_a_batch() {
        let event = |seq: u64, kind: &str| {
            json!({ "t": "event", "room": "r", "seq": seq, "prev": seq - 1, "ts": 1, "kind": kind, "remove": null,
                "id": "01890000-0000-7000-8000-000000000000", "from": { "id": "u", "name": "n", "type": "user" } })
        };
        let batch = json!([event(5, "message"), event(6, "poll"), { "t": "confetti" }, { "t": "pong", "more": 1 }]);
        let heard = hear(&batch);
        assert!(matches!(&heard[0], Heard::Frame(ServerFrame::Event(event)) if event.seq == 5));
        assert_eq!(heard[1], Heard::Stranger { room: RoomId::parse("r").unwrap(), seq: 6, prev: Some(5) });
        assert_eq!(heard[2..], [Heard::Frame(ServerFrame::Unknown), Heard::Frame(ServerFrame::Pong)]);
    }

    #[test]
    fn an_unknown_code_is_acted_on_by_retryable() {
        let frame =
            json!({ "t": "error", "ref": 3, "code": "slow_mode", "message": "m", "retryable": true, "retry_after_ms": 7 });
        let [Heard::Refusal { reference: Some(3), room: None, error }] = &hear(&frame)[..] else { panic!("a refusal") };
        assert!(error.is_retryable());
        assert_eq!(error.code(), Some("slow_mode"));
        assert_eq!(error.retry_after().map(|wait| wait.as_millis()), Some(7));
    }

    #[test]
    fn lists_lose_only_what_cannot_be_read() {
        let room = |kind: &str| json!({ "room": kind, "name": "n", "type": kind, "head": 1, "read": 1, "unread": 0, "mentions": 0, "members": 1 });
        let frame = json!({ "t": "ok", "ref": 9, "rooms": [room("public"), room("broadcast")], "more": false });
        let [Heard::Frame(ServerFrame::Ok(ok))] = &hear(&frame)[..] else { panic!("an ok") };
        let Some(RoomList::Own(rooms)) = &ok.rooms else { panic!("own rooms") };
        assert_eq!(rooms.len(), 1);
        let broken = json!({ "t": "ok", "ref": 9, "seq": "nine" });
        assert!(matches!(hear(&broken)[..], [Heard::Unreadable { reference: 9, .. }]), "who asked must be told");
    }

    #[test]
    fn what_does_not_decode_is_an_error() {
        for bytes in [&b"{"[..], b"\x81", b"", b"[1,2"] {
            for encoding in Encoding::ALL {
                assert!(heard(encoding, bytes).is_err(), "{bytes:?}");
            }
        }
    }
}
