//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use loadtest::report::{Output, Report};
use loadtest::{replay, scenario};

/// Tens of thousands of sockets come and go: the system's own allocator would be what is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Load on a running chatmesh, and recorded chat replayed through it. Figures are printed on stdout as one line of JSON, and for
/// people on stderr. The exit code is 0 when all was as it must be, 1 when something was lost, doubled, reordered or too slow, and
/// 2 when it could not be tried.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: Output,
}

#[derive(Subcommand)]
enum Command {
    /// Send recorded chat through real sockets, and verify that every line is in its room's history, once and in order.
    Replay(replay::Options),
    /// Memory of joined, authenticated, idle sockets.
    Connect(scenario::connect::Options),
    /// Sockets that come and go, and how far behind others see it.
    Churn(scenario::churn::Options),
    /// All sockets of a gateway that dies resume at another.
    Storm(scenario::storm::Options),
    /// From connecting to `welcome` of a user with many rooms.
    Welcome(scenario::welcome::Options),
    /// From publishing to both sockets of a small room.
    Latency(scenario::latency::Options),
    /// Deliveries for each CPU-second of the gateway, beside a bare loop that sends one frame a call.
    Fanout(scenario::fanout::Options),
    /// One room with many viewers.
    Hotroom(scenario::hotroom::Options),
    /// Acknowledged sends a second.
    Send(scenario::send::Options),
    /// Users who arrive, send a number of messages, and leave.
    Session(scenario::session::Options),
    /// What people do all day, shaped from recorded chat.
    Mixed(scenario::mixed::Options),
    /// Pages of history over HTTP.
    History(scenario::history::Options),
    /// A process of `connect`: holds sockets until its stdin ends.
    #[command(hide = true)]
    HoldSockets(scenario::connect::hold::Options),
    /// A process of `connect`: the bare loop.
    #[command(hide = true)]
    BareSockets(scenario::connect::bare::Options),
    /// A process of `hotroom`: holds viewers until its stdin ends.
    #[command(hide = true)]
    ViewRoom(scenario::hotroom::viewers::Options),
    /// A process of `fanout`: the bare loop.
    #[command(hide = true)]
    BareLoop(scenario::fanout::bare::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    // Sockets are files; what the system allows is used.
    let _limit = rlimit::increase_nofile_limit(u64::MAX);
    let Arguments { command, output } = Arguments::parse();
    let ended = match Box::pin(run(command)).await {
        Ok(Some(report)) => report.end(&output),
        Ok(None) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("loadtest: {error:#}");
        ExitCode::from(2)
    })
}

/// None: a process of another run, which has told it what it found.
async fn run(command: Command) -> anyhow::Result<Option<Report>> {
    let report = match command {
        Command::Replay(options) => Box::pin(replay::run(options)).await?,
        Command::Connect(options) => Box::pin(scenario::connect::run(options)).await?,
        Command::Welcome(options) => Box::pin(scenario::welcome::run(options)).await?,
        Command::Churn(options) => Box::pin(scenario::churn::run(options)).await?,
        Command::Storm(options) => Box::pin(scenario::storm::run(options)).await?,
        Command::Latency(options) => Box::pin(scenario::latency::run(options)).await?,
        Command::Fanout(options) => Box::pin(scenario::fanout::run(options)).await?,
        Command::Send(options) => Box::pin(scenario::send::run(options)).await?,
        Command::Hotroom(options) => Box::pin(scenario::hotroom::run(options)).await?,
        Command::Session(options) => Box::pin(scenario::session::run(options)).await?,
        Command::Mixed(options) => Box::pin(scenario::mixed::run(options)).await?,
        Command::History(options) => Box::pin(scenario::history::run(options)).await?,
        Command::HoldSockets(options) => return Box::pin(scenario::connect::hold::run(options)).await.map(|()| None),
        Command::BareSockets(options) => return scenario::connect::bare::run(&options).map(|()| None),
        Command::ViewRoom(options) => return Box::pin(scenario::hotroom::viewers::run(options)).await.map(|()| None),
        Command::BareLoop(options) => return scenario::fanout::bare::run(&options).map(|()| None),
    };
    Ok(Some(report))
}
