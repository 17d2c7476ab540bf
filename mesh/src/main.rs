//! The `mesh` program.

use std::process::ExitCode;

use clap::Parser;

/// Everything of chatmesh in one process.
#[derive(Parser)]
#[command(version)]
struct Arguments {}

fn main() -> ExitCode {
    Arguments::parse();
    chassis::run("mesh", mesh::run::run)
}
