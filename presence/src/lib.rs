#![doc = include_str!("../README.md")]

pub mod config;
mod keep;
mod lobby;
mod publish;
pub mod ranking;
pub mod roster;
mod state;

use std::time::Duration;

use fabric::Fabric;
use futures_util::StreamExt as _;
use protocol::subject;
use tokio::sync::watch;

pub use config::Config;

use crate::roster::Heard;
use crate::state::{Shared, now_ms};

/// Between attempts to subscribe.
const RETRY: Duration = Duration::from_secs(1);

/// Runs a replica until the soft stop.
pub fn run(context: chassis::Context, config: Config) -> chassis::Running {
    Box::pin(serve(context, config))
}

async fn serve(context: chassis::Context, config: Config) -> anyhow::Result<()> {
    let nats = context.health.check("nats");
    let heard = context.health.check("beats");
    let fabric = Fabric::connect(&config.nats, "presence").await?;
    let shared = Shared::default();
    state::observe(&shared);
    let (held, epoch) = watch::channel(None);
    let connected = fabric.connected();
    let mut look = tokio::time::interval(Duration::from_millis(200));
    let work = async {
        tokio::join!(
            fabric::hold_lease(fabric.clone(), "presence", held),
            hear(&fabric, &shared, &heard),
            publish::serve(&fabric, &shared, epoch.clone()),
            lobby::serve(&fabric, &shared, epoch.clone()),
            keep::serve(&fabric, &shared, epoch.clone()),
        );
    };
    let readiness = async {
        loop {
            look.tick().await;
            match *connected.borrow() {
                true => nats.ok(),
                false => nats.failing("not connected"),
            }
        }
    };
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "presence hears beats");
    tokio::select! {
        () = context.lifecycle.soft().cancelled() => {}
        () = work => {}
        () = readiness => {}
    }
    fabric.drain().await;
    Ok(())
}

/// Hears all beats for ever, and asks for what was missed.
async fn hear(fabric: &Fabric, shared: &Shared, check: &chassis::Check) {
    let mut reconnects = fabric.reconnects();
    loop {
        match fabric.subscribe_core(subject::BEATS.into()).await {
            Ok(mut beats) => {
                begin(fabric, shared).await;
                check.ok();
                loop {
                    tokio::select! {
                        message = beats.next() => match message {
                            Some(message) => take(fabric, shared, &message).await,
                            None => break,
                        },
                        // No beat came meanwhile, and all gateways look dead.
                        changed = reconnects.changed() => match changed {
                            Ok(()) => begin(fabric, shared).await,
                            Err(_) => break,
                        },
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "beats cannot be heard yet"),
        }
        check.failing("beats cannot be heard");
        tokio::time::sleep(RETRY.mul_f64(rand::random_range(0.5..1.5))).await;
    }
}

/// From now on everything is heard; whoever is there already says all that he has. Nothing is told until that has come.
async fn begin(fabric: &Fabric, shared: &Shared) {
    shared.lock().listens_since_ms = now_ms();
    publish::resync(fabric, None).await;
}

async fn take(fabric: &Fabric, shared: &Shared, message: &fabric::CoreMessage) {
    let Some(node) = message.subject.strip_prefix("beat.") else { return };
    if message.subject == subject::RESYNC {
        return;
    }
    let heard = match protocol::rpc::notice::decode(&message.payload) {
        Some(beat) => shared.lock().hear(node, beat),
        None => shared.lock().roster.refuse(),
    };
    match heard {
        Heard::Taken => {}
        Heard::Refused => tracing::debug!(node, "a beat that is none was refused"),
        Heard::Missed => {
            if shared.lock().may_ask(node) {
                publish::resync(fabric, protocol::id::Name::parse(node).ok()).await;
            }
        }
    }
}
