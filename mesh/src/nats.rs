//! The nats-server of the mesh: one node, file storage, a login that only this data folder knows.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use nix::sys::signal::Signal;

use crate::binaries;
use crate::config::Durability;
use crate::folder::{Folder, told};
use crate::privilege::command;
use crate::probe::Probe;
use crate::stale::PidFile;
use crate::supervise::Recipe;

/// nats-server puts the variables in from its environment.
const CONFIGURATION: &str = include_str!("../../nats/server.conf");
const USER: &str = "mesh";

/// Where the services find it.
pub struct Address {
    pub url: String,
    pub user: String,
    pub password: String,
}

/// How it is started, and where it then is. The port stays the same for the life of the mesh, so that clients come back.
pub fn recipe(folder: &Folder, own: Option<&Path>, durability: Durability) -> anyhow::Result<(Recipe, Address)> {
    let program = binaries::nats_server(own)?;
    let password = folder.secret("nats")?;
    let address = free_address().map_err(told(Path::new("127.0.0.1")))?;
    let configuration = folder.run().join("nats-server.conf");
    std::fs::write(&configuration, CONFIGURATION).map_err(told(&configuration))?;
    let url = format!("nats://{address}");
    let variables = [
        ("CHATMESH_NATS_LISTEN", address.to_string()),
        ("CHATMESH_NATS_STORE", folder.root().join("nats").to_string_lossy().into_owned()),
        ("CHATMESH_NATS_SYNC", durability.sync_interval().to_owned()),
        ("CHATMESH_NATS_USER", USER.to_owned()),
        ("CHATMESH_NATS_PASSWORD", password.clone()),
    ];
    let recipe = Recipe {
        name: "nats-server",
        command: Box::new(move || {
            let mut command = command(&program, "TERM", None, &[]);
            command.arg("--config").arg(&configuration).envs(variables.iter().map(|(key, value)| (*key, value)));
            command
        }),
        probe: Probe::Nats(address),
        orderly: Signal::SIGTERM,
        log: folder.root().join("nats-server.log"),
        pid_file: PidFile::new(&folder.run(), "nats-server"),
    };
    Ok((recipe, Address { url, user: USER.to_owned(), password }))
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
