//! Recorded chat: files as lines with a time, an author and a text.

mod irc;
mod pairs;

use std::path::Path;

use anyhow::Context as _;

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Milliseconds since the file's first line, by the recorded clock.
    pub at_ms: u64,
    pub nick: String,
    pub text: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    pub name: String,
    pub lines: Vec<Line>,
}

impl Recording {
    /// Reads a file: comma-separated pairs by its name, else a log of IRC.
    pub fn read(path: &Path) -> anyhow::Result<Recording> {
        let shown = path.display();
        let bytes = std::fs::read(path).with_context(|| format!("{shown} cannot be read"))?;
        // Stray bytes become replacement characters; the wire takes no U+0000.
        let text = String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}");
        let is_csv = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        let lines = if is_csv { pairs::parse(&text) } else { irc::parse(&text) };
        let lines = lines.with_context(|| format!("{shown} is not recorded chat that is known here"))?;
        anyhow::ensure!(!lines.is_empty(), "{shown} holds no line");
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Recording { name: short(&name, 80), lines })
    }
}

/// A name as the server takes it: without control characters, not longer than `most` characters, not empty.
pub fn short(name: &str, most: usize) -> String {
    let clean: String = name.chars().filter(|letter| !letter.is_control()).take(most).collect();
    let clean = clean.trim();
    if clean.is_empty() { "somebody".into() } else { clean.into() }
}
