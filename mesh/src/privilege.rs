//! How a child is started: it dies with this process, and Postgres does not run as root.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::unistd::{Gid, Uid, User, geteuid};
use tokio::process::Command;

/// The user that Postgres runs as when the mesh is root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Servant {
    pub uid: Uid,
    pub gid: Gid,
}

impl Servant {
    /// None when the mesh is not root: Postgres then runs as the same user.
    pub fn choose(data: &Path) -> Option<Self> {
        if !geteuid().is_root() {
            return None;
        }
        // An existing cluster stays with its owner.
        if let Ok(found) = fs::metadata(data)
            && found.uid() != 0
        {
            return Some(Self { uid: found.uid().into(), gid: found.gid().into() });
        }
        let named = |name: &str| User::from_name(name).ok().flatten().map(|user| Self { uid: user.uid, gid: user.gid });
        const NOBODY: u32 = 65_534;
        named("postgres").or_else(|| named("nobody")).or(Some(Self { uid: NOBODY.into(), gid: NOBODY.into() }))
    }
}

/// A command that gets `on_death` when the thread that forked it ends, as `servant` when there is one.
///
/// `setpriv` and not the standard library: the signal is cleared by a change of user, so it must be set after it.
pub fn command(program: &Path, on_death: &str, servant: Option<Servant>, needs: &[&Path]) -> Command {
    let mut command = Command::new("setpriv");
    if let Some(Servant { uid, gid }) = servant {
        command.args([format!("--reuid={uid}"), format!("--regid={gid}")]).arg("--clear-groups");
        if !needs.iter().chain([&program]).all(|path| open_to_all(path)) {
            // A checkout below a closed home folder: the servant may enter it, as root could. `access` honours that only with this bit.
            command.args(["--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]);
        }
    }
    command.args(["--pdeathsig", on_death, "--"]).arg(program);
    // Ctrl-C reaches the whole group of a terminal; children end after the services, not with them.
    command.process_group(0).kill_on_drop(true).stdin(std::process::Stdio::null());
    command
}

/// Whether any user may enter every folder above the path.
fn open_to_all(path: &Path) -> bool {
    path.ancestors().skip(1).all(|folder| fs::metadata(folder).is_ok_and(|found| found.mode() & 0o001 != 0))
}
