//! What is stored under a change's key already, as near as it can be found: a refusal must not hide that the change was stored.

use fabric::Record;
use protocol::code::Refusal;
use protocol::envelope::Envelope;
use protocol::frame::Change;
use protocol::id::UserId;
use protocol::rpc::archive::Sent;

use super::Core;
use crate::hub::ShardHub;
use crate::session::Identity;

impl Core {
    /// What the key of a change that is not late holds. The archive is asked only when the recent events do not tell: then a
    /// refusal has its reason also while the archive is away.
    pub async fn stored(&self, me: &Identity, change: &Change, shard: &ShardHub) -> Result<Option<Sent>, Refusal> {
        if let Some(named) = named(change) {
            // The first send may have gone by another gateway.
            shard.barrier().await?;
            let found = shard.kept(&change.room).iter().find_map(|record| under_key(record, &me.claims.sub, change));
            // Whatever names a message stands above it.
            if found.is_some() || shard.recent(&change.room, named).is_some() {
                return Ok(found);
            }
        }
        self.sent(me, change, shard).await
    }
}

/// The newest message that a change names.
fn named(change: &Change) -> Option<u64> {
    let target = change.target.as_ref().and_then(|target| target.seq());
    let body = change.body.as_ref();
    [target, body.and_then(|body| body.reply_to), body.and_then(|body| body.thread)].into_iter().flatten().max()
}

fn under_key(record: &Record, author: &UserId, change: &Change) -> Option<Sent> {
    let envelope = Envelope::decode(&record.payload).ok()?;
    let same = envelope.id == change.id && envelope.from.id == *author;
    same.then(|| Sent { seq: record.seq, ts: record.ts, digest: envelope.digest() })
}
