//! The `mesh` program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Everything of chatmesh in one process. Without a command it runs until Ctrl-C.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Site administrators.
    #[command(subcommand)]
    Admin(Admin),
}

#[derive(Subcommand)]
enum Admin {
    /// Makes a site administrator while the mesh runs; of an existing account it changes role and password.
    /// The password is asked on the terminal, or read from stdin or CHATMESH_ADMIN_PASSWORD.
    Create {
        /// The name to log in with.
        #[arg(long)]
        name: String,
    },
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        None => chassis::run("mesh", mesh::run::run),
        Some(Command::Admin(Admin::Create { name })) => mesh::admin::create(&name),
    }
}
