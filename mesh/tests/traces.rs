//! One trace follows a message from its send over the log to every gateway's fan-out and into the archive.

use std::time::Duration;

use chatmesh_client::{Api, Client, ClientOptions, NewChange};
use http::Method;
use serde_json::json;
use testkit::{Collector, Mesh, Span, eventually_for};

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn one_trace_runs_from_the_send_to_the_archive() {
    let collector = Collector::start().await;
    let mesh = Mesh::start(&[("CHATMESH__TELEMETRY__OTLP_ENDPOINT", collector.endpoint())]).await;
    let api = Api::new(&mesh.url());
    let login = api.guest("tracer").await.unwrap();
    let body = json!({ "name": "traced", "type": "public" });
    let room = api.call(Method::POST, "/rooms", Some(&login.access_token), Some(body)).await.unwrap();
    let room = protocol::id::RoomId::parse(room["room"].as_str().unwrap()).unwrap();
    let (client, mut updates) = Client::start(api, login, ClientOptions::default());
    tokio::spawn(async move { while updates.recv().await.is_some() {} });
    client.change(NewChange::message(&room, "hello")).await.unwrap();

    let spans = eventually_for(LONG, "every part of the trace", async || {
        let spans = collector.spans();
        let send = spans.iter().find(|span| span.name == "gateway.send")?;
        let of_trace: Vec<Span> = spans.iter().filter(|span| span.trace == send.trace).cloned().collect();
        let names = ["gateway.send", "fabric.publish", "gateway.fanout", "persister.store"];
        names.iter().all(|name| of_trace.iter().any(|span| span.name == *name)).then_some(of_trace)
    })
    .await;
    let span = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    for child in ["fabric.publish", "gateway.fanout", "persister.store"] {
        assert_eq!(span(child).parent, span("gateway.send").id, "{child} continues the sender's span");
    }
    assert_eq!(span("gateway.send").parent, "", "the send is the trace's beginning");
}
