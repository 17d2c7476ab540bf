//! Following a stream in order with a consumer that keeps nothing: when anything is odd, it is thrown away and made anew from the last
//! message on.

use std::time::Duration;

use async_nats::{Client, Message, Subscriber};
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::Fabric;
use crate::api;
use crate::error::FabricError;
use crate::record::Place;
use crate::stream::StreamInfo;

/// Messages asked for at a time; the next are asked for when half of them came.
const PULL: usize = 1_024;
/// The server ends a pull after this.
const EXPIRES: Duration = Duration::from_secs(30);
/// While nothing comes, the server says so as often.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Nothing at all for so long: the consumer is stalled.
const STALL: Duration = Duration::from_secs(3);
/// Unheard-of consumers are removed by the server after this.
const FORGOTTEN: Duration = Duration::from_secs(30);
/// Making anew is tried for so long before the caller hears of it.
const REBUILD: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(200);

/// A place in a stream that moves on.
#[derive(Debug)]
pub(crate) struct Follow {
    fabric: Fabric,
    stream: String,
    /// The last message delivered.
    pub last: u64,
    consumer: Option<Consumer>,
    reconnects: watch::Receiver<u64>,
}

#[derive(Debug)]
struct Consumer {
    client: Client,
    messages: Subscriber,
    inbox: String,
    name: String,
    stream: String,
    /// Messages that this consumer sent.
    delivered: u64,
    /// Messages still to come of what was asked for.
    outstanding: usize,
}

/// A message and where it stands.
pub(crate) type Followed = (Place, Message);

/// What a consumer's message means.
enum Heard {
    Message(Followed),
    /// A heartbeat, or the end of a pull.
    Quiet,
    Odd(&'static str),
}

impl Follow {
    /// From the message after `last` on.
    pub fn after(fabric: &Fabric, stream: String, last: u64) -> Self {
        Self { fabric: fabric.clone(), stream, last, consumer: None, reconnects: fabric.reconnects() }
    }

    /// Whether a consumer must be made; before that, the caller may look at the stream.
    pub fn is_idle(&self) -> bool {
        self.consumer.is_none()
    }

    pub fn stream(&self) -> &str {
        &self.stream
    }

    pub async fn info(&self) -> Result<StreamInfo, FabricError> {
        self.fabric.stream_info(&self.stream).await
    }

    /// Makes the consumer; tries for [`REBUILD`].
    pub async fn start(&mut self) -> Result<(), FabricError> {
        self.reconnects.mark_unchanged();
        let deadline = Instant::now() + REBUILD;
        loop {
            match Consumer::make(self.fabric.client(), &self.stream, self.last + 1).await {
                Ok(consumer) => {
                    self.consumer = Some(consumer);
                    return Ok(());
                }
                Err(error @ (FabricError::Refused { .. } | FabricError::StreamMissing { .. })) => return Err(error),
                Err(error) if Instant::now() >= deadline => return Err(error),
                Err(_) => tokio::time::sleep(RETRY).await,
            }
        }
    }

    /// The next message; `None`: the consumer was thrown away, start again. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Followed> {
        loop {
            let consumer = self.consumer.as_mut()?;
            let heard = if consumer.outstanding <= PULL / 2 && consumer.pull().await.is_err() {
                Heard::Odd("the connection ended")
            } else {
                tokio::select! {
                    biased;
                    message = timeout(STALL, consumer.messages.next()) => match message {
                        Ok(Some(message)) => consumer.hear(message),
                        Ok(None) => Heard::Odd("its subscription ended"),
                        Err(_) => Heard::Odd("it is silent"),
                    },
                    // What was asked for before is not owed any more.
                    _ = self.reconnects.changed() => Heard::Odd("the connection came back"),
                }
            };
            if let Some(followed) = self.take(heard) {
                return Some(followed);
            }
        }
    }

    /// A message that is there already.
    pub fn ready(&mut self) -> Option<Followed> {
        loop {
            let consumer = self.consumer.as_mut()?;
            let message = consumer.messages.next().now_or_never()??;
            let heard = consumer.hear(message);
            if let Some(followed) = self.take(heard) {
                return Some(followed);
            }
        }
    }

