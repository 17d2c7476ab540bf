//! What the person at the terminal is told once everything is ready.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::config::Durability;

/// The facts of the banner.
pub struct Banner<'a> {
    pub http: SocketAddr,
    pub ops: SocketAddr,
    pub data: &'a Path,
    pub durability: Durability,
    pub took: Duration,
}

impl std::fmt::Display for Banner<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let durability = match self.durability {
            Durability::Always => "always: what is acknowledged is flushed to the disk",
            Durability::Lazy => "LAZY: a power failure may lose acknowledged messages of the last minutes",
        };
        writeln!(out, "\n  chatmesh {} is ready after {:.1} s\n", env!("CARGO_PKG_VERSION"), self.took.as_secs_f64())?;
        writeln!(out, "  web client   http://{}", self.http)?;
        writeln!(out, "  API page     http://{}/docs", self.http)?;
        writeln!(out, "  operations   http://{}/readyz (also /healthz, /metrics)", self.ops)?;
        writeln!(out, "  durability   {durability}")?;
        writeln!(out, "  data folder  {}", self.data.display())?;
        writeln!(out, "\n  Ctrl-C drains and stops everything.\n")
    }
}
