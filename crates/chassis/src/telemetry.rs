//! Logs and traces: `tracing` to stderr, and to an OTLP collector when one is configured.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::config::{LogConfig, LogFormat, TelemetryConfig};

/// Libraries that tell at `info` what our own crates tell better; directives of the configuration go before.
const QUIET: &str = "opentelemetry=warn,opentelemetry_sdk=warn,refinery_core=warn,tokio_postgres=warn,async_nats=off";
const TRACEPARENT: &str = "traceparent";

/// What must be flushed before the process ends.
pub(crate) struct Telemetry {
    tracer: Option<SdkTracerProvider>,
}

/// Starts logs and traces for the whole process.
pub(crate) fn install(service: &'static str, log: &LogConfig, config: &TelemetryConfig) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", log.level))
        .with_context(|| format!("`{}` is no log level (CHATMESH__LOG__LEVEL)", log.level))?;
    let lines = match log.format {
        LogFormat::Pretty => {
            fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).compact().boxed()
        }
        LogFormat::Json => fmt::layer().with_writer(std::io::stderr).json().flatten_event(true).boxed(),
    };
    let tracer = config.otlp_endpoint.as_deref().map(|endpoint| provider(service, endpoint, config.sample_ratio)).transpose()?;
    // Spans are for the collector: without one they cost nothing. The hint keeps what no level wants from being asked about.
    let most = filter.max_level_hint().unwrap_or(LevelFilter::TRACE);
    let events = filter_fn(|metadata| metadata.is_event()).with_max_level_hint(most);
    let lines = lines.with_filter(filter.and(events));
    // A layer that may be absent would keep all spans alive.
    match &tracer {
        Some(provider) => {
            let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer(service)).with_filter(spans_only());
            tracing_subscriber::registry().with(lines).with(traces).try_init()
        }
        None => tracing_subscriber::registry().with(lines).try_init(),
    }
    .context("logs were started twice")?;
    Ok(Telemetry { tracer })
}

/// Our own spans at `info` and above go to the collector, whatever the log level; not those of the HTTP client that carries them.
fn spans_only() -> EnvFilter {
    EnvFilter::new("info,hyper=off,h2=off,reqwest=off,opentelemetry=off,opentelemetry_sdk=off")
}

fn provider(service: &'static str, endpoint: &str, sample_ratio: f64) -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .with_context(|| format!("`{endpoint}` is no OTLP endpoint (CHATMESH__TELEMETRY__OTLP_ENDPOINT)"))?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample_ratio))))
        .with_resource(Resource::builder().with_service_name(service).build())
        .build())
}

impl Telemetry {
    /// Sends what is still queued. The exporter blocks, so it runs beside the runtime.
    pub(crate) async fn flush(self) {
        let Some(tracer) = self.tracer else { return };
        match tokio::task::spawn_blocking(move || tracer.shutdown()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last traces were not sent"),
            Err(error) => tracing::warn!(%error, "the last traces were not sent"),
        }
    }
}

/// The current span as a W3C `traceparent` header; none when traces are off.
pub fn traceparent() -> Option<String> {
    let span = Span::current();
    if span.is_none() {
        return None;
    }
    let mut headers = std::collections::HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut headers);
    headers.remove(TRACEPARENT)
}

/// The current trace's id, 32 hexadecimal digits; none when traces are off.
pub fn trace_id() -> Option<String> {
    let span = Span::current();
    if span.is_none() {
        return None;
    }
    let context = span.context().span().span_context().clone();
    context.is_valid().then(|| context.trace_id().to_string())
}

/// Makes the sender's span the parent of `span`. An ill-formed header, or traces that are off, change nothing.
pub fn set_parent(span: &Span, traceparent: &str) {
    if span.is_none() {
        return;
    }
    let headers = std::collections::HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&headers);
    if context.span().span_context().is_valid() && span.set_parent(context).is_err() {
        // Without the layer there is no trace to belong to.
        tracing::trace!("span has no trace");
    }
}
