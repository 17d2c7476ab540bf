//! `hello`: who is it, where is he a member, and what does he see first.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use protocol::close::Close;
use protocol::code::{Code, Refusal};
use protocol::frame::{Hello, Limits, ServerFrame, ServerInfo, Welcome};
use protocol::id::RoomId;
use protocol::room::User;
use protocol::rpc::account::Claims;
use protocol::rpc::directory::{GetMemberships, RoomPage};

use super::first_page::Waiting;
use super::users::UserState;
use super::{Core, now_ms};
use crate::auth::AuthError;
use crate::session::{Identity, Job, Opened};
use crate::socket::Socket;

/// Memberships of one answer of the directory.
const MEMBERSHIPS: u64 = 2_000;
/// A `hello` waits no longer for its turn.
const OPENING_WAIT: Duration = Duration::from_secs(10);
/// What this server does beyond the plain exchange of messages.
const FEATURES: [&str; 4] = ["presence", "typing", "status", "lobby"];

impl Core {
    /// Verifies a token: the claims, or the refusal and the close code that go with it.
    pub async fn verify(&self, token: &str) -> Result<Claims, (Refusal, Close)> {
        let refuse = |message: &str, close| (Refusal::new(Code::Unauthenticated, message), close);
        self.auth.verify(token, now_ms()).await.map_err(|error| match error {
            AuthError::Bad => refuse("the token is not valid; log in", Close::Unauthenticated),
            AuthError::Expired => refuse("the token has expired; refresh it", Close::Unauthenticated),
            AuthError::Revoked => refuse("the login has ended; log in again", Close::Unauthenticated),
            AuthError::Banned => refuse("the account is banned", Close::Banned),
            AuthError::Unavailable => (Refusal::unavailable("tokens cannot be verified now; try again"), Close::Internal),
        })
    }

    /// Opens a session. The socket is the user's from the moment its token was good.
    pub async fn open(&self, socket: &Arc<Socket>, hello: Hello) -> Result<Box<Opened>, (Refusal, Close)> {
        let claims = self.verify(&hello.token).await?;
        let user = self.users.enter(&claims.sub, socket);
        socket.belongs_to(&claims.sub);
        user.touch(now_ms(), 0);
        // Revoked between the check and the entry: the watch did not see this socket then.
        if let Some(revocation) = self.auth.is_revoked(&claims) {
            let close = if revocation.banned { Close::Banned } else { Close::Unauthenticated };
            return Err((Refusal::new(Code::Unauthenticated, "the login has ended; log in again"), close));
        }
        let waiting = Waiting::begin(&user.first_pages);
        let identity = Identity { claims, user: user.clone() };
        // After a gateway's end all its sockets come at once: the directory sees no more of them than it can serve.
        let turn = tokio::time::timeout(OPENING_WAIT, self.openings.acquire()).await;
        let overloaded = |_| (Refusal::unavailable("too many connect now; try again"), Close::Overloaded);
        let _turn = turn.map_err(overloaded)?;
        self.first_sight(socket, &hello, identity, &waiting).await.map_err(|refusal| match refusal.code {
            // The account is gone, its token lives still.
            Code::NotFound => (Refusal::new(Code::Unauthenticated, "no such user"), Close::Unauthenticated),
            _ => (refusal, Close::Internal),
        })
    }

    async fn first_sight(
        &self,
        socket: &Arc<Socket>,
        hello: &Hello,
        identity: Identity,
        waiting: &Waiting<'_>,
    ) -> Result<Box<Opened>, Refusal> {
        let user = identity.user.clone();
        let account = user.loaded.get_or_try_init(|| self.load(&user)).await.map(|()| user.user())?;
        // Not before his name and state are known.
        self.presence.beats.changed(&user.id);
        let account = account.ok_or_else(|| Refusal::not_found("no such user"))?;
        let page = waiting.page(self, &user.id).await?;
        let resumed: HashSet<&RoomId> = hello.resume.iter().map(|(room, _)| room).collect();
        let mut recent = Vec::new();
        if hello.recent {
            for placed in &page.rooms.rooms {
                if !resumed.contains(&placed.room.room) {
                    let archived = page.archived.get(&placed.shard).copied().unwrap_or(0);
                    recent.push((placed.room.room.clone(), placed.room.head.max(archived)));
                }
            }
        }
        let welcome = self.welcome(socket, &identity, account, &page.rooms);
        let resume = Job::Resume { cursors: hello.resume.clone(), recent, watch: hello.recent };
        Ok(Box::new(Opened { identity, welcome, resume, recent: hello.recent }))
    }

    fn welcome(&self, socket: &Socket, identity: &Identity, user: User, page: &RoomPage) -> ServerFrame {
        let limits = &self.config.limits;
        ServerFrame::Welcome(Box::new(Welcome {
            session: socket.session().to_owned(),
            user,
            status: identity.user.status(),
            expires_at: identity.claims.exp * 1_000,
            ping_s: limits.ping_s,
            server_time: now_ms(),
            server: ServerInfo {
                name: "chatmesh".into(),
                version: env!("CARGO_PKG_VERSION").into(),
                region: self.config.nats.home.as_str().into(),
            },
            features: FEATURES.map(Into::into).into(),
            limits: Limits {
                text_bytes: limits.text_bytes as u64,
                frame_bytes: limits.frame_bytes as u64,
                per_minute: limits.per_minute.into(),
                history: limits.history,
                replay_events: limits.replay_events as u64,
                rooms: limits.rooms,
            },
            rooms: page.rooms.iter().map(|placed| placed.room.clone()).collect(),
            more_rooms: page.more,
        }))
    }

    /// Reads who the user is and all his memberships; the log's changes since he entered are newer.
    async fn load(&self, user: &UserState) -> Result<(), Refusal> {
        let mut after = None;
        loop {
            let request = GetMemberships { user: user.id.clone(), after, limit: MEMBERSHIPS };
            let page = self.fabric.request(&request).await?;
            after = page.rooms.last().map(|membership| membership.room.clone());
            for membership in page.rooms {
                user.learn_membership(membership);
            }
            if !page.more {
                user.set_status(page.status);
                user.set_user(page.user);
                return Ok(());
            }
        }
    }
}
