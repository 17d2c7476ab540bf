//! Bytes of the server as frames: one object, or an array of objects.

use protocol::decode::Encoding;
use protocol::frame::ServerFrame;
use serde::de::DeserializeOwned;

use crate::ClientError;

/// The frames of one WebSocket frame, in order.
pub fn frames(encoding: Encoding, bytes: &[u8]) -> Result<Vec<ServerFrame>, ClientError> {
    if is_array(encoding, bytes) { read(encoding, bytes) } else { Ok(vec![read(encoding, bytes)?]) }
}

/// Told by the first byte, so that nothing is decoded twice.
fn is_array(encoding: Encoding, bytes: &[u8]) -> bool {
    match encoding {
        Encoding::MessagePack => matches!(bytes.first(), Some(0x90..=0x9f | 0xdc | 0xdd)),
        Encoding::Json => bytes.trim_ascii_start().first() == Some(&b'['),
    }
}

fn read<T: DeserializeOwned>(encoding: Encoding, bytes: &[u8]) -> Result<T, ClientError> {
    let unexpected = |error: &dyn std::fmt::Display| ClientError::Unexpected(error.to_string());
    match encoding {
        Encoding::MessagePack => rmp_serde::from_slice(bytes).map_err(|error| unexpected(&error)),
        Encoding::Json => serde_json::from_slice(bytes).map_err(|error| unexpected(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_server_frames_are_read_in_both_encodings() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/vectors/server-frames.json");
        let cases: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert!(!cases.is_empty());
        for case in cases {
            let packed = hex::decode(case["msgpack"].as_str().unwrap()).unwrap();
            let said = frames(Encoding::MessagePack, &packed).unwrap();
            assert_eq!(said, frames(Encoding::Json, case["json"].as_str().unwrap().as_bytes()).unwrap(), "{}", case["name"]);
            let values = case["value"].as_array().cloned().unwrap_or_else(|| vec![case["value"].clone()]);
            assert_eq!(said.len(), values.len(), "{}", case["name"]);
            for (frame, value) in said.iter().zip(values) {
                let known = *frame != ServerFrame::Unknown;
                assert!(!known || serde_json::json!(frame) == value, "{}", case["name"]);
            }
        }
    }
}
