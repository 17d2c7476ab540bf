//! The server under load: how it is reached, and guests and rooms made on it.

use std::time::Duration;

use anyhow::Context as _;
use chatmesh_client::protocol::decode::Encoding;
use chatmesh_client::protocol::frame::{Limits, ServerFrame};
use chatmesh_client::protocol::id::RoomId;
use chatmesh_client::{Api, ClientError, Login, Socket, backoff};
use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tokio::time::Instant;

/// Calls of one run at the same time.
pub const AT_ONCE: usize = 32;

/// Where the server is.
#[derive(Args, Clone, Debug)]
pub struct Target {
    /// The server's address.
    #[arg(long, env = "CHATMESH_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Seconds for which a server that is away or busy is tried again.
    #[arg(long, default_value_t = 120)]
    pub patience: u64,
}

impl Target {
    pub fn api(&self) -> Api {
        Api::new(&self.url)
    }

    /// Tries a call for as long as the patience lasts.
    pub async fn insist<T>(&self, what: &str, call: impl AsyncFn() -> Result<T, ClientError>) -> anyhow::Result<T> {
        let until = Instant::now() + Duration::from_secs(self.patience);
        let mut attempt = 0;
        loop {
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let wait = backoff(attempt).max(error.retry_after().unwrap_or_default());
            if !error.is_retryable() || Instant::now() + wait > until {
                let hint = hint(&error);
                return Err(error).with_context(|| format!("{what} at {}{hint}", self.url));
            }
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// Refuses at once, and not after the patience, when nobody is there; tells the server's limits.
    pub async fn limits(&self) -> anyhow::Result<Limits> {
        let login = self.api().guest_once("loadtest").await;
        let login = login.with_context(|| format!("no chatmesh answers at {}; name it with --url", self.url))?;
        let mut socket = Socket::connect(&self.url, Encoding::MessagePack, None).await?;
        socket.hello(&login.access_token, json!({}), false).await?;
        loop {
            if let ServerFrame::Welcome(welcome) = socket.next().await? {
                socket.close().await;
                return Ok(welcome.limits);
            }
        }
    }

    /// Scenarios that measure more than one user may do ask the operator to lift his limit.
    pub async fn without_rate_limit(&self) -> anyhow::Result<Limits> {
        let limits = self.limits().await?;
        let many = "which the limit would measure instead; start the server with CHATMESH__LIMITS__PER_MINUTE=0";
        anyhow::ensure!(limits.per_minute == 0, "the server takes {} changes a minute of one user, {many}", limits.per_minute);
        Ok(limits)
    }

    pub async fn guest(&self, name: &str) -> anyhow::Result<Login> {
        let api = self.api();
        self.insist("no guest can be made", async || api.guest_once(name).await).await
    }

    /// A public room.
    pub async fn room(&self, owner: &Login, name: &str) -> anyhow::Result<RoomId> {
        let api = self.api();
        Ok(self.insist("no room can be made", async || api.create_room(&owner.access_token, name, "public").await).await?.room)
    }

    /// Several at once, in order.
    pub async fn guests(&self, name: &str, count: usize) -> anyhow::Result<Vec<Login>> {
        stream::iter(0..count).map(|_| self.guest(name)).buffered(AT_ONCE).try_collect().await
    }

    /// Public rooms, dealt out to their owners.
    pub async fn rooms(&self, owners: &[Login], name: &str, count: usize) -> anyhow::Result<Vec<RoomId>> {
        let made = (0..count).map(async |number| self.room(&owners[number % owners.len()], &format!("{name} {number}")).await);
        stream::iter(made).buffered(AT_ONCE).try_collect().await
    }

    /// Guests, each a member of so many of the rooms, in turn.
    pub async fn members(&self, name: &str, count: usize, rooms: &[RoomId], each: usize) -> anyhow::Result<Vec<Login>> {
        let made = (0..count).map(async |number| {
            let user = self.guest(name).await?;
            for nth in number * each..(number + 1) * each {
                self.join(&user, &rooms[nth % rooms.len()]).await?;
            }
            anyhow::Ok(user)
        });
        stream::iter(made).buffered(AT_ONCE).try_collect().await
    }

    pub async fn join(&self, user: &Login, room: &RoomId) -> anyhow::Result<()> {
        let api = self.api();
        self.insist("a room cannot be joined", async || api.join(&user.access_token, room.as_str()).await).await?;
        Ok(())
    }
}

fn hint(error: &ClientError) -> &'static str {
    match error.code() {
        Some("rate_limited") => "; the server limits sign-ups of one address: CHATMESH__LIMITS__SIGNUPS_PER_MINUTE=0 lifts that",
        _ => "",
    }
}
