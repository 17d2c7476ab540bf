#![doc = include_str!("../README.md")]

pub mod config;
pub mod health;
pub mod lifecycle;
mod memory;
mod metrics;
mod ops;
mod process;
pub mod telemetry;

pub use health::{Check, Health};
pub use lifecycle::Lifecycle;
pub use process::{Context, Running, run};
