//! The life of a mesh: servers, then services, then the end in the opposite order.

use std::net::{SocketAddr, TcpListener};
use std::time::Instant;

use anyhow::bail;
use chassis::Context;

use crate::config::Config;
use crate::folder::Folder;
use crate::servers::Servers;

/// Runs until the soft stop, or until a service ends by itself.
pub async fn run(context: Context, config: Config) -> anyhow::Result<()> {
    let started = Instant::now();
    context.health.fact("durability", config.nats.durability.word());
    // Failing until the servers answer, so that no early check makes the mesh look ready.
    let servers_check = context.health.check("servers");
    let folder = Folder::open(&config.data_dir)?;
    let soft = context.lifecycle.soft();
    let servers = tokio::select! {
        started = Servers::start(&context, &folder, &config) => started?,
        () = soft.cancelled() => return Ok(()),
    };
    servers_check.ok();
    tracing::info!(took_ms = started.elapsed().as_millis() as u64, "servers answer");
    soft.cancelled().await;
    servers.stop().await
}

/// Asks before anything is started, so that a taken port costs nothing.
pub fn refuse_taken_port(listen: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(listen) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("the public port {listen} is taken; end what uses it or set CHATMESH__HTTP__LISTEN to another address")
        }
        Err(error) => bail!("the public port {listen} cannot be opened ({error}); set CHATMESH__HTTP__LISTEN to another address"),
    }
}
