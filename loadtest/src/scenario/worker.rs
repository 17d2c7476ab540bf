//! Further processes of a run: open files are limited to 20,000 a process in many containers, and one process has few cores' use.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Sockets of one process.
pub const SOCKETS: usize = 15_000;

/// A process that speaks in lines, and ends with its input.
pub struct Worker {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts this program with a hidden command.
    pub fn start(command: &str, arguments: &[(&str, String)]) -> anyhow::Result<Self> {
        let mut started = Command::new(std::env::current_exe()?);
        started.arg(command).args(arguments.iter().flat_map(|(name, value)| [(*name).to_owned(), value.clone()]));
        let mut child = started.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let input = child.stdin.take().context("a piped input")?;
        let lines = BufReader::new(child.stdout.take().context("a piped output")?).lines();
        Ok(Self { child, input, lines })
    }

    /// Waits for its next line, such as `connected 15000`, and gives what stands behind the word.
    pub async fn hear(&mut self, within: Duration, word: &str) -> anyhow::Result<String> {
        let line = timeout(within, self.lines.next_line()).await.with_context(|| format!("not {word} within {within:?}"))??;
        match line.as_deref().and_then(|line| line.strip_prefix(word)) {
            Some(rest) => Ok(rest.trim().to_owned()),
            None => bail!("a process that holds sockets ended"),
        }
    }

    /// Asks for what it has, and waits for its line.
    pub async fn ask(&mut self, within: Duration, word: &str) -> anyhow::Result<String> {
        self.input.write_all(b"\n").await?;
        self.hear(within, word).await
    }

    /// Ends its input, and gives its last line.
    pub async fn end(self, within: Duration, word: &str) -> anyhow::Result<String> {
        let Self { mut child, input, lines } = self;
        drop(input);
        let mut lines = lines;
        let line = timeout(within, lines.next_line()).await.with_context(|| format!("not {word} within {within:?}"))??;
        child.wait().await?;
        line.and_then(|line| Some(line.strip_prefix(word)?.trim().to_owned())).context("a process that holds sockets broke")
    }
}
