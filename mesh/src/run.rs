//! The life of a mesh: servers, then services, then the end in the opposite order.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::bail;
use chassis::{Check, Context, Health};
use tokio::time::timeout;

use crate::banner::Banner;
use crate::config::Config;
use crate::folder::Folder;
use crate::servers::Servers;
use crate::service::Service;

const LOOK: Duration = Duration::from_millis(10);
/// The gateway is started when the persister answers, or after this.
const HEAD_START: Duration = Duration::from_secs(5);
/// After this the person at the terminal is told what is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs until the soft stop, or until a service ends by itself.
pub fn run(context: Context, config: Config) -> chassis::Running {
    Box::pin(live(context, config))
}

async fn live(context: Context, config: Config) -> anyhow::Result<()> {
    let started = Instant::now();
    context.health.fact("durability", config.nats.durability.word());
    // Failing until the services have made theirs, so that no early check makes the mesh look ready.
    let services_check = context.health.check("services");
    refuse_taken_port(config.http.listen)?;
    let folder = Folder::open(&config.data_dir)?;
    let soft = context.lifecycle.soft();
    let servers = tokio::select! {
        started = Servers::start(&context, &folder, &config) => started?,
        () = soft.cancelled() => return Ok(()),
    };

    let mut persister = Service::start(&context, "persister", |stage| persister::run(stage, config.persister(&servers.connect)));
    let mut presence = Service::start(&context, "presence", |stage| presence::run(stage, config.presence(&servers.connect)));
    // A gateway without streams and keys only tries again and complains; one that never comes up must not keep people out.
    tokio::select! {
        _ = timeout(HEAD_START, answers(&context.health, "persister.")) => {}
        () = soft.cancelled() => {}
    }
    let mut gateway = Service::start(&context, "gateway", |stage| gateway::run(stage, config.gateway(&servers.connect)));
    let announced = async {
        ready(&context.health, services_check).await;
        let (http, data, durability) = (config.http.listen, folder.root(), config.nats.durability);
        print!("{}", Banner { http, ops: context.ops, data, durability, took: started.elapsed() });
        std::future::pending().await
    };
    let outcome = tokio::select! {
        () = soft.cancelled() => Ok(()),
        // A service that cannot run ends the mesh with its sentence.
        ended = persister.ended() => ended,
        ended = presence.ended() => ended,
        ended = gateway.ended() => ended,
        never = announced => never,
    };

    // The edge first: what it has accepted still reaches the archive.
    let gateway = gateway.stop().await;
    let presence = presence.stop().await;
    let persister = persister.stop().await;
    let servers = servers.stop().await;
    outcome.and(gateway).and(presence).and(persister).and(servers)
}

/// Waits until the service has made its checks and they are ok.
async fn answers(health: &Health, part: &str) {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        let checks = health.report().checks;
        let mut own = checks.iter().filter(|(name, _)| name.starts_with(part)).peekable();
        if own.peek().is_some() && own.all(|(_, check)| check.ok) {
            return;
        }
    }
}

/// Waits until all services have made their checks and every check is ok.
async fn ready(health: &Health, services_check: Check) {
    let mut looks = tokio::time::interval(LOOK);
    let mut patience = Some(Instant::now() + PATIENCE);
    loop {
        looks.tick().await;
        let begun = |part: &str| health.report().checks.keys().any(|name| name.starts_with(part));
        if ["gateway.", "persister.", "presence."].into_iter().all(begun) {
            services_check.ok();
        }
        let report = health.report();
        if report.ready {
            return;
        }
        if patience.is_some_and(|patience| patience < Instant::now()) {
            let failing =
                report.checks.iter().filter_map(|(name, check)| check.reason.as_ref().map(|reason| format!("{name}: {reason}")));
            tracing::warn!(waiting_for = failing.collect::<Vec<_>>().join("; "), "not ready yet");
            patience = None;
        }
    }
}

/// Asks before anything is started, so that a taken port costs nothing.
fn refuse_taken_port(listen: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(listen) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("the public port {listen} is taken; end what uses it or set CHATMESH__HTTP__LISTEN to another address")
        }
        Err(error) => bail!("the public port {listen} cannot be opened ({error}); set CHATMESH__HTTP__LISTEN to another address"),
    }
}
