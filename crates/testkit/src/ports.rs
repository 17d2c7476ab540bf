//! Ports that stay a test's own while its servers are down.

use std::fs::File;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below what the kernel gives to outgoing connections and to port 0 (from 32768 on): it must not give away the port of
/// a server that a test has just killed and will start again.
const FIRST: u32 = 10_000;
const COUNT: u32 = 20_000;

/// A port of 127.0.0.1 that nobody listens on, and that no other test process gets while this one lives.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folder = std::env::temp_dir().join("chatmesh-test-ports");
    std::fs::create_dir_all(&folder).expect("a folder for the locks of ports");
    for _ in 0..COUNT {
        // Processes begin apart from each other, so that they seldom ask for the same one.
        let turn = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id().wrapping_mul(101));
        let port = u16::try_from(FIRST + turn % COUNT).expect("below 65536");
        let lock = File::create(folder.join(port.to_string())).expect("a lock for a port");
        if lock.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            // Held until the process ends.
            std::mem::forget(lock);
            return port;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}
