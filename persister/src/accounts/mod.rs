//! Accounts: who somebody is, how he proves it, and when a login ends.

mod login;
mod password;
mod profile;
mod refresh;
mod signing;

use std::sync::Arc;
use std::time::Duration;

use fabric::{Fabric, Revocations};
use protocol::code::Refusal;
use protocol::id::{Name, UserId};
use protocol::room::{SiteRole, User};
use protocol::rpc::account::Revocation;
use tokio_postgres::Row;

use crate::archive::now_ms;
use crate::config::AuthConfig;
use crate::pool::{Pools, StoreError};
use password::Passwords;
use signing::Signer;

pub use profile::create_admin;

/// Added to a token's life before its revocation is forgotten.
const MARGIN: Duration = Duration::from_secs(120);
/// Characters of a user's name.
const NAME_CHARS: usize = 32;

/// Answers everything about accounts; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pools: Pools,
    fabric: Fabric,
    revocations: Revocations,
    signer: Arc<Signer>,
    passwords: Passwords,
    config: AuthConfig,
}

impl Accounts {
    pub async fn start(pools: Pools, fabric: Fabric, config: AuthConfig) -> anyhow::Result<Self> {
        let revocations = Revocations::open(&fabric, Duration::from_secs(config.access_ttl_s) + MARGIN).await?;
        let signer = Arc::new(Signer::load(&pools).await?);
        Ok(Self { pools, fabric, revocations, signer, passwords: Passwords::default(), config })
    }

    /// Writes the end of logins where every gateway sees it. `key`: `login.<login>` or `user.<user>`.
    async fn revoke(&self, key: String, except: Option<Name>) -> Result<(), StoreError> {
        let revocation = Revocation { at: now_ms(), banned: false, except };
        self.revocations.put(&key, &revocation).await.map_err(|error| {
            tracing::warn!(%error, "end of a login cannot be told");
            Refusal::unavailable("the login could not be ended everywhere; try again").into()
        })
    }
}

/// Columns `id, name, role, guest`.
fn user(row: &Row) -> Result<User, Refusal> {
    let broken = || Refusal::new(protocol::code::Code::Internal, "the account is damaged");
    Ok(User {
        id: UserId::parse(row.get("id")).map_err(|_| broken())?,
        name: row.get("name"),
        role: SiteRole::parse(row.get("role")).ok_or_else(broken)?,
        guest: row.get("guest"),
    })
}

fn checked_name(name: &str) -> Result<String, Refusal> {
    protocol::text::name(name, NAME_CHARS).map_err(|fault| Refusal::bad_request(format!("`name` {fault}")))
}
