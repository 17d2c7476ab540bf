//! The two servers under the services: children of this process, or those that the configuration names.

use std::path::PathBuf;

use chassis::Context;
use serde::{Deserialize, Serialize};

use crate::config::{Config, NatsConfig, PostgresConfig};
use crate::folder::{Folder, told, write_private};
use crate::nats;
use crate::nursery::Nursery;
use crate::postgres::Cluster;
use crate::supervise::Supervised;

/// Where the running servers are; written down for `mesh admin`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Connect {
    pub nats_url: String,
    pub nats_user: Option<String>,
    pub nats_password: Option<String>,
    pub postgres_url: String,
}

/// The running servers.
pub struct Servers {
    pub connect: Connect,
    nats: Option<Supervised>,
    postgres: Option<(Supervised, Cluster)>,
    connect_file: PathBuf,
}

impl Servers {
    /// Starts what is not named, both at once, and waits until they answer.
    pub async fn start(context: &Context, folder: &Folder, config: &Config) -> anyhow::Result<Self> {
        let nursery = Nursery::start()?;
        let ((nats, address), postgres) = tokio::try_join!(
            start_nats(context, folder, &config.nats, &nursery),
            start_postgres(context, folder, &config.postgres, &nursery)
        )?;
        let postgres_url = match (&config.postgres.url, &postgres) {
            (_, Some((_, cluster))) => cluster.url(),
            (url, None) => url.clone().unwrap_or_default(),
        };
        let (nats_user, nats_password) = (address.user, address.password);
        let connect = Connect { nats_url: address.url, nats_user, nats_password, postgres_url };
        let connect_file = connect_file(&folder.run());
        let text = serde_json::to_string(&connect)?;
        write_private(&connect_file, &text)?;
        Ok(Self { connect, nats, postgres, connect_file })
    }

    /// Ends Postgres, then nats-server; the services have ended before.
    pub async fn stop(self) -> anyhow::Result<()> {
        if let Some((server, cluster)) = self.postgres {
            server.stop().await;
            // Its socket's folder goes after it.
            drop(cluster);
        }
        if let Some(server) = self.nats {
            server.stop().await;
        }
        std::fs::remove_file(&self.connect_file).map_err(told(&self.connect_file))?;
        Ok(())
    }
}

/// Where [`Connect`] is written.
pub fn connect_file(run: &std::path::Path) -> PathBuf {
    run.join("connect.json")
}

struct Login {
    url: String,
    user: Option<String>,
    password: Option<String>,
}

async fn start_nats(
    context: &Context,
    folder: &Folder,
    config: &NatsConfig,
    nursery: &Nursery,
) -> anyhow::Result<(Option<Supervised>, Login)> {
    if let Some(url) = config.url.clone() {
        return Ok((None, Login { url, user: config.user.clone(), password: config.password.clone() }));
    }
    let (recipe, address) = nats::recipe(folder, config.bin.as_deref(), config.durability)?;
    let server = Supervised::start(recipe, nursery.clone(), context.health.check("nats-server")).await?;
    Ok((Some(server), Login { url: address.url, user: Some(address.user), password: Some(address.password) }))
}

async fn start_postgres(
    context: &Context,
    folder: &Folder,
    config: &PostgresConfig,
    nursery: &Nursery,
) -> anyhow::Result<Option<(Supervised, Cluster)>> {
    if config.url.is_some() {
        return Ok(None);
    }
    let cluster = Cluster::prepare(folder, config.bin.as_deref(), nursery).await?;
    let server = Supervised::start(cluster.recipe(folder), nursery.clone(), context.health.check("postgres")).await?;
    cluster.ensure_database().await?;
    Ok(Some((server, cluster)))
}
