//! What is measured, one scenario a module; each is bounded in time and runs against any address.

pub mod churn;
pub mod connect;
pub mod fanout;
pub mod history;
pub mod latency;
pub mod send;

mod process;
mod receiver;
