//! Whether a child answers yet.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_postgres::NoTls;

const PAUSE: Duration = Duration::from_millis(10);
const ONE_TRY: Duration = Duration::from_secs(2);

/// How a child is asked.
pub enum Probe {
    /// nats-server greets with `INFO`.
    Nats(SocketAddr),
    /// Postgres takes a login.
    Postgres(Box<tokio_postgres::Config>),
}

impl Probe {
    /// Resolves when the child answers.
    pub async fn answered(&self) {
        while !timeout(ONE_TRY, self.asked()).await.unwrap_or(false) {
            sleep(PAUSE).await;
        }
    }

    async fn asked(&self) -> bool {
        match self {
            Self::Nats(address) => greeted(*address).await.unwrap_or(false),
            Self::Postgres(config) => config.connect(NoTls).await.is_ok(),
        }
    }
}

async fn greeted(address: SocketAddr) -> std::io::Result<bool> {
    let mut greeting = [0; 5];
    TcpStream::connect(address).await?.read_exact(&mut greeting).await?;
    Ok(&greeting == b"INFO ")
}
