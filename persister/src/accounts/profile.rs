//! Looking at users, changing oneself, and the first admin.

use protocol::code::{Code, Refusal};
use protocol::id::{Name, UserId};
use protocol::room::User;
use protocol::rpc::account::{FindUsers, GetUser, KnownUsers, Stats, UpdateMe};
use protocol::rpc::notice::{self, UserNotice};
use protocol::subject;
use protocol::text::folded;

use super::login::taken;
use super::password::Passwords;
use super::{Accounts, checked_name, user};
use crate::pool::{Pools, StoreError};

/// Users of one answer.
const FOUND: u64 = 20;

impl Accounts {
    /// `not_found` when there is no such user.
    pub async fn user(&self, request: GetUser) -> Result<User, StoreError> {
        let client = self.pools.writer().await?;
        let select = "SELECT id, name, role, guest FROM users WHERE id = $1";
        let row = client.query_opt(select, &[&request.user.as_str()]).await?;
        Ok(user(&row.ok_or_else(|| Refusal::not_found("no such user"))?)?)
    }

    /// Those of the ids that exist.
    pub async fn known(&self, request: KnownUsers) -> Result<Vec<UserId>, StoreError> {
        let ids: Vec<&str> = request.users.iter().map(UserId::as_str).collect();
        let client = self.pools.reader().await?;
        let rows = client.query("SELECT id FROM users WHERE id = ANY($1)", &[&ids]).await?;
        Ok(rows.iter().filter_map(|row| UserId::parse(row.get(0)).ok()).collect())
    }

    /// Users with a part in their name: first those that begin with it, accounts before guests.
    pub async fn find(&self, request: FindUsers) -> Result<Vec<User>, StoreError> {
        let part = folded(request.q.trim());
        if part.is_empty() || part.contains('\0') {
            return Err(Refusal::bad_request("`q` must have at least one character").into());
        }
        let limit = request.limit.clamp(1, FOUND) as i64;
        let select = "SELECT id, name, role, guest FROM users WHERE position($1 in folded) > 0 \
             ORDER BY position($1 in folded), guest, length(folded), folded, id LIMIT $2";
        let client = self.pools.reader().await?;
        let rows = client.query(select, &[&part, &limit]).await?;
        Ok(rows.iter().map(user).collect::<Result<_, _>>()?)
    }

    /// `conflict` for a taken name, `forbidden` for a wrong old password; a new password ends the other logins.
    pub async fn update(&self, request: UpdateMe) -> Result<User, StoreError> {
        let UpdateMe { user: id, login, name, password, old_password } = request;
        let select = "SELECT guest, password FROM users WHERE id = $1";
        let row = self.pools.writer().await?.query_opt(select, &[&id.as_str()]).await?;
        let row = row.ok_or_else(|| Refusal::not_found("no such user"))?;
        let name = name.map(|name| checked_name(&name)).transpose()?;
        let hash = match &password {
            None => None,
            Some(_) if row.get("guest") => return Err(Refusal::bad_request("a guest has no password; sign up instead").into()),
            Some(password) => {
                let old = old_password.ok_or_else(|| Refusal::bad_request("`old_password` is missing"))?;
                if !self.passwords.verify(&old, row.get("password")).await? {
                    return Err(Refusal::forbidden("`old_password` is wrong").into());
                }
                Some(self.passwords.hash(password).await?)
            }
        };
        let mut client = self.pools.writer().await?;
        let tx = client.transaction().await?;
        let folded = name.as_deref().map(folded);
        let update = "UPDATE users SET name = coalesce($2, name), folded = coalesce($3, folded), password = coalesce($4, password) \
             WHERE id = $1 AND ($4::text IS NULL OR password = $5) RETURNING id, name, role, guest";
        let checked: Option<&str> = row.get("password");
        let changed = tx.query_opt(update, &[&id.as_str(), &name, &folded, &hash, &checked]).await.map_err(taken)?;
        let changed = changed.ok_or_else(|| Refusal::conflict("the password was changed meanwhile"))?;
        if hash.is_some() {
            let end = "UPDATE logins SET ended = true WHERE user_id = $1 AND id <> $2";
            tx.execute(end, &[&id.as_str(), &login.as_str()]).await?;
        }
        if hash.is_some() {
            // Before the commit: a retry would no longer know the old password. Logins and refreshes wait for these rows meanwhile.
            self.revoke(format!("user.{id}"), Some(login)).await?;
        }
        tx.commit().await?;
        let changed = user(&changed)?;
        if name.is_some() {
            self.tell_me(&changed).await;
        }
        Ok(changed)
    }

    /// Figures of the whole site.
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        let client = self.pools.reader().await?;
        let row = client.query_one("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM rooms)", &[]).await?;
        Ok(Stats { users: row.get::<_, i64>(0) as u64, rooms: row.get::<_, i64>(1) as u64 })
    }

    /// Tells the user's sockets; a lost notice is repaired by the next `hello`.
    pub(super) async fn tell_me(&self, user: &User) {
        let notice = notice::encode(&UserNotice::Me { user: user.clone() });
        if let Err(error) = self.fabric.send_core(subject::user(&user.id), notice.into()).await {
            tracing::debug!(%error, "notice not sent");
        }
    }
}

/// Makes an account with the site role admin, or makes an existing account one and sets its password.
pub async fn create_admin(pools: &Pools, name: &str, password: &str) -> Result<User, StoreError> {
    let name = checked_name(name)?;
    let hash = Passwords::default().hash(password).await?;
    let client = pools.writer().await?;
    let upsert = "INSERT INTO users (id, name, folded, password, guest, role) VALUES ($1, $2, $3, $4, false, 'admin') \
         ON CONFLICT (folded) WHERE NOT guest DO UPDATE SET role = 'admin', password = excluded.password \
         RETURNING id, name, role, guest";
    let row = client.query_one(upsert, &[&Name::fresh().as_str(), &name, &folded(&name), &hash]).await?;
    user(&row).map_err(|refusal| Refusal { code: Code::Internal, ..refusal }.into())
}
