//! Whatever bytes come: the decoder gives a value or a fault, never a panic, and both encodings mean the same.

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::decode::Encoding;
use protocol::frame::{WireLimits, frames};
use serde_json::{Value, json};

const LIMITS: WireLimits = WireLimits { text_bytes: 64 };

/// Decodes and parses; what comes of it is checked for nothing but that it comes.
fn swallow(encoding: Encoding, bytes: &[u8]) -> bool {
    encoding.decode(bytes).map(|value| frames(&value, LIMITS).len()).is_ok()
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_u64..10).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop_oneof!["send", "edit", "react", "attach", "history", "read", "hello", "refresh", "ping", "r1"].prop_map(Value::from),
        Just(json!("01976d3a-0000-7000-8000-000000000000")),
    ]
}

/// Anything, with the names that frames use.
fn tree() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        3 => prop::sample::select(vec!["t", "ref", "room", "id", "body", "text", "target", "emoji", "after", "limit", "seq", "token", "client", "resume"]),
        1 => Just("x"),
    ];
    leaf().prop_recursive(5, 40, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((name.clone().prop_map(str::to_owned), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..256)) {
        for encoding in Encoding::ALL {
            swallow(encoding, &bytes);
        }
    }

    #[test]
    fn damaged_frames_do_no_harm(value in tree(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        for encoding in Encoding::ALL {
            let mut bytes = encoding.encode(&value);
            prop_assert!(swallow(encoding, &bytes), "a well-formed frame decodes: {value}");
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] = byte;
            }
            swallow(encoding, &bytes);
        }
    }

    #[test]
    fn both_encodings_mean_the_same(value in tree()) {
        let [packed, text] = Encoding::ALL.map(|encoding| {
            let bytes = encoding.encode(&value);
            let decoded = encoding.decode(&bytes).unwrap();
            frames(&decoded, LIMITS)
        });
        prop_assert_eq!(packed, text);
    }
}
