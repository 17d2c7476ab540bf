//! Asking a micro-service.

use std::time::Duration;

use async_nats::RequestErrorKind;
use protocol::code::{Code, Refusal};
use protocol::rpc::{Reply, Request};

use crate::{Fabric, api};

const TIMEOUT: Duration = Duration::from_secs(5);

impl Fabric {
    /// Asks, and waits 5 s. Nobody there, or no answer in time: `unavailable`; what was asked for may have been done.
    pub async fn request<R: Request>(&self, request: &R) -> Result<R::Answer, Refusal> {
        self.request_within(request, TIMEOUT).await
    }

    /// The same with another time-out.
    pub async fn request_within<R: Request>(&self, request: &R, timeout: Duration) -> Result<R::Answer, Refusal> {
        let away = |_| Refusal::unavailable("the fabric is away; try again");
        api::connected(self.client()).map_err(away)?;
        let payload = rmp_serde::to_vec_named(request).map_err(|error| internal(R::SUBJECT, &error))?;
        let late = |_| Refusal::unavailable(format!("{} did not answer in time; try again", R::SUBJECT));
        let question = async_nats::Request::new().payload(payload.into()).timeout(None);
        let answer = tokio::time::timeout(timeout, self.client().send_request(R::SUBJECT, question)).await.map_err(late)?;
        let answer = answer.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => Refusal::unavailable(format!("nobody answers {} now; try again", R::SUBJECT)),
            RequestErrorKind::MaxPayloadExceeded => Refusal::new(Code::TooLarge, "the request is too large"),
            RequestErrorKind::TimedOut | RequestErrorKind::InvalidSubject | RequestErrorKind::Other => {
                Refusal::unavailable("the fabric is away; try again")
            }
        })?;
        rmp_serde::from_slice::<Reply<R::Answer>>(&answer.payload).map_err(|error| internal(R::SUBJECT, &error))?
    }
}

fn internal(subject: &str, error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(subject, %error, "services do not understand each other");
    Refusal::new(Code::Internal, "services do not understand each other")
}
