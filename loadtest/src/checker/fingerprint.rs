//! What makes two sights of an event the same.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use chatmesh_client::protocol::event::Event;

/// An event's unchangeable part and its body, which may be left out of a message that is deleted by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    identity: u64,
    body: Option<u64>,
}

impl Fingerprint {
    pub fn of(event: &Event) -> Self {
        let mut identity = DefaultHasher::new();
        (event.seq, event.ts, event.id, &event.from.id, event.kind).hash(&mut identity);
        (&event.target, &event.emoji, event.remove).hash(&mut identity);
        let body = event.body.as_ref().map(|body| {
            let mut hasher = DefaultHasher::new();
            (&body.text, body.reply_to, body.thread, &body.mentions).hash(&mut hasher);
            for attachment in &body.attachments {
                (&attachment.file, &attachment.name, &attachment.mime, attachment.size).hash(&mut hasher);
            }
            hasher.finish()
        });
        Self { identity: identity.finish(), body }
    }

    /// The same event, whichever way it came.
    pub fn agrees(self, other: Self, deleted: bool) -> bool {
        let bodies = self.body == other.body || (deleted && (self.body.is_none() || other.body.is_none()));
        self.identity == other.identity && bodies
    }
}
