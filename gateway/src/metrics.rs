//! Figures of the message path, on `/metrics` of the operations port.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use protocol::close::Close;
use protocol::code::Refusal;

use crate::core::Core;

/// Instruments that are written where things happen.
pub struct Metrics {
    sends: Counter<u64>,
    send_seconds: Histogram<f64>,
    closes: Counter<u64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let meter = global::meter("gateway");
        Self {
            sends: meter.u64_counter("chatmesh_gateway_sends").with_description("Changes by their result").build(),
            send_seconds: meter
                .f64_histogram("chatmesh_gateway_send_duration")
                .with_unit("s")
                .with_boundaries(vec![0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0])
                .with_description("From a change's turn in its lane to its answer")
                .build(),
            closes: meter
                .u64_counter("chatmesh_gateway_closes")
                .with_description("Sockets closed by the server, by reason")
                .build(),
        }
    }
}

impl Metrics {
    /// A change was answered.
    pub fn sent<T>(&self, result: &Result<T, Refusal>, took: Duration) {
        let result = result.as_ref().map_or_else(|refusal| refusal.code.as_str(), |_| "ok");
        self.sends.add(1, &[KeyValue::new("result", result)]);
        self.send_seconds.record(took.as_secs_f64(), &[]);
    }

    /// The server closes a socket.
    pub fn closed(&self, close: Close) {
        self.closes.add(1, &[KeyValue::new("reason", close.reason())]);
    }
}

/// Figures that are read when somebody asks for them.
pub fn observe(core: &Arc<Core>) {
    let meter = global::meter("gateway");
    let weak = Arc::downgrade(core);
    let sockets = weak.clone();
    meter
        .u64_observable_gauge("chatmesh_gateway_sockets")
        .with_description("Open sockets")
        .with_callback(move |gauge| {
            if let Some(core) = sockets.upgrade() {
                gauge.observe(core.sockets(), &[]);
            }
        })
        .build();
    let fabric = core.fabric.clone();
    meter
        .u64_observable_counter("chatmesh_gateway_fabric_messages")
        .with_description("Messages on the fabric but for those that are stored, by direction")
        .with_callback(move |counter| {
            let (came, went) = fabric.traffic();
            counter.observe(came, &[KeyValue::new("direction", "in")]);
            counter.observe(went, &[KeyValue::new("direction", "out")]);
        })
        .build();
    let heard = weak.clone();
    meter
        .u64_observable_counter("chatmesh_gateway_events_heard")
        .with_description("Events heard from the fabric")
        .with_callback(move |counter| {
            if let Some(core) = heard.upgrade() {
                counter.observe(core.hub.heard(), &[]);
            }
        })
        .build();
    meter
        .u64_observable_counter("chatmesh_gateway_deliveries")
        .with_description("Events queued for sockets")
        .with_callback(move |counter| {
            if let Some(core) = weak.upgrade() {
                counter.observe(core.hub.delivered(), &[]);
            }
        })
        .build();
}
