#![doc = include_str!("../README.md")]

pub mod config;
pub mod health;
pub mod lifecycle;
mod metrics;
mod ops;
mod process;
pub mod telemetry;

/// A quarter of a sending gateway's time went into glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use health::{Check, Health};
pub use lifecycle::Lifecycle;
pub use process::{Context, Running, run};
