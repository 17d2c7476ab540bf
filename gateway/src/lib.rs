#![doc = include_str!("../README.md")]

pub mod assets;
pub mod auth;
pub mod config;
pub mod core;
pub mod http;
pub mod hub;
pub mod metrics;
pub mod presence;
pub mod session;
pub mod socket;

use std::time::Duration;

use anyhow::Context as _;
use fabric::Fabric;
use tokio::net::TcpListener;

pub use config::Config;

use crate::auth::Auth;
use crate::core::Core;
use crate::hub::Tasks;

/// Between looks at what makes this gateway ready: until it is, and from then on.
const STARTING: Duration = Duration::from_millis(10);
const HEALTH: Duration = Duration::from_millis(250);
/// How long tasks may take to end.
const END: Duration = Duration::from_secs(3);

/// Runs a gateway until the soft stop, then drains it.
pub fn run(context: chassis::Context, config: Config) -> chassis::Running {
    Box::pin(serve(context, config))
}

async fn serve(context: chassis::Context, config: Config) -> anyhow::Result<()> {
    anyhow::ensure!(
        config.limits.frame_bytes >= 4 * config.limits.text_bytes,
        "limits.frame_bytes must be at least 4 × limits.text_bytes"
    );
    // Bound before anything else, so that a taken port is told at once; served once there is something to serve.
    let listen = config.http.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}: stop what uses the port, or set CHATMESH__HTTP__LISTEN to another address")
    })?;
    let address = listener.local_addr()?;
    let fabric = Fabric::connect(&config.nats, "gateway").await?;
    let tasks = Tasks { tracker: Default::default(), stop: context.lifecycle.hard().child_token() };
    let auth = Auth::start(fabric.clone(), Duration::from_secs(config.auth.access_ttl_s)).await?;
    let core = Core::new(config, fabric.clone(), auth, &tasks);
    metrics::observe(&core);
    tasks.spawn(watch_health(context.clone(), core.clone()));
    tasks.spawn(cut_revoked(core.clone()));
    let accepting = Tasks { tracker: tasks.tracker.clone(), stop: tasks.stop.child_token() };
    let router = http::router(core.clone());
    tasks.tracker.spawn(socket::listener::serve(listener, router, accepting.clone()));
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "gateway listens");
    context.lifecycle.soft().cancelled().await;
    core.drain().await;
    accepting.stop.cancel();
    tasks.stop.cancel();
    tasks.tracker.close();
    if tokio::time::timeout(END, tasks.tracker.wait()).await.is_err() {
        tracing::warn!("some tasks did not end in time");
    }
    fabric.drain().await;
    Ok(())
}

/// Ready: the fabric is connected, its streams are as this version wants them, every shard is heard, tokens can be verified.
async fn watch_health(context: chassis::Context, core: std::sync::Arc<Core>) {
    let (nats, shards, tokens) = (context.health.check("nats"), context.health.check("shards"), context.health.check("tokens"));
    let streams = context.health.check("streams");
    let presence = context.health.check("presence");
    let mut verified = false;
    let connected = core.fabric.connected();
    loop {
        tokio::time::sleep(if context.health.report().ready { HEALTH } else { STARTING }).await;
        match *connected.borrow() {
            true => nats.ok(),
            false => nats.failing("not connected"),
        }
        match core.hub.unhealthy() {
            silent if silent.is_empty() => shards.ok(),
            silent => shards.failing(format!("not heard: {}", silent.join(", "))),
        }
        if !verified {
            match core.fabric.verify_streams().await {
                Ok(()) => {
                    verified = true;
                    streams.ok();
                }
                Err(error) => streams.failing(error.to_string()),
            }
        }
        match core.presence.tick.is_cut_off() {
            false => presence.ok(),
            true => presence.failing("no answer to beats for 10 s: is this gateway cut off, or the presence service down?"),
        }
        match core.auth.not_ready() {
            None => tokens.ok(),
            Some(reason) => tokens.failing(reason),
        }
    }
}

/// Ended logins and bans cut live sockets at once.
async fn cut_revoked(core: std::sync::Arc<Core>) {
    use tokio::sync::broadcast::error::RecvError;
    let mut revocations = core.auth.revocations();
    loop {
        match revocations.recv().await {
            Ok((key, revocation)) => core.users.cut(&key, &revocation),
            // Too many at once to tell whom they concern: everybody comes again, and those who may not are refused.
            Err(RecvError::Lagged(_)) => core.users.send_away(protocol::close::Close::Restart),
            Err(RecvError::Closed) => return,
        }
    }
}
