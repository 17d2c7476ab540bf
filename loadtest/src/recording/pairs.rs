//! Question and answer pairs, columns `Q,A,label`, quoted as RFC 4180 says. Nobody wrote down when they were said: one every two seconds.

use anyhow::{Context as _, ensure};

use super::Line;

const STEP_MS: u64 = 2_000;

pub fn parse(text: &str) -> anyhow::Result<Vec<Line>> {
    let mut records = records(text.strip_prefix('\u{feff}').unwrap_or(text))?.into_iter();
    let header = records.next().context("there is no header")?;
    ensure!(header.iter().map(String::as_str).eq(["Q", "A", "label"]), "the columns are {header:?}, not Q,A,label");
    let mut lines = Vec::new();
    for (number, record) in records.enumerate() {
        let [question, answer, label] = &record[..] else {
            anyhow::bail!("record {} has {} fields, not 3", number + 2, record.len());
        };
        for (nick, text) in [("Q", question), ("A", answer)] {
            ensure!(!text.is_empty(), "record {} says nothing in column {nick}", number + 2);
            // Three moods, each with its two people.
            lines.push(Line { at_ms: lines.len() as u64 * STEP_MS, nick: format!("{nick}{label}"), text: text.clone() });
        }
    }
    Ok(lines)
}

/// Records of fields. Line ends are CRLF or LF; a quoted field may hold commas, line ends, and quotes written twice.
fn records(text: &str) -> anyhow::Result<Vec<Vec<String>>> {
    let mut records = Vec::new();
    let (mut record, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (field, behind) = field(rest).with_context(|| format!("record {}", records.len() + 1))?;
        record.push(field);
        rest = match behind.strip_prefix(',') {
            // The last field of the file may be empty.
            Some("") => {
                record.push(String::new());
                ""
            }
            Some(next) => {
                rest = next;
                continue;
            }
            None => behind.strip_prefix("\r\n").or_else(|| behind.strip_prefix('\n')).unwrap_or(behind),
        };
        records.push(std::mem::take(&mut record));
    }
    Ok(records)
}

/// One field, and what comes behind it: a comma, a line end, or nothing.
fn field(text: &str) -> anyhow::Result<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(['\n', ',']).unwrap_or(text.len());
        let end = if text[..end].ends_with('\r') && text[end..].starts_with('\n') { end - 1 } else { end };
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut field = String::new();
    loop {
        let (before, behind) = rest.split_once('"').context("a quoted field does not end")?;
        field += before;
        rest = behind;
        let Some(behind) = rest.strip_prefix('"') else { break };
        field.push('"');
        rest = behind;
    }
    ensure!(rest.is_empty() || rest.starts_with([',', '\n', '\r']), "something follows a quoted field");
    Ok((field, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_that_of_rfc_4180() {
        let text = "Q,A,label\r\n\"a, \"\"b\"\"\nc\",\"\",0\r\nd,e,1\nf,\"g\",";
        let expected = [vec!["Q", "A", "label"], vec!["a, \"b\"\nc", "", "0"], vec!["d", "e", "1"], vec!["f", "g", ""]];
        assert_eq!(records(text).unwrap(), expected.map(|record| record.into_iter().map(str::to_owned).collect::<Vec<_>>()));
        assert!(records("\"a").is_err() && records("\"a\"b,c").is_err());
    }

    #[test]
    fn questions_and_answers_take_turns() {
        let lines = parse("Q,A,label\n12시 땡!,하루가 또 가네요.,0\n").unwrap();
        assert_eq!(lines[0], Line { at_ms: 0, nick: "Q0".into(), text: "12시 땡!".into() });
        assert_eq!(lines[1], Line { at_ms: 2_000, nick: "A0".into(), text: "하루가 또 가네요.".into() });
    }

    #[test]
    fn other_tables_are_refused() {
        for text in ["", "Q,A\n1,2\n", "Q,A,label\n1,2\n", "Q,A,label\n,2,0\n"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
