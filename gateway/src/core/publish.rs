//! From a change to its `ok`: who may, is it a retry, publish, and the log's time.

use std::sync::Arc;

use fabric::{Publish, PublishError};
use protocol::code::{Code, Refusal};
use protocol::digest::Digest;
use protocol::envelope::Envelope;
use protocol::event::{Author, AuthorType, Body, Kind, Quote};
use protocol::frame::{Change, OkFrame};
use protocol::id::UserId;
use protocol::limits::LATE_MS;
use protocol::room::{RoomType, SiteRole, may_delete_others, may_pin};
use protocol::rpc::account::KnownUsers;
use protocol::rpc::archive::{GetSent, Sent, Wait};
use protocol::subject::message_id;
use protocol::text::{cut, mentions};
use tracing::Instrument as _;

use super::{Core, Standing, now_ms};
use crate::hub::ShardHub;
use crate::session::Identity;

/// A stream that was made anew may lack what was stored before; for so long every send there counts as late.
const YOUNG_MS: u64 = 300_000;
/// Streams that were made anew begin at least this high.
const ANEW: u64 = 1 << 32;
/// How long `ack: "archived"` waits.
const ARCHIVED_MS: u64 = 10_000;

impl Core {
    /// Publishes a change and answers when it is stored.
    pub async fn publish(&self, me: &Identity, change: Change) -> Result<Box<OkFrame>, Refusal> {
        let span = tracing::info_span!("gateway.send", room.id = %change.room, kind = change.kind.as_str());
        self.publish_traced(me, change).instrument(span).await
    }

    async fn publish_traced(&self, me: &Identity, change: Change) -> Result<Box<OkFrame>, Refusal> {
        let standing = match self.standing(me, &change.room).await {
            Ok(standing) => standing,
            Err(refusal) => return self.repeated_by_stranger(me, &change, refusal).await,
        };
        let shard = standing.shard.clone();
        if !shard.is_healthy() {
            return Err(Refusal::unavailable("the room's log cannot be heard now; try again"));
        }
        let digest = own_digest(&change);
        let young = shard.head() >= ANEW && now_ms() < shard.created_ms() + YOUNG_MS;
        let late = young || change.id.time_ms() + LATE_MS < now_ms();
        if late && let Some(sent) = self.sent(me, &change, &shard).await? {
            return repeated(&change, digest, &sent);
        }
        let envelope = match self.prepare(me, &change, &standing).await {
            Ok(envelope) => envelope,
            Err(refusal) if refusal.code.retryable() || late => return Err(refusal),
            // It may be the retry of what was stored before the reason for the refusal came to be.
            Err(refusal) => match self.stored(me, &change, &shard).await? {
                Some(sent) => return repeated(&change, digest, &sent),
                None => return Err(refusal),
            },
        };
        let publish = Publish {
            shard: shard.shard.clone(),
            room: change.room.clone(),
            msg_id: message_id(&change.room, &me.claims.sub, change.id),
            payload: envelope.encode().into(),
            traceparent: chassis::telemetry::traceparent(),
        };
        // Its live copy tells the time.
        let _attending = shard.attend();
        let ack = self.fabric.publish(publish).await.map_err(refuse_publish)?;
        if ack.duplicate {
            let sent = self.original(me, &change, &shard, ack.seq).await?;
            return repeated(&change, digest, &sent);
        }
        if standing.room_type == RoomType::Public {
            self.active(&change.room, &shard.shard, &me.claims.sub);
        }
        let ts = self.time_of(&shard, &change, ack.seq).await?;
        Ok(Box::new(OkFrame { trace: chassis::telemetry::trace_id(), ..ok(&change, ack.seq, ts) }))
    }

    /// To a former member the room does not exist, but what he sent before is stored, and a retry must tell.
    async fn repeated_by_stranger(&self, me: &Identity, change: &Change, refusal: Refusal) -> Result<Box<OkFrame>, Refusal> {
        let Some((_, place)) = me.user.known(&change.room).filter(|_| refusal.code == Code::NotFound) else {
            return Err(refusal);
        };
        let shard = self.hub.shard(&place)?;
        match self.sent(me, change, shard).await? {
            Some(sent) => repeated(change, own_digest(change), &sent),
            None => Err(refusal),
        }
    }

