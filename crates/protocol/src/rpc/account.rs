//! `directory.*` requests about accounts, logins and tokens.

use serde::{Deserialize, Serialize};

use super::{Done, request};
use crate::event::AuthorType;
use crate::id::{Name, UserId};
use crate::room::{SiteRole, User};

/// Claims of an access token (EdDSA, `kid` in the header).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub sub: UserId,
    /// The login: one refresh chain.
    pub login: Name,
    pub role: SiteRole,
    pub guest: bool,
    /// Seconds since 1970 UTC, as JWT wants it.
    pub iat: u64,
    pub exp: u64,
    /// Milliseconds since 1970 UTC: revocations are compared with it.
    pub iat_ms: u64,
}

impl Claims {
    pub fn author_type(&self) -> AuthorType {
        if self.guest { AuthorType::Guest } else { AuthorType::User }
    }
}

/// A public key that signs access tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    pub kid: String,
    /// Raw Ed25519 public key, 32 bytes.
    pub key: Vec<u8>,
}

/// All keys whose tokens are valid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Keys {}
request!(Keys => Vec<PublicKey>, "directory.keys");

/// A login and its tokens. Times in milliseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub user: User,
    pub access_token: String,
    pub refresh_token: String,
    pub expires_at: u64,
}

/// `guest`: the verified user of a guest's token, who becomes the account and keeps its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Signup {
    pub name: String,
    pub password: String,
    pub guest: Option<UserId>,
}
request!(Signup => Session, "directory.signup");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    pub name: String,
    pub password: String,
}
request!(Login => Session, "directory.login");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Guest {
    pub name: Option<String>,
}
request!(Guest => Session, "directory.guest");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refresh {
    pub refresh_token: String,
}
request!(Refresh => Session, "directory.refresh");

/// Ends a login, or with `all` every login of the user; returns after `REVOKED` holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Logout {
    pub user: UserId,
    pub login: Name,
    pub all: bool,
}
request!(Logout => Done, "directory.logout");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetUser {
    pub user: UserId,
}
request!(GetUser => User, "directory.user");

/// Those of the ids that exist: for mentions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KnownUsers {
    pub users: Vec<UserId>,
}
request!(KnownUsers => Vec<UserId>, "directory.known_users");

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FindUsers {
    pub q: String,
    pub limit: u64,
}
request!(FindUsers => Vec<User>, "directory.find_users");

/// A new password ends the user's other logins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpdateMe {
    pub user: UserId,
    pub login: Name,
    pub name: Option<String>,
    pub password: Option<String>,
    pub old_password: Option<String>,
}
request!(UpdateMe => User, "directory.update_me");

/// Figures of the whole site for `GET /v1/stats`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetStats {}
request!(GetStats => Stats, "directory.stats");

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    pub users: u64,
    pub rooms: u64,
}

/// Value of a key in the KV bucket `REVOKED`: `login.<login>` or `user.<user>`, MessagePack with names. Tokens with
/// `iat_ms` ≤ `at` are void.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    pub at: u64,
    /// Closes with 4403 instead of 4401.
    pub banned: bool,
    /// For `user.…`: this login lives on (the one that changed the password).
    pub except: Option<Name>,
}
