//! The description of the API names what the API answers.

use http::{Method, StatusCode};
use serde_json::Value;

use crate::world::shared;

#[tokio::test]
async fn every_call_of_the_description_is_answered_and_every_reference_resolves() {
    let world = shared().await;
    let document = world.get("/v1/openapi.json", "").await.is(StatusCode::OK).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut calls = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = world.call(method, &path.replace(['{', '}'], ""), "", None).await;
            // Nobody is signed in: the call wants a token, or looks at the body, or makes a guest, or is for everybody.
            assert!([200, 201, 400, 401].contains(&answer.status), "{path}: {}", answer.status);
            assert!(call["responses"][answer.status.to_string()].is_object(), "{path} does not describe {}", answer.status);
            calls += 1;
        }
    }
    assert_eq!(calls, 26);
    check(&document, &document);
}

fn check(document: &Value, value: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let found = document.pointer(reference.trim_start_matches('#'));
                assert!(found.is_some(), "{reference} is nowhere");
            }
            fields.values().for_each(|value| check(document, value));
        }
        Value::Array(values) => values.iter().for_each(|value| check(document, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
