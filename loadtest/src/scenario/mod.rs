//! What is measured, one scenario a module; each is bounded in time and runs against any address.

pub mod churn;
pub mod connect;
pub mod fanout;
pub mod history;
pub mod hotroom;
pub mod latency;
pub mod mixed;
pub mod send;
pub mod session;
pub mod storm;
pub mod welcome;

mod operations;
mod process;
mod receiver;
mod worker;
