//! The tool as a person runs it, against a real mesh.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod replay;
mod run;
mod scenarios;
