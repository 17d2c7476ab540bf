//! Rules for names and texts that people type.

use unicode_normalization::UnicodeNormalization as _;

use crate::id::{RoomId, UserId};
use crate::limits::{MENTIONS, QUOTE_CHARS};

/// Why a name was refused; the text goes to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    #[error("is empty")]
    Empty,
    #[error("is longer than {0} characters")]
    TooLong(usize),
    #[error("holds a control character")]
    Control,
}

/// A name in NFC without white space around it, of 1 to `most` characters and without control characters.
pub fn name(text: &str, most: usize) -> Result<String, BadName> {
    let name = line(text, most)?;
    if name.is_empty() { Err(BadName::Empty) } else { Ok(name) }
}

/// Like [`name`], but may be empty: topics and status texts.
pub fn line(text: &str, most: usize) -> Result<String, BadName> {
    let line: String = text.nfc().collect();
    let invisible =
        |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if line.chars().any(invisible) {
        return Err(BadName::Control);
    }
    let line = line.trim();
    if line.chars().count() > most {
        return Err(BadName::TooLong(most));
    }
    Ok(line.to_owned())
}

/// The form in which user names are compared: case does not count.
pub fn folded(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).collect()
}

/// At most `QUOTE_CHARS` characters from the start.
pub fn cut(text: &str) -> &str {
    text.char_indices().nth(QUOTE_CHARS).map_or(text, |(at, _)| &text[..at])
}

/// Users named by `<@user>`, each once, in order, at most 50; whether they exist is the caller's to find.
pub fn mentions(text: &str) -> Vec<UserId> {
    tokens(text, "<@")
}

/// Rooms named by `<#room>`.
pub fn room_links(text: &str) -> Vec<RoomId> {
    tokens(text, "<#")
}

fn tokens(text: &str, opening: &str) -> Vec<crate::id::Name> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(opening) {
        let rest = &text[at + opening.len()..];
        let Some(name) = rest.find('>').and_then(|end| crate::id::Name::parse(&rest[..end]).ok()) else { continue };
        if !found.contains(&name) {
            found.push(name);
            if found.len() == MENTIONS {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_found_once_and_in_order() {
        let found = mentions("<@bo> hi <@ann>, <@bo> <@> <@a b> <@x");
        assert_eq!(found.iter().map(|user| user.as_str()).collect::<Vec<_>>(), ["bo", "ann"]);
    }

    #[test]
    fn names_are_normalised_and_bounded() {
        assert_eq!(name(" \u{1112}\u{1161}\u{11ab} ", 32).unwrap(), "한");
        assert_eq!(name("  ", 32), Err(BadName::Empty));
        for text in ["a\u{0}b", "a\n", "\ta", "a\u{202e}b"] {
            assert_eq!(name(text, 32), Err(BadName::Control));
        }
        assert_eq!(name(&"x".repeat(33), 32), Err(BadName::TooLong(32)));
        assert_eq!(cut(&"한".repeat(200)).chars().count(), 120);
    }
}
