//! The subscribing and requesting connection: it reconnects by itself, and says when something may have been missed.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::config::NatsConfig;
use crate::error::FabricError;

/// How long a start waits for the server.
const START: Duration = Duration::from_secs(10);
/// Three unanswered pings end a connection.
const PING: Duration = Duration::from_secs(1);
/// Messages that wait in one subscription; what comes beyond is dropped by async-nats, and found by whoever counts.
const SUBSCRIPTION: usize = 16_384;
/// Longest pause between attempts to reconnect: holes must be found within a second of the server's return.
const RETRY: Duration = Duration::from_millis(250);

/// A connection and its news.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub client: Client,
    pub connected: watch::Receiver<bool>,
    pub reconnects: watch::Receiver<u64>,
    /// Counts what may have made a shard's reader miss something, or its question lose its answer.
    pub alarms: watch::Sender<u64>,
}

impl Connection {
    pub async fn open(config: &NatsConfig, name: &str) -> Result<Self, FabricError> {
        let (connected, connected_news) = watch::channel(true);
        let (reconnects, reconnects_news) = watch::channel(0);
        let alarms = watch::Sender::new(0);
        let alarm = alarms.clone();
        let news = Arc::new(move |event: Event| match event {
            Event::Connected => {
                // The first one is no reconnect.
                if !connected.send_replace(true) {
                    reconnects.send_modify(|count| *count += 1);
                    alarm.send_modify(|count| *count += 1);
                }
            }
            Event::Disconnected | Event::Closed => drop(connected.send_replace(false)),
            Event::ServerError(error) => tracing::warn!(%error, "nats server complains"),
            Event::SlowConsumer(_) | Event::LameDuckMode | Event::Draining | Event::ClientError(_) => {}
        });
        let options = options(config, name).reconnect_delay_callback(pause).event_callback(move |event| {
            let news = news.clone();
            async move { news(event) }
        });
        let client = connect(config, options).await?;
        Ok(Self { client, connected: connected_news, reconnects: reconnects_news, alarms })
    }
}

fn options(config: &NatsConfig, name: &str) -> ConnectOptions {
    let options = ConnectOptions::new()
        .name(name)
        .connection_timeout(Duration::from_secs(2))
        .ping_interval(PING)
        .subscription_capacity(SUBSCRIPTION)
        .read_buffer_capacity(u16::MAX);
    match (&config.user, &config.password) {
        (Some(user), password) => options.user_and_password(user.clone(), password.clone().unwrap_or_default()),
        (None, _) => options,
    }
}

/// Tries until the server answers, or [`START`] is over.
async fn connect(config: &NatsConfig, options: ConnectOptions) -> Result<Client, FabricError> {
    let deadline = Instant::now() + START;
    let servers =
        servers(config).map_err(|error| FabricError::Unavailable(format!("nats.url is no address of a NATS server: {error}")))?;
    loop {
        let error = match async_nats::connect_with_options(&servers, options.clone()).await {
            Ok(client) => return Ok(client),
            Err(error) => error,
        };
        match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => return Err(FabricError::Login),
            _ if Instant::now() >= deadline => {
                return Err(FabricError::Unavailable(format!("NATS does not answer at {}: {error}", address(&config.url))));
            }
            _ => tokio::time::sleep(RETRY).await,
        }
    }
}

/// The addresses of `nats.url`.
pub(crate) fn servers(config: &NatsConfig) -> Result<Vec<ServerAddr>, std::io::Error> {
    config.url.split(',').map(|url| url.trim().parse()).collect()
}

/// The URL without a password that may stand in it.
fn address(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, address)| address)
}

/// Grows to [`RETRY`]; half of it is chance, so that gateways do not come back in step.
pub(crate) fn pause(attempts: usize) -> Duration {
    let exponent = u32::try_from(attempts).unwrap_or(u32::MAX).min(8);
    let longest = Duration::from_millis(2u64.pow(exponent)).min(RETRY);
    longest.mul_f64(rand::random_range(0.5..=1.0))
}
