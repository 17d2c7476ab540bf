//! Runs the program.

use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// Starts it with these arguments and the address of a server.
pub fn start(url: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadtest"));
    command.args(arguments).args(["--url", url]).env_remove("CHATMESH_URL");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How it ended, and the figures of its line of JSON.
pub async fn end(child: Child) -> (Output, Value) {
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output, line["figures"].clone())
}
