//! A day of an IRC channel: `[09:14] <nick> text`, `[09:14]  * nick does`, `[09:14] -nick:#channel- notice`,
//! `=== nick [host] has joined #channel`, `=== nick is now known as other`. Every line is somebody's line: those with `===` are said by
//! the nick that they begin with.

use anyhow::Context as _;

use super::Line;

const DAY_MS: u64 = 24 * 3_600_000;
const MINUTE_MS: u64 = 60_000;

pub fn parse(text: &str) -> anyhow::Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    let (mut first, mut now) = (None, 0);
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let parsed = parse_line(line).with_context(|| format!("line {}: {line:?}", number + 1))?;
        if let Some(clock) = parsed.clock_ms {
            let today = (clock + DAY_MS - *first.get_or_insert(clock)) % DAY_MS;
            // Past midnight it goes on; a clock that was set back stands still.
            let forward = (today + DAY_MS - now % DAY_MS) % DAY_MS;
            now += if forward < DAY_MS / 2 { forward } else { 0 };
        }
        lines.push(Line { at_ms: now, nick: parsed.nick.to_owned(), text: parsed.text.to_owned() });
    }
    spread(&mut lines);
    Ok(lines)
}

struct Parsed<'a> {
    clock_ms: Option<u64>,
    nick: &'a str,
    text: &'a str,
}

fn parse_line(line: &str) -> Option<Parsed<'_>> {
    if let Some(news) = line.strip_prefix("=== ") {
        let nick = news.split_whitespace().next()?;
        return Some(Parsed { clock_ms: None, nick, text: line });
    }
    let (clock, rest) = line.strip_prefix('[')?.split_once(']')?;
    let (hours, minutes) = clock.split_once(':')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let clock_ms = (hours < 24 && minutes < 60).then_some((hours * 60 + minutes) * MINUTE_MS);
    let rest = rest.trim_start();
    let (nick, text) = if let Some(said) = rest.strip_prefix('<') {
        let (nick, text) = said.split_once('>')?;
        (nick, text.strip_prefix(' ').unwrap_or(text))
    } else if let Some(done) = rest.strip_prefix("* ") {
        (done.split_whitespace().next()?, rest)
    } else {
        (rest.strip_prefix('-')?.split([':', '-']).next()?, rest)
    };
    // A message says something; who pressed only Enter is shown as the log shows it.
    let text = if text.is_empty() { line } else { text };
    (clock_ms.is_some() && !nick.is_empty()).then_some(Parsed { clock_ms, nick, text })
}

/// The clock has no seconds: lines of one minute are spread over it evenly.
fn spread(lines: &mut [Line]) {
    for minute in lines.chunk_by_mut(|one, next| one.at_ms == next.at_ms) {
        let step = MINUTE_MS / minute.len() as u64;
        for (line, number) in minute.iter_mut().zip(0..) {
            line.at_ms += number * step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().into_iter().map(|line| (line.nick, line.text)).collect()
    }

    fn pair(nick: &str, text: &str) -> (String, String) {
        (nick.into(), text.into())
    }

    #[test]
    fn every_kind_of_line_has_an_author_and_a_text() {
        let log = "[09:14] <|QuaD-> will:  totem > xine\n=== L0sT [~waa3@host]  has joined #ubuntu\n=== a is now known as b\n\
            [09:15]  * maco hugs Pelo\n[09:15] -yq_x:#ubuntu- All you\n\n[09:15] <pelo> \n[09:15] <x>\n";
        assert_eq!(
            said(log),
            [
                pair("|QuaD-", "will:  totem > xine"),
                pair("L0sT", "=== L0sT [~waa3@host]  has joined #ubuntu"),
                pair("a", "=== a is now known as b"),
                pair("maco", "* maco hugs Pelo"),
                pair("yq_x", "-yq_x:#ubuntu- All you"),
                pair("pelo", "[09:15] <pelo> "),
                pair("x", "[09:15] <x>"),
            ]
        );
    }

    #[test]
    fn the_clock_runs_over_midnight_and_not_backwards() {
        let at = |text: &str| parse(text).unwrap().iter().map(|line| line.at_ms / 1_000).collect::<Vec<_>>();
        assert_eq!(at("[23:58] <a> 1\n[23:58] <a> 2\n[23:59] <a> 3\n[00:01] <a> 4\n"), [0, 30, 60, 180]);
        assert_eq!(at("[10:05] <a> 1\n=== a is now known as b\n[10:04] <b> 2\n[10:07] <b> 3\n"), [0, 20, 40, 120]);
        assert_eq!(at("[12:00] <a> 1\n[11:00] <a> 2\n"), [0, 30], "a clock set back is no day");
    }

    #[test]
    fn what_is_no_log_is_refused_with_its_line() {
        for (text, line) in [("hello\n", "line 1"), ("[09:14] <a> hi\n[99:14] <a> hi\n", "line 2"), ("[09:14] hi\n", "line 1")] {
            assert!(format!("{:#}", parse(text).unwrap_err()).contains(line), "{text}");
        }
    }
}
