//! `mesh admin create`: a site administrator, made in the database of the running mesh.

use std::io::{IsTerminal as _, Read as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chassis::config::{Sources, load};
use persister::pool::Pools;

use crate::config::Config;
use crate::servers::{Connect, connect_file};

const PASSWORD_VARIABLE: &str = "CHATMESH_ADMIN_PASSWORD";
/// As every process ends that was configured badly.
const BAD_CONFIG: u8 = 64;

/// Makes the administrator; a failure is one sentence.
pub fn create(name: &str) -> ExitCode {
    let config = match load::<Config>(&Sources::of_process()) {
        Ok((_, config)) => config,
        Err(error) => {
            eprintln!("mesh: {error}");
            return ExitCode::from(BAD_CONFIG);
        }
    };
    match create_in(&config, name) {
        Ok(sentence) => {
            println!("{sentence}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("mesh: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn create_in(config: &Config, name: &str) -> anyhow::Result<String> {
    let url = postgres_url(config)?;
    let password = password()?;
    let pools = Pools::new(&persister::config::PostgresConfig { url, pool_size: 1, ..Default::default() })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let user = runtime.block_on(persister::accounts::create_admin(&pools, name, &password))?;
    Ok(format!("{} is an administrator of this site", user.name))
}

/// The database: the configured one, else that of the mesh that runs on the data folder.
fn postgres_url(config: &Config) -> anyhow::Result<String> {
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
fn password() -> anyhow::Result<String> {
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
