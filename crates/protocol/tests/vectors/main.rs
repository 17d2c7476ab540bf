//! The vectors of `docs/vectors`, run against the words that server and Rust client are made of.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]

mod folding;
mod frames;
mod refused;

use protocol::decode::{Encoding, Value};
use serde_json::{Value as Json, json};

/// The limit that the vectors assume, the default.
const TEXT_BYTES: usize = 8_192;

/// The cases of a file, each with its name.
fn cases(file: &str) -> Vec<Json> {
    let path = format!("{}/../../docs/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let cases: Vec<Json> = serde_json::from_str(&text).unwrap();
    assert!(!cases.is_empty(), "{file} holds no case");
    cases
}

/// The encoding and the bytes of a case of `accepted` or `refused`.
fn given(case: &Json) -> (Encoding, Vec<u8>) {
    let encoding = match case["encoding"].as_str() {
        Some("json") => Encoding::Json,
        Some("msgpack") => Encoding::MessagePack,
        other => panic!("encoding {other:?}"),
    };
    let bytes = case["text"].as_str().map_or_else(|| hex::decode(case["hex"].as_str().unwrap()).unwrap(), |text| text.into());
    (encoding, bytes)
}

/// A decoded tree as the vectors write it.
fn plain(value: &Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Number(value) => json!(value),
        Value::Text(text) => json!(text),
        Value::Bytes(_) => panic!("bytes have no JSON"),
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(fields) => Json::Object(fields.iter().map(|(key, value)| (key.to_string(), plain(value))).collect()),
    }
}