    fn take(&mut self, heard: Heard) -> Option<Followed> {
        match heard {
            Heard::Message(followed) => {
                self.last = followed.0.seq;
                Some(followed)
            }
            Heard::Quiet => None,
            Heard::Odd(reason) => {
                tracing::debug!(stream = self.stream, reason, "consumer is made anew");
                self.consumer = None;
                None
            }
        }
    }
}

impl Consumer {
    async fn make(client: &Client, stream: &str, from: u64) -> Result<Self, FabricError> {
        let inbox = client.new_inbox();
        let name = inbox.rsplit('.').next().unwrap_or_default().to_owned();
        let messages = client.subscribe(inbox.clone()).await.map_err(FabricError::unavailable)?;
        let config = json!({
            "name": name, "deliver_policy": "by_start_sequence", "opt_start_seq": from, "ack_policy": "none",
            "max_deliver": 1, "mem_storage": true, "num_replicas": 1, "inactive_threshold": nanos(FORGOTTEN),
        });
        let body = json!({ "stream_name": stream, "config": config, "action": "create" });
        let call = format!("CONSUMER.CREATE.{stream}.{name}");
        let _: Value = api::ask(client, &call, &body, api::TIMEOUT).await?;
        let (client, stream) = (client.clone(), stream.to_owned());
        let mut consumer = Self { client, messages, inbox, name, stream, delivered: 0, outstanding: 0 };
        consumer.pull().await.map_err(FabricError::unavailable)?;
        Ok(consumer)
    }

    async fn pull(&mut self) -> Result<(), async_nats::PublishError> {
        let body = json!({ "batch": PULL, "expires": nanos(EXPIRES), "idle_heartbeat": nanos(HEARTBEAT) });
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", self.stream, self.name);
        self.client.publish_with_reply(subject, self.inbox.clone(), body.to_string().into()).await?;
        self.outstanding += PULL;
        Ok(())
    }

    fn hear(&mut self, message: Message) -> Heard {
        let Some(status) = message.status else { return self.place(message) };
        match status.as_u16() {
            // A heartbeat.
            100 => Heard::Quiet,
            // The pull ended; what it still owed does not come.
            404 | 408 => {
                let pending = message.headers.as_ref().and_then(|headers| headers.get("Nats-Pending-Messages"));
                let pending = pending.and_then(|pending| pending.as_str().parse().ok()).unwrap_or(self.outstanding);
                self.outstanding = self.outstanding.saturating_sub(pending);
                Heard::Quiet
            }
            503 => Heard::Odd("nobody answers for it"),
            _ => Heard::Odd("the server ended it"),
        }
    }

    fn place(&mut self, message: Message) -> Heard {
        let Some((place, delivered)) = message.reply.as_ref().and_then(|reply| place(reply)) else {
            return Heard::Odd("its message cannot be read");
        };
        if delivered != self.delivered + 1 {
            return Heard::Odd("a message of it is missing");
        }
        self.delivered = delivered;
        self.outstanding = self.outstanding.saturating_sub(1);
        Heard::Message((place, message))
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let (client, call) = (self.client.clone(), format!("$JS.API.CONSUMER.DELETE.{}.{}", self.stream, self.name));
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        // A kindness to the server: it forgets the consumer anyway.
        runtime.spawn(async move { client.publish(call, bytes::Bytes::new()).await });
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<delivered>.<seq>.<consumer seq>.<time ns>.<pending>[.<token>]`
fn place(reply: &str) -> Option<(Place, u64)> {
    let tokens: Vec<&str> = reply.split('.').collect();
    let skip = match tokens.len() {
        9 => 0,
        11.. => 2,
        _ => return None,
    };
    let number = |index: usize| tokens.get(index + skip)?.parse::<u64>().ok();
    Some((Place { seq: number(5)?, prev: 0, ts: number(7)? / 1_000_000 }, number(6)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_reply_are_read() {
        let expected = Some((Place { seq: 42, prev: 0, ts: 1_700_000_000_123 }, 7));
        assert_eq!(place("$JS.ACK.LOG_local_0.c.1.42.7.1700000000123456789.3"), expected);
        assert_eq!(place("$JS.ACK.hub.ACC.LOG_local_0.c.1.42.7.1700000000123456789.3"), expected);
        assert_eq!(place("$JS.ACK.hub.ACC.LOG_local_0.c.1.42.7.1700000000123456789.3.x"), expected);
        assert_eq!(place("$JS.ACK.a.b"), None);
    }
}
