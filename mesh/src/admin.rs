//! `mesh admin create`: a site administrator, made in the database of the running mesh.

use std::io::{IsTerminal as _, Read as _};

use anyhow::{Context as _, bail};

use crate::config::Config;
use crate::servers::{Connect, connect_file};

const PASSWORD_VARIABLE: &str = "CHATMESH_ADMIN_PASSWORD";

/// The database: the configured one, else that of the mesh that runs on the data folder.
pub fn postgres_url(config: &Config) -> anyhow::Result<String> {
    if let Some(url) = &config.postgres.url {
        return Ok(url.clone());
    }
    let path = connect_file(&config.data_dir.join("run"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        bail!("no mesh runs on the data folder {}; start it, or set CHATMESH__DATA_DIR", config.data_dir.display());
    };
    let connect: Connect = serde_json::from_str(&text).with_context(|| format!("{} is not readable", path.display()))?;
    Ok(connect.postgres_url)
}

/// The password: from the variable, the terminal (asked twice, not shown), or the first line of stdin.
pub fn password() -> anyhow::Result<String> {
    if let Ok(password) = std::env::var(PASSWORD_VARIABLE) {
        return Ok(password);
    }
    if std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ").context("the terminal cannot be read")?;
        let second = rpassword::prompt_password("Again: ").context("the terminal cannot be read")?;
        if first != second {
            bail!("the two passwords differ");
        }
        return Ok(first);
    }
    let mut text = String::new();
    std::io::stdin().take(4 << 10).read_to_string(&mut text).context("no password on stdin")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
