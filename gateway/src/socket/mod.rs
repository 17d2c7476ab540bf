//! One WebSocket: its shared half, its codec, its bounded mailbox and its loop.

pub mod codec;
mod connection;
mod incoming;
pub mod listener;
pub mod mailbox;
mod pending;
pub mod shared;
mod turn;
pub mod upgrade;

use std::sync::OnceLock;

use protocol::decode::Encoding;
use protocol::id::{Name, UserId};
use tokio::net::TcpStream;

use mailbox::Mailbox;

/// What the rest of the gateway holds of a socket.
pub struct Socket {
    pub id: u64,
    pub encoding: Encoding,
    pub mailbox: Mailbox,
    session: Name,
    user: OnceLock<UserId>,
}

impl Socket {
    pub fn new(id: u64, encoding: Encoding, stream: TcpStream) -> Self {
        Self { id, encoding, mailbox: Mailbox::new(stream), session: Name::fresh(), user: OnceLock::new() }
    }

    /// Name of the session in `welcome`.
    pub fn session(&self) -> &str {
        self.session.as_str()
    }

    /// Whose it is; nobody's before a good `hello`.
    pub fn user(&self) -> Option<&UserId> {
        self.user.get()
    }

    /// Once, at `hello`.
    pub fn belongs_to(&self, user: &UserId) {
        self.user.get_or_init(|| user.clone());
    }
}