    /// The envelope of an allowed change.
    async fn prepare(&self, me: &Identity, change: &Change, standing: &Standing) -> Result<Envelope, Refusal> {
        let moderates = change.kind == Kind::Deleted && me.claims.role >= SiteRole::Moderator;
        if standing.role.is_none() && !moderates {
            // The cache never holds a "no": this is the directory's answer.
            return Err(Refusal::forbidden("join the room first"));
        }
        let mut body = change.body.clone();
        match change.kind {
            Kind::Message => {
                if let Some(body) = &mut body {
                    self.resolve(me, change, standing, body).await?;
                }
            }
            _ => self.check_target(me, change, standing).await?,
        }
        if let Some(body) = &mut body {
            body.mentions = self.known(mentions(body.text.as_deref().unwrap_or_default())).await;
        }
        // As he is now: since the token was made, a guest may have become an account.
        let (name, author_type) = match me.user.user() {
            Some(user) => (user.name, if user.guest { AuthorType::Guest } else { AuthorType::User }),
            None => (String::new(), me.claims.author_type()),
        };
        Ok(Envelope {
            kind: change.kind,
            id: change.id,
            from: Author { id: me.claims.sub.clone(), name, author_type },
            target: change.target.clone(),
            emoji: change.emoji.clone(),
            remove: change.remove,
            body,
            ver: None,
        })
    }

    /// Quotes what a reply answers; refuses a reply or thread that names no message.
    async fn resolve(&self, me: &Identity, change: &Change, standing: &Standing, body: &mut Body) -> Result<(), Refusal> {
        let find = async |seq: u64, field: &str| {
            let found = self.message(&standing.shard, &change.room, &me.claims.sub, seq).await?;
            let alive = found.filter(|entry| !entry.deleted);
            alive.ok_or_else(|| Refusal::bad_request(format!("`{field}` names no message of this room")))
        };
        if let Some(root) = body.thread {
            find(root, "thread").await?;
        }
        if let Some(seq) = body.reply_to {
            let entry = find(seq, "reply_to").await?;
            let text = entry.body.and_then(|body| body.text).map(|text| cut(&text).to_owned());
            body.reply = Some(Quote { seq, from: entry.from, text });
        }
        Ok(())
    }

    async fn check_target(&self, me: &Identity, change: &Change, standing: &Standing) -> Result<(), Refusal> {
        let seq = change.target.as_ref().and_then(|target| target.seq()).unwrap_or(0);
        let found = self.message(&standing.shard, &change.room, &me.claims.sub, seq).await?;
        let entry = found.filter(|entry| !entry.deleted).ok_or_else(|| Refusal::not_found("no such message in this room"))?;
        let own = entry.from.id == me.claims.sub;
        let allowed = match change.kind {
            Kind::Edited => own,
            Kind::Deleted => own || self.may_delete(me, change, standing).await?,
            Kind::Pinned => {
                self.may(me, change, standing, |role, members| role.is_some_and(|role| may_pin(role, members))).await?
            }
            Kind::Reacted => true,
            Kind::Created | Kind::Message | Kind::Joined | Kind::Left => false,
            Kind::Renamed | Kind::Topic | Kind::Role | Kind::Call => false,
        };
        if allowed { Ok(()) } else { Err(Refusal::forbidden("that is not yours to change")) }
    }

    /// The log tells roles: once all of it came through here, no directory need be asked.
    async fn may_delete(&self, me: &Identity, change: &Change, standing: &Standing) -> Result<bool, Refusal> {
        if may_delete_others(standing.role, me.claims.role) {
            return Ok(true);
        }
        standing.shard.barrier().await?;
        Ok(may_delete_others(me.user.role(&change.room), me.claims.role))
    }

    /// Asks the directory anew before it says no.
    async fn may(
        &self,
        me: &Identity,
        change: &Change,
        standing: &Standing,
        rule: impl Fn(Option<protocol::room::Role>, u64) -> bool,
    ) -> Result<bool, Refusal> {
        if rule(standing.role, standing.members.unwrap_or(u64::MAX)) {
            return Ok(true);
        }
        let fresh = self.fresh_standing(me, &change.room).await?;
        Ok(rule(fresh.role, fresh.members.unwrap_or(u64::MAX)))
    }

