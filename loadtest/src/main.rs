//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use loadtest::{replay, scenario};

/// Load on a running chatmesh, and recorded chat replayed through it. Figures are printed on stdout as one line of JSON, and for
/// people on stderr. The exit code is 0 when all was as it must be, 1 when something was lost, doubled, reordered or too slow, and
/// 2 when it could not be tried.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Send recorded chat through real sockets, and verify that every line is in its room's history, once and in order.
    Replay(replay::Options),
    /// Memory of joined, authenticated, idle sockets.
    Connect(scenario::connect::Options),
    /// Sockets that come and go, and how far behind others see it.
    Churn(scenario::churn::Options),
    /// From publishing to both sockets of a small room.
    Latency(scenario::latency::Options),
    /// Deliveries for each CPU-second of the gateway, beside a bare loop that sends one frame a call.
    Fanout(scenario::fanout::Options),
    /// Acknowledged sends a second.
    Send(scenario::send::Options),
    /// Pages of history over HTTP.
    History(scenario::history::Options),
    /// A process of `connect`: holds sockets until its stdin ends.
    #[command(hide = true)]
    HoldSockets(scenario::connect::hold::Options),
    /// A process of `fanout`: the bare loop.
    #[command(hide = true)]
    BareLoop(scenario::fanout::bare::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    // Sockets are files; what the system allows is used.
    let _limit = rlimit::increase_nofile_limit(u64::MAX);
    let outcome = match Arguments::parse().command {
        Command::Replay(options) => Box::pin(replay::run(options)).await,
        Command::Connect(options) => Box::pin(scenario::connect::run(options)).await,
        Command::Churn(options) => Box::pin(scenario::churn::run(options)).await,
        Command::Latency(options) => Box::pin(scenario::latency::run(options)).await,
        Command::Fanout(options) => Box::pin(scenario::fanout::run(options)).await,
        Command::Send(options) => Box::pin(scenario::send::run(options)).await,
        Command::History(options) => Box::pin(scenario::history::run(options)).await,
        Command::HoldSockets(options) => Box::pin(scenario::connect::hold::run(options)).await,
        Command::BareLoop(options) => scenario::fanout::bare::run(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("loadtest: {error:#}");
            ExitCode::from(2)
        }
    }
}
