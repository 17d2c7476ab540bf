//! The digest that tells a retry from another event under the same id.

use sha2::{Digest as _, Sha256};

use crate::event::{Body, Kind, Target};

/// 128 bits over kind, target, emoji, remove and the client's own part of the body; the server's `mentions` and `reply` do not count.
pub type Digest = [u8; 16];

/// Digest of an event.
pub fn digest(kind: Kind, target: Option<&Target>, emoji: Option<&str>, remove: bool, body: Option<&Body>) -> Digest {
    let client_part = body.map(|body| (&body.text, &body.attachments, body.reply_to, body.thread));
    #[expect(clippy::expect_used, reason = "writing these types to a Vec cannot fail")]
    let bytes = rmp_serde::to_vec(&(kind, target, emoji, remove, client_part)).expect("digest input encodes");
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(bytes)[..16]);
    short
}

impl crate::envelope::Envelope {
    /// Digest of what the client sent.
    pub fn digest(&self) -> Digest {
        digest(self.kind, self.target.as_ref(), self.emoji.as_deref(), self.remove, self.body.as_ref())
    }
}