    /// Those of the users that exist. Without an answer, those that are known here.
    async fn known(&self, users: Vec<UserId>) -> Vec<UserId> {
        if users.iter().any(|user| !self.known_users.contains_key(user)) {
            let request = KnownUsers { users: users.clone() };
            for user in self.fabric.request(&request).await.unwrap_or_default() {
                self.known_users.insert(user, ());
            }
        }
        users.into_iter().filter(|user| self.known_users.contains_key(user)).collect()
    }

    /// Asks the archive, caught up to the log's head of now, whether the key was stored.
    pub async fn sent(&self, me: &Identity, change: &Change, shard: &ShardHub) -> Result<Option<Sent>, Refusal> {
        let at_least = shard.barrier().await?;
        let (room, author) = (change.room.clone(), me.claims.sub.clone());
        self.fabric.request(&GetSent { shard: shard.shard.clone(), room, author, id: change.id, at_least }).await
    }

    /// What the log holds under the key; the archive when it is purged there.
    async fn original(&self, me: &Identity, change: &Change, shard: &ShardHub, seq: u64) -> Result<Sent, Refusal> {
        let record = match shard.record(&change.room, seq) {
            Some(record) => Some((record.payload.clone(), record.ts)),
            None => match self.fabric.get(&shard.shard, seq).await {
                Ok(record) => record.map(|record| (record.payload, record.ts)),
                Err(_) => return Err(Refusal::unavailable("the first send cannot be read now; try again")),
            },
        };
        if let Some((payload, ts)) = record
            && let Ok(envelope) = Envelope::decode(&payload)
        {
            return Ok(Sent { seq, ts, digest: envelope.digest() });
        }
        let sent = self.sent(me, change, shard).await?;
        sent.ok_or_else(|| Refusal::unavailable("the first send cannot be read now; try again"))
    }

    async fn time_of(&self, shard: &Arc<ShardHub>, change: &Change, seq: u64) -> Result<u64, Refusal> {
        if let Some(ts) = shard.time_of(&change.room, seq).await {
            return Ok(ts);
        }
        match self.fabric.get(&shard.shard, seq).await {
            Ok(Some(record)) => Ok(record.ts),
            // It is stored; the retry will tell its time.
            Ok(None) | Err(_) => Err(Refusal::unavailable("stored, but its time cannot be read; send it again")),
        }
    }

    /// Waits until the archive holds what was stored; says `archived` when that came in time.
    pub async fn archived(&self, me: &Identity, mut ok: Box<OkFrame>) -> Box<OkFrame> {
        let place = ok.room.as_ref().and_then(|room| me.user.known(room)).map(|(_, shard)| shard);
        if let Some((shard, seq)) = place.zip(ok.seq) {
            let within = std::time::Duration::from_millis(ARCHIVED_MS);
            let request = Wait { shard, seq, wait_ms: ARCHIVED_MS };
            if self.fabric.request_within(&request, within).await.is_ok() {
                ok.level = Some("archived".into());
            }
        }
        ok
    }
}

fn repeated(change: &Change, digest: Digest, sent: &Sent) -> Result<Box<OkFrame>, Refusal> {
    if sent.digest != digest {
        return Err(Refusal::conflict("this `id` was used for something else in this room"));
    }
    Ok(Box::new(OkFrame { dup: Some(true), ..ok(change, sent.seq, sent.ts) }))
}

fn own_digest(change: &Change) -> Digest {
    let (target, emoji) = (change.target.as_ref(), change.emoji.as_deref());
    protocol::digest::digest(change.kind, target, emoji, change.remove, change.body.as_ref())
}

fn ok(change: &Change, seq: u64, ts: u64) -> OkFrame {
    let (reference, room, id) = (change.reference, Some(change.room.clone()), Some(change.id));
    let level = Some("stored".into());
    OkFrame { reference, room, id, seq: Some(seq), ts: Some(ts), level, ..OkFrame::default() }
}

fn refuse_publish(error: PublishError) -> Refusal {
    tracing::debug!(%error, "publish failed");
    let message = match error {
        PublishError::Full => "the room's log is full; try again later",
        _ => "the log does not answer; try again",
    };
    Refusal::new(Code::Unavailable, message)
}
