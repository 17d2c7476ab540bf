//! Requests between services, MessagePack over request-reply; every answer is a [`Reply`].

pub mod account;
pub mod archive;
pub mod directory;
pub mod notice;
pub mod roster;

use serde::{Deserialize, Serialize};

use crate::code::Refusal;

/// An answer of a micro-service.
pub type Reply<T> = Result<T, Refusal>;

/// A request: its subject, and what answers it.
pub trait Request: Serialize + for<'de> Deserialize<'de> {
    const SUBJECT: &'static str;
    type Answer: Serialize + for<'de> Deserialize<'de>;
}

macro_rules! request {
    ($request:ty => $answer:ty, $subject:literal) => {
        impl crate::rpc::Request for $request {
            const SUBJECT: &'static str = $subject;
            type Answer = $answer;
        }
    };
}
pub(crate) use request;

/// An answer that carries nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}
