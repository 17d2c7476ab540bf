//! Rotation of refresh tokens: a token may be used again until its successor was used; after that its login ends.

use protocol::code::{Code, Refusal};
use protocol::id::Name;
use protocol::rpc::account::{Refresh, Session};

use super::{Accounts, login::hash, user};
use crate::pool::StoreError;

impl Accounts {
    /// The next tokens of a login; `unauthenticated` for a token that is unknown, expired, void or used too late.
    pub async fn refresh(&self, request: Refresh) -> Result<Session, StoreError> {
        let refused = || Refusal::new(Code::Unauthenticated, "the refresh token is not valid; log in again");
        let token = hash(&request.refresh_token);
        let mut client = self.pools.writer().await?;
        let tx = client.transaction().await?;
        // The login's row is the lock of its chain.
        let select = "SELECT l.id AS login, l.ended, u.id, u.name, u.role, u.guest, t.state, t.expires_at < now() AS expired \
             FROM refresh_tokens t JOIN logins l ON l.id = t.login JOIN users u ON u.id = l.user_id \
             WHERE t.hash = $1 FOR UPDATE OF l";
        let row = tx.query_opt(select, &[&token]).await?.ok_or_else(refused)?;
        if row.get("ended") || row.get("expired") {
            return Err(refused().into());
        }
        // Read under the lock: another use of the same token may have changed it while this one waited.
        let state: String = tx.query_one("SELECT state FROM refresh_tokens WHERE hash = $1", &[&token]).await?.get(0);
        let login = Name::parse(row.get("login")).map_err(|_| refused())?;
        match state.as_str() {
            "fresh" => {
                tx.execute("UPDATE refresh_tokens SET state = 'spent' WHERE hash = $1", &[&token]).await?;
            }
            "spent" => {
                let used = "SELECT 1 FROM refresh_tokens WHERE parent = $1 AND state = 'spent'";
                if tx.query_opt(used, &[&token]).await?.is_some() {
                    tx.execute("UPDATE logins SET ended = true WHERE id = $1", &[&login.as_str()]).await?;
                    // Before the commit: to a retry the login would only be one that has ended.
                    self.revoke(format!("login.{login}"), None).await?;
                    tx.commit().await?;
                    tracing::info!(login.id = %login, "refresh token used again after its successor, login ended");
                    return Err(refused().into());
                }
                tx.execute("UPDATE refresh_tokens SET state = 'void' WHERE parent = $1 AND state = 'fresh'", &[&token]).await?;
            }
            _ => return Err(refused().into()),
        }
        let session = self.issue(&tx, user(&row)?, login, Some(&token)).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Forgets tokens that expired and logins without any, in small pieces.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let client = self.pools.writer().await?;
        let expired =
            "DELETE FROM refresh_tokens WHERE hash IN (SELECT hash FROM refresh_tokens WHERE expires_at < now() LIMIT 10000)";
        client.execute(expired, &[]).await?;
        let empty = "DELETE FROM logins WHERE id IN (SELECT l.id FROM logins l WHERE l.created_at < now() - interval '1 day' \
             AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.login = l.id) LIMIT 10000)";
        client.execute(empty, &[]).await?;
        Ok(())
    }
}
