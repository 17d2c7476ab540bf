//! The allocator of all services, and what it gives back to the machine.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

/// A quarter of a sending gateway's time went into glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(5);

/// Gives back what has been free for a second. By itself the allocator looks only when more is freed: what a busy minute took would stay
/// for as long as the service is quiet then. Of what 90,000 attachments seemed to cost a gateway, that was more than half.
pub async fn give_back() {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        collect();
    }
}

#[expect(unsafe_code, reason = "a call of the allocator's, without arguments that could be wrong; any thread may make it")]
fn collect() {
    // SAFETY: it concerns only what was freed.
    unsafe { libmimalloc_sys::mi_collect(false) }
}
