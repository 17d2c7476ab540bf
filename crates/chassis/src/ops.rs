//! The operations port: `/healthz`, `/readyz`, `/metrics`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;

use crate::{Context, metrics::Metrics};

struct Ops {
    context: Context,
    metrics: Metrics,
}

/// Binds the operations port; a taken one is said in one sentence.
pub(crate) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(listen).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("the operations port {listen} is taken; end what uses it or set CHATMESH__OPS__LISTEN to another address")
        }
        Err(error) => {
            Err(error).with_context(|| format!("the operations port {listen} cannot be opened; set CHATMESH__OPS__LISTEN"))
        }
    }
}

/// Serves until the process ends: readiness must be answered while the services drain.
pub(crate) async fn serve(listener: TcpListener, context: Context, metrics: Metrics) {
    let hard = context.lifecycle.hard().clone();
    let router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(render))
        .with_state(Arc::new(Ops { context, metrics }));
    let served = axum::serve(listener, router).with_graceful_shutdown(hard.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "operations port ended");
    }
}

async fn ready(State(ops): State<Arc<Ops>>) -> Response {
    let report = ops.context.readiness();
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn render(State(ops): State<Arc<Ops>>) -> Response {
    match ops.metrics.render() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
