//! Answering requests as a NATS micro-service: listed by `nats micro ls`, balanced over replicas by the queue group.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::service::ServiceExt as _;
use async_nats::service::endpoint::Endpoint;
use futures_util::{FutureExt as _, StreamExt as _};
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use protocol::code::{Code, Refusal};
use protocol::rpc::{Reply, Request};
use serde::Serialize;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::error::FabricError;
use crate::{Fabric, api};

/// A request that waits longer for its turn is refused: who asked goes on soon.
const ADMISSION: Duration = Duration::from_secs(2);
/// Requests that wait for their turn, for each that runs; more are refused at once.
const WAITING: usize = 32;
/// Places of one endpoint, whatever its concurrency.
const MOST: usize = 8_192;
/// What runs at the end gets this long to finish.
const GRACE: Duration = Duration::from_secs(5);

/// One service with its endpoints.
#[derive(Debug)]
pub struct Service {
    service: async_nats::service::Service,
    client: Client,
    endpoints: Mutex<JoinSet<()>>,
    /// On `/metrics`: requests by subject.
    asked: Counter<u64>,
}

impl Service {
    /// `name`: `A-Z a-z 0-9 _ -`; `version`: as in SemVer.
    pub async fn new(fabric: &Fabric, name: &str, version: &str, description: &str) -> Result<Service, FabricError> {
        let builder = fabric.client().service_builder().description(description);
        let service = builder.start(name, version).await.map_err(FabricError::unavailable)?;
        let meter = global::meter("fabric");
        let asked = meter.u64_counter("chatmesh_service_requests").with_description("Requests that came, by subject").build();
        Ok(Service { service, client: fabric.client().clone(), endpoints: Mutex::default(), asked })
    }

    /// Answers `R` with up to `concurrency` requests at a time; more wait for a short while and are then refused.
    pub async fn endpoint<R, F, Fut>(&self, concurrency: usize, handler: F) -> Result<(), FabricError>
    where
        R: Request + Send + 'static,
        R::Answer: Send,
        F: Fn(R) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Reply<R::Answer>> + Send + 'static,
    {
        let endpoint = self.service.endpoint_builder().name(R::SUBJECT.replace('.', "-"));
        let requests = endpoint.add(R::SUBJECT).await.map_err(FabricError::unavailable)?;
        api::settle(&self.client).await?;
        self.endpoints.lock().await.spawn(serve(requests, concurrency, Arc::new(handler), self.asked.clone()));
        Ok(())
    }

    /// Takes no further requests and answers those that it has.
    pub async fn stop(self) {
        if let Err(error) = self.service.stop().await {
            tracing::warn!(%error, "service cannot be signed off");
        }
        let mut endpoints = self.endpoints.into_inner();
        let all = async { while endpoints.join_next().await.is_some() {} };
        if timeout(GRACE, all).await.is_err() {
            tracing::warn!("requests are still being answered at the end");
        }
    }
}

async fn serve<R, F, Fut>(mut requests: Endpoint, concurrency: usize, handler: Arc<F>, asked: Counter<u64>)
where
    R: Request + Send + 'static,
    R::Answer: Send,
    F: Fn(R) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Reply<R::Answer>> + Send + 'static,
{
    let capacity = concurrency.saturating_mul(WAITING).clamp(1, MOST);
    let (places, permits) = (Arc::new(Semaphore::new(capacity)), Arc::new(Semaphore::new(concurrency)));
    let subject = [KeyValue::new("subject", R::SUBJECT)];
    while let Some(request) = requests.next().await {
        asked.add(1, &subject);
        let Ok(place) = places.clone().try_acquire_owned() else {
            respond::<R::Answer>(&request, Err(Refusal::unavailable("overloaded; try again"))).await;
            continue;
        };
        let (handler, permits) = (handler.clone(), permits.clone());
        tokio::spawn(async move {
            let reply = match timeout(ADMISSION, permits.acquire()).await {
                Ok(_permit) => answer(&*handler, &request.message.payload).await,
                Err(_) => Err(Refusal::unavailable("overloaded; try again")),
            };
            respond(&request, reply).await;
            drop(place);
        });
    }
    // Those that run still answer; the end waits for them.
    drop(places.acquire_many(u32::try_from(capacity).unwrap_or(u32::MAX)).await);
}

async fn answer<R, F, Fut>(handler: &F, payload: &[u8]) -> Reply<R::Answer>
where
    R: Request,
    F: Fn(R) -> Fut,
    Fut: Future<Output = Reply<R::Answer>>,
{
    let question =
        rmp_serde::from_slice(payload).map_err(|error| Refusal::bad_request(format!("the request cannot be read: {error}")))?;
    // A panic of one request is its own: who asked gets an answer.
    let reply = AssertUnwindSafe(async { handler(question).await }).catch_unwind().await;
    reply.unwrap_or_else(|_| Err(Refusal::new(Code::Internal, "internal error")))
}

async fn respond<T: Serialize>(request: &async_nats::service::Request, reply: Reply<T>) {
    let payload = match rmp_serde::to_vec_named(&reply) {
        Ok(payload) => payload,
        Err(error) => {
            tracing::error!(subject = %request.message.subject, %error, "answer cannot be written");
            return;
        }
    };
    if let Err(error) = request.respond(Ok(payload.into())).await {
        tracing::debug!(subject = %request.message.subject, %error, "answer cannot be sent");
    }
}
