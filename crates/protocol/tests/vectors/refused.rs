//! Bytes that are refused: what does not decode, and what decodes and is wrong.

use protocol::frame::{ClientFrame, WireLimits, frames};
use serde_json::{Value as Json, json};

use crate::{TEXT_BYTES, cases, given};

#[test]
fn refused_bytes_are_refused_as_told() {
    for case in cases("refused") {
        let (encoding, bytes) = given(&case);
        let name = format!("{} as {encoding:?}", case["name"]);
        match encoding.decode(&bytes) {
            Err(fault) => assert_eq!(case["code"], "bad_frame", "{name}: {fault}"),
            Ok(value) => {
                let limits = WireLimits { text_bytes: TEXT_BYTES };
                let answers: Vec<Json> = frames(&value, limits).into_iter().map(answer).collect();
                assert_eq!(case["answers"], json!(answers), "{name}");
            }
        }
    }
}

/// The error as the vectors write it; good elements in between are pings.
fn answer(parsed: Result<ClientFrame, protocol::frame::Refused>) -> Json {
    match parsed {
        Ok(frame) => {
            assert_eq!(frame, ClientFrame::Ping);
            json!({ "t": "pong" })
        }
        Err(refused) => {
            let mut answer = json!({ "code": refused.refusal.code });
            if let Some(reference) = refused.reference {
                answer["ref"] = json!(reference);
            }
            if let Some(room) = refused.room {
                answer["room"] = json!(room);
            }
            answer
        }
    }
}
