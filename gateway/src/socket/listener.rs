//! The public port: accepts connections, speaks HTTP/1.1 on them, until the soft stop.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::hub::Tasks;

/// A request's headers must come within this.
const HEADERS: Duration = Duration::from_secs(10);
/// Headers of one request, in bytes.
const HEADER_BYTES: usize = 32 << 10;
/// After a failed accept: usually no file is left to open.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Tells the handlers who asks.
struct WithPeer {
    router: TowerToHyperService<Router>,
    peer: SocketAddr,
}

impl Service<Request<Incoming>> for WithPeer {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.router.call(request)
    }
}

/// Accepts until `tasks.stop`.
pub async fn serve(listener: TcpListener, router: Router, tasks: Tasks) {
    loop {
        let (stream, peer) = tokio::select! {
            () = tasks.stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection, is the limit of open files reached?");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                    continue;
                }
            },
        };
        // Small frames must leave at once; a connection that cannot be told so works still.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no delay cannot be set");
        }
        let service = WithPeer { router: TowerToHyperService::new(router.clone()), peer };
        let stop = tasks.stop.clone();
        tasks.tracker.spawn(async move {
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(HEADER_BYTES);
            let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
            tokio::select! {
                () = stop.cancelled() => {}
                served = connection => if let Err(error) = served {
                    tracing::trace!(%error, "http connection ended");
                },
            }
        });
    }
}
