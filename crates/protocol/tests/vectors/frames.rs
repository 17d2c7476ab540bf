//! Frames of both sides: both encodings hold the same value, and what the server says is exactly the bytes given.

use protocol::decode::Encoding;
use protocol::frame::{ClientFrame, ServerFrame, WireLimits, frames};
use serde_json::Value as Json;

use crate::{TEXT_BYTES, cases, given, plain};

fn parsed(encoding: Encoding, bytes: &[u8]) -> Vec<ClientFrame> {
    let value = encoding.decode(bytes).unwrap();
    frames(&value, WireLimits { text_bytes: TEXT_BYTES }).into_iter().collect::<Result<_, _>>().unwrap()
}

fn bytes(case: &Json) -> [(Encoding, Vec<u8>); 2] {
    let packed = hex::decode(case["msgpack"].as_str().unwrap()).unwrap();
    [(Encoding::Json, case["json"].as_str().unwrap().into()), (Encoding::MessagePack, packed)]
}

#[test]
fn client_frames_are_the_same_in_both_encodings() {
    for case in cases("client-frames") {
        let [(json, text), (pack, packed)] = bytes(&case);
        assert_eq!(plain(&json.decode(&text).unwrap()), case["value"], "{}", case["name"]);
        assert_eq!(plain(&pack.decode(&packed).unwrap()), case["value"], "{}", case["name"]);
        assert_eq!(parsed(json, &text), parsed(pack, &packed), "{}", case["name"]);
    }
}

#[test]
fn other_bytes_of_the_same_meaning_are_taken() {
    for case in cases("accepted") {
        let (encoding, bytes) = given(&case);
        let canonical = serde_json::to_vec(&case["frames"]).unwrap();
        assert_eq!(parsed(encoding, &bytes), parsed(Encoding::Json, &canonical), "{}", case["name"]);
    }
}

/// What the server does not say yet, or a later one may; this one's words have no type for it.
const LATER: [&str; 2] = ["delta", "signal"];

#[test]
fn server_frames_are_exactly_these_bytes() {
    for case in cases("server-frames") {
        let later = case["value"]["t"].as_str().is_some_and(|t| LATER.contains(&t));
        for (encoding, bytes) in bytes(&case) {
            let name = format!("{} as {encoding:?}", case["name"]);
            assert_eq!(read::<Json>(encoding, &bytes), case["value"], "{name}");
            if case["value"].is_array() {
                let said: Vec<ServerFrame> = read(encoding, &bytes);
                assert_eq!(encoding.encode(&said), bytes, "{name}");
                continue;
            }
            let said: ServerFrame = read(encoding, &bytes);
            assert_eq!(said == ServerFrame::Unknown, later, "{name}");
            if !later {
                assert_eq!(encoding.encode(&said), bytes, "{name}");
            }
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(encoding: Encoding, bytes: &[u8]) -> T {
    match encoding {
        Encoding::Json => serde_json::from_slice(bytes).unwrap(),
        Encoding::MessagePack => rmp_serde::from_slice(bytes).unwrap(),
    }
}
