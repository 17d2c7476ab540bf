//! Asking a micro-service.

use std::time::Duration;

use async_nats::RequestErrorKind;
use protocol::code::{Code, Refusal};
use protocol::rpc::{Reply, Request};

use crate::Fabric;

const TIMEOUT: Duration = Duration::from_secs(5);

impl Fabric {
    /// Asks, and waits 5 s. Nobody there, or no answer in time: `unavailable`; what was asked for may have been done.
    pub async fn request<R: Request>(&self, request: &R) -> Result<R::Answer, Refusal> {
        self.request_within(request, TIMEOUT).await
    }

    /// The same with another time-out.
    pub async fn request_within<R: Request>(&self, request: &R, timeout: Duration) -> Result<R::Answer, Refusal> {
        // async-nats would keep it until the connection is back, when nobody waits for it any more.
        if !*self.connection().connected.borrow() {
            return Err(Refusal::unavailable("the fabric is away; try again"));
        }
        let payload = rmp_serde::to_vec_named(request).map_err(|error| internal(R::SUBJECT, &error))?;
        let question = async_nats::Request::new().payload(payload.into()).timeout(Some(timeout));
        let answer = self.client().send_request(R::SUBJECT, question).await.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => Refusal::unavailable(format!("nobody answers {} now; try again", R::SUBJECT)),
            RequestErrorKind::TimedOut => Refusal::unavailable(format!("{} did not answer in time; try again", R::SUBJECT)),
            RequestErrorKind::MaxPayloadExceeded => Refusal::new(Code::TooLarge, "the request is too large"),
            RequestErrorKind::InvalidSubject | RequestErrorKind::Other => Refusal::unavailable("the fabric is away; try again"),
        })?;
        rmp_serde::from_slice::<Reply<R::Answer>>(&answer.payload).map_err(|error| internal(R::SUBJECT, &error))?
    }
}

fn internal(subject: &str, error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(subject, %error, "services do not understand each other");
    Refusal::new(Code::Internal, "services do not understand each other")
}
