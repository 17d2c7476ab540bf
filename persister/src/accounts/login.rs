//! Sign up, log in, come as a guest, log out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deadpool_postgres::GenericClient;
use protocol::code::{Code, Refusal};
use protocol::id::Name;
use protocol::room::User;
use protocol::rpc::Done;
use protocol::rpc::account::{Claims, Guest, Login, Logout, PublicKey, Session, Signup};
use protocol::text::folded;
use sha2::{Digest as _, Sha256};
use tokio_postgres::error::SqlState;

use super::{Accounts, checked_name, user};
use crate::archive::now_ms;
use crate::pool::StoreError;

const ANIMALS: [&str; 16] = [
    "Otter", "Heron", "Lynx", "Magpie", "Badger", "Crane", "Hare", "Finch", "Marten", "Seal", "Swift", "Tern", "Wren", "Ibex",
    "Elk", "Owl",
];

/// What is stored of a refresh token.
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

impl Accounts {
    /// Public keys of all tokens that are valid.
    pub fn keys(&self) -> Vec<PublicKey> {
        self.signer.public()
    }

    /// A new account, or a guest's; `conflict` when the name is taken.
    pub async fn signup(&self, request: Signup) -> Result<Session, StoreError> {
        let name = checked_name(&request.name)?;
        let password = self.passwords.hash(&request.password).await?;
        let mut client = self.pools.writer().await?;
        let tx = client.transaction().await?;
        let folded = folded(&name);
        let row = match &request.guest {
            Some(guest) => {
                let update = "UPDATE users SET name = $2, folded = $3, password = $4, guest = false \
                     WHERE id = $1 AND guest RETURNING id, name, role, guest";
                let row = tx.query_opt(update, &[&guest.as_str(), &name, &folded, &password]).await.map_err(taken)?;
                row.ok_or_else(|| Refusal::conflict("this user has an account already; log out first"))?
            }
            None => {
                let insert = "INSERT INTO users (id, name, folded, password, guest) VALUES ($1, $2, $3, $4, false) \
                     RETURNING id, name, role, guest";
                tx.query_one(insert, &[&Name::fresh().as_str(), &name, &folded, &password]).await.map_err(taken)?
            }
        };
        let session = self.begin(&tx, user(&row)?).await?;
        tx.commit().await?;
        if request.guest.is_some() {
            self.tell_me(&session.user).await;
        }
        Ok(session)
    }

    /// One answer and the same work for a wrong name and a wrong password.
    pub async fn login(&self, request: Login) -> Result<Session, StoreError> {
        let select = "SELECT id, name, role, guest, password FROM users WHERE folded = $1 AND NOT guest";
        let name = folded(request.name.trim());
        // Postgres takes no NUL; no account has one.
        let row = if name.contains('\0') { None } else { self.pools.writer().await?.query_opt(select, &[&name]).await? };
        let known = row.as_ref().and_then(|row| row.get::<_, Option<String>>("password"));
        let good = self.passwords.verify(&request.password, known).await?;
        let wrong = || Refusal::new(Code::Unauthenticated, "wrong name or password");
        let row = row.filter(|_| good).ok_or_else(wrong)?;
        let mut client = self.pools.writer().await?;
        let tx = client.transaction().await?;
        // A password that was changed while it was checked must not outlive the end of the other logins.
        let (id, checked): (&str, &str) = (row.get("id"), row.get("password"));
        let still = "SELECT 1 FROM users WHERE id = $1 AND password = $2 FOR SHARE";
        tx.query_opt(still, &[&id, &checked]).await?.ok_or_else(wrong)?;
        let session = self.begin(&tx, user(&row)?).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// A user without a password, who lives as long as his refresh token.
    pub async fn guest(&self, request: Guest) -> Result<Session, StoreError> {
        let name = match request.name {
            Some(name) => checked_name(&name)?,
            None => {
                let animal = ANIMALS[rand::random_range(0..ANIMALS.len())];
                format!("{animal} {}", rand::random_range(100..1_000))
            }
        };
        let mut client = self.pools.writer().await?;
        let tx = client.transaction().await?;
        let insert = "INSERT INTO users (id, name, folded, guest) VALUES ($1, $2, $3, true) RETURNING id, name, role, guest";
        let row = tx.query_one(insert, &[&Name::fresh().as_str(), &name, &folded(&name)]).await?;
        let session = self.begin(&tx, user(&row)?).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Every call ends in the bucket, also one that ends what had ended: the first answer may have been lost.
    pub async fn logout(&self, request: Logout) -> Result<Done, StoreError> {
        let client = self.pools.writer().await?;
        let key = if request.all {
            client.execute("UPDATE logins SET ended = true WHERE user_id = $1", &[&request.user.as_str()]).await?;
            format!("user.{}", request.user)
        } else {
            let update = "UPDATE logins SET ended = true WHERE id = $1 AND user_id = $2";
            client.execute(update, &[&request.login.as_str(), &request.user.as_str()]).await?;
            format!("login.{}", request.login)
        };
        self.revoke(key, None).await?;
        Ok(Done {})
    }

    /// A new login with its first tokens.
    async fn begin(&self, client: &impl GenericClient, user: User) -> Result<Session, StoreError> {
        let login = Name::fresh();
        client.execute("INSERT INTO logins (id, user_id) VALUES ($1, $2)", &[&login.as_str(), &user.id.as_str()]).await?;
        self.issue(client, user, login, None).await
    }

    /// The next tokens of a login.
    pub(super) async fn issue(
        &self,
        client: &impl GenericClient,
        user: User,
        login: Name,
        parent: Option<&[u8]>,
    ) -> Result<Session, StoreError> {
        let refresh_token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let insert = "INSERT INTO refresh_tokens (hash, login, parent, expires_at) \
             VALUES ($1, $2, $3, now() + make_interval(days => $4))";
        let days = i32::try_from(self.config.refresh_ttl_days).unwrap_or(i32::MAX);
        client.execute(insert, &[&hash(&refresh_token), &login.as_str(), &parent, &days]).await?;
        let now = now_ms();
        let exp = now / 1_000 + self.config.access_ttl_s;
        let claims =
            Claims { sub: user.id.clone(), login, role: user.role, guest: user.guest, iat: now / 1_000, exp, iat_ms: now };
        let access_token = self.signer.sign(&claims).map_err(|error| {
            tracing::error!(%error, "token cannot be signed");
            Refusal::new(Code::Internal, "something went wrong; try again")
        })?;
        Ok(Session { user, access_token, refresh_token, expires_at: exp * 1_000 })
    }
}

/// The only unique constraint that a caller can hit is the account's name.
pub(super) fn taken(error: tokio_postgres::Error) -> StoreError {
    if error.code() == Some(&SqlState::UNIQUE_VIOLATION) {
        return Refusal::conflict("this name is taken; choose another").into();
    }
    error.into()
}
