//! The tick of the presence service: whether this gateway is heard, and the figures of the whole.

use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::id::Name;
use protocol::rpc::roster::Tick;

use crate::core::now_ms;

/// Without a tick that names this gateway for so long it knows that it is cut off, in milliseconds.
const CUT_OFF_MS: u64 = 10_000;
/// A replica that is silent for so long has no say any more, whatever its epoch, in milliseconds.
const SILENT_MS: u64 = 3_000;

#[derive(Default)]
pub struct Ticks(Mutex<State>);

#[derive(Default)]
struct State {
    last: Option<(Tick, u64)>,
    /// When this gateway was named last; None: never yet.
    named_ms: Option<u64>,
}

impl Ticks {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False: it comes from a replica that was deposed.
    pub fn hear(&self, tick: &Tick, node: &Name) -> bool {
        let mut state = self.lock();
        let now = now_ms();
        if state.last.as_ref().is_some_and(|(last, at)| tick.epoch < last.epoch && now < at + SILENT_MS) {
            return false;
        }
        if tick.nodes.contains(node) {
            state.named_ms = Some(now);
        }
        state.last = Some((tick.clone(), now));
        true
    }

    /// Once it was heard, a gateway that is not heard any more is cut off. A mesh without a presence service is none.
    pub fn is_cut_off(&self) -> bool {
        self.lock().named_ms.is_some_and(|named| named + CUT_OFF_MS <= now_ms())
    }

    /// Open sockets of all gateways, if that is known.
    pub fn sockets(&self) -> Option<u64> {
        let state = self.lock();
        let (tick, at) = state.last.as_ref()?;
        (now_ms() < at + CUT_OFF_MS).then_some(tick.sockets)
    }

    /// [`Tick::ranking`] of the replica that tells.
    pub fn ranking(&self) -> Option<(u64, u64)> {
        self.lock().last.as_ref().map(|(tick, _)| (tick.epoch, tick.ranking))
    }
}
