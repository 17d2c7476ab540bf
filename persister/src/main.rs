//! The persister as a process of its own; `persister replay` fills an emptied archive from the log, `persister audit` compares them.

use std::process::ExitCode;

/// As every process ends that was asked for something it does not know.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => chassis::run("persister", persister::run),
        Some("replay") => chassis::run("persister", persister::replay),
        Some("audit") => chassis::run("persister", persister::audit),
        Some(_) => {
            eprintln!("usage: persister [replay | audit]");
            ExitCode::from(USAGE)
        }
    }
}
