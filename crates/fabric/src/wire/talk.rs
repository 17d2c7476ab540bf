//! What every connection says and hears beside its messages: whether both sides live.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Wire;
use super::parse::{Incoming, Op};

/// A connection that is silent for so long is asked whether it lives; three questions without an answer end it.
pub(crate) const PING: Duration = Duration::from_secs(1);
const UNANSWERED: u32 = 3;

/// Room that is kept for what is to be said.
const KEPT: usize = 1 << 20;

/// What a connection still has to say and to hear.
#[derive(Default)]
pub(crate) struct Talk {
    /// To be written.
    pub out: Vec<u8>,
    /// Whoever waits for the answer to each of our `PING`s.
    pongs: VecDeque<Option<oneshot::Sender<()>>>,
    /// Something came since the last look.
    heard: bool,
    /// Looks since something came.
    silent: u32,
}

impl Talk {
    pub fn say(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    pub fn ping(&mut self, asker: Option<oneshot::Sender<()>>) {
        self.say("PING");
        self.pongs.push_back(asker);
    }

    /// Takes what the server says, but for a message.
    pub fn hear<'b>(&mut self, op: Op<'b>) -> Option<Incoming<'b>> {
        self.heard = true;
        match op {
            Op::Message(message) => return Some(message),
            Op::Ping => self.say("PONG"),
            Op::Pong => {
                if let Some(asker) = self.pongs.pop_front().flatten() {
                    // Who gave up meanwhile does not hear it.
                    let _given_up = asker.send(());
                }
            }
            Op::Err(error) => tracing::warn!(error, "nats server complains"),
            Op::Info(_) | Op::Ok => {}
        }
        None
    }

    /// Once a [`PING`]: an error when the server does not answer.
    pub fn tick(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.heard, false) {
            self.silent = 0;
            return Ok(());
        }
        self.silent += 1;
        if self.silent > UNANSWERED {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.ping(None);
        Ok(())
    }

    /// Writes what there is to say.
    pub async fn write(&mut self, wire: &mut Wire) -> io::Result<()> {
        if !self.out.is_empty() {
            wire.write(&self.out).await?;
            self.out.clear();
            // One flood does not keep its room for ever.
            self.out.shrink_to(KEPT);
        }
        Ok(())
    }
}
