//! The persister as a process of its own; `persister replay` fills an emptied archive from the log.

fn main() -> std::process::ExitCode {
    chassis::run("persister", persister::run)
}
