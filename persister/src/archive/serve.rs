//! The micro-service `archive`: each request to its handler, on bounded concurrency.

use fabric::{Fabric, FabricError, Service};
use protocol::rpc::archive::{GetEntries, GetEvents, GetHistory, GetPositions, GetSent, GetUnread, Wait};

use super::Archive;

/// Requests of one kind that read at once; the pool of connections bounds them together.
const READING: usize = 32;
/// Requests that wait for a position: they hold no connection meanwhile.
const WAITING: usize = 1_024;

/// Begins to answer `archive.*`.
pub async fn serve(fabric: &Fabric, archive: Archive) -> Result<Service, FabricError> {
    let service = Service::new(fabric, "archive", env!("CARGO_PKG_VERSION"), "history, events and counts").await?;
    macro_rules! answer {
        ($method:ident ( $request:ty ), $concurrent:expr) => {{
            let archive = archive.clone();
            service
                .endpoint::<$request, _, _>($concurrent, move |request| {
                    let archive = archive.clone();
                    async move { Ok(archive.$method(request).await?) }
                })
                .await?;
        }};
    }
    answer!(history(GetHistory), READING);
    answer!(events(GetEvents), READING);
    answer!(entries(GetEntries), READING);
    answer!(unread(GetUnread), READING);
    answer!(positions(GetPositions), READING);
    answer!(sent(GetSent), WAITING);
    answer!(wait(Wait), WAITING);
    Ok(service)
}
