//! What a NATS server says, read where it lies: nothing is copied, and of the headers only what is asked for is looked at.

use memchr::{memchr, memchr_iter};

/// A line without a message behind it, at most; `INFO` of a large cluster is the longest.
const LINE: usize = 1 << 20;
/// A message with its headers, at most: what a server can be configured to take.
const MESSAGE: usize = 64 << 20;

/// One operation of the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Op<'b> {
    Message(Incoming<'b>),
    Info(&'b [u8]),
    Ping,
    Pong,
    /// Asked for by nobody here.
    Ok,
    Err(String),
}

/// A message, as slices of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incoming<'b> {
    /// The subscription's number.
    pub sid: u64,
    pub subject: &'b str,
    /// Lines of `Name: value`; a status may stand before them.
    pub headers: &'b [u8],
    pub payload: &'b [u8],
}

/// The server does not speak NATS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's words cannot be read: {0}")]
pub(crate) struct Fault(&'static str);

/// The first operation and its length in bytes; `None`: there is more to come of it.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Op<'_>, usize)>, Fault> {
    let Some(end) = memchr(b'\n', bytes) else {
        return if bytes.len() > LINE { Err(Fault("a line without an end")) } else { Ok(None) };
    };
    let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
    let (verb, rest) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(line.len()));
    let op = match verb {
        b"MSG" | b"HMSG" => return message(bytes, end + 1, verb.len() == 4, rest),
        b"PING" => Op::Ping,
        b"PONG" => Op::Pong,
        b"INFO" => Op::Info(rest),
        b"+OK" => Op::Ok,
        b"-ERR" => Op::Err(String::from_utf8_lossy(rest).trim().trim_matches('\'').to_owned()),
        _ => return Err(Fault("an unknown operation")),
    };
    Ok(Some((op, end + 1)))
}

/// `MSG subject sid [reply] bytes` or `HMSG subject sid [reply] header-bytes bytes`.
fn message<'b>(bytes: &'b [u8], from: usize, with_headers: bool, line: &'b [u8]) -> Result<Option<(Op<'b>, usize)>, Fault> {
    const FAULT: Fault = Fault("an ill-formed message");
    let mut words = [&b""[..]; 5];
    let mut count = 0;
    for word in line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()) {
        *words.get_mut(count).ok_or(FAULT)? = word;
        count += 1;
    }
    let sizes = if with_headers { 2 } else { 1 };
    if count < 2 + sizes || count > 3 + sizes {
        return Err(FAULT);
    }
    let total = number(words[count - 1]).ok_or(FAULT)?;
    let head = if with_headers { number(words[count - 2]).ok_or(FAULT)? } else { 0 };
    if total > MESSAGE || head > total {
        return Err(FAULT);
    }
    let Some(body) = bytes.get(from..from + total + 2) else { return Ok(None) };
    let (body, end) = body.split_at(total);
    if end != b"\r\n" {
        return Err(FAULT);
    }
    let (headers, payload) = body.split_at(head);
    let subject = std::str::from_utf8(words[0]).map_err(|_| FAULT)?;
    let sid = number(words[1]).ok_or(FAULT)? as u64;
    Ok(Some((Op::Message(Incoming { sid, subject, headers, payload }), from + total + 2)))
}

pub(crate) fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + usize::from(digit - b'0')))
}

impl<'b> Incoming<'b> {
    /// Name and value of each header, in their order.
    pub fn headers(self) -> impl Iterator<Item = (&'b [u8], &'b [u8])> {
        let mut from = 0;
        memchr_iter(b'\n', self.headers).filter_map(move |end| {
            let line = &self.headers[from..end];
            from = end + 1;
            let colon = memchr(b':', line)?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: &str = "NATS/1.0\r\nNats-Sequence: 42\r\ntraceparent:00-1-2-01\r\n\r\n";

    fn hmsg() -> String {
        format!("HMSG live.local.3.r 7 {} {}\r\n{HEADERS}hi\r\n", HEADERS.len(), HEADERS.len() + 2)
    }

    #[test]
    fn reads_what_a_server_says() {
        let all = format!("INFO {{\"a\":1}}\r\n+OK\r\nPING\r\nMSG a.b 1 reply.to 3\r\nx\r\n\r\n{}PONG\r\n-ERR 'no'\r\n", hmsg());
        let (mut rest, mut seen) = (all.as_bytes(), Vec::new());
        while let Some((op, len)) = parse(rest).unwrap() {
            seen.push(op);
            rest = &rest[len..];
        }
        assert!(rest.is_empty());
        let plain = Incoming { sid: 1, subject: "a.b", headers: b"", payload: b"x\r\n" };
        let headed = Incoming { sid: 7, subject: "live.local.3.r", headers: HEADERS.as_bytes(), payload: b"hi" };
        let expected =
            [Op::Info(b" {\"a\":1}"), Op::Ok, Op::Ping, Op::Message(plain), Op::Message(headed), Op::Pong, Op::Err("no".into())];
        assert_eq!(seen, expected);
        let headers: Vec<_> = headed.headers().collect();
        assert_eq!(headers, [(&b"Nats-Sequence"[..], &b"42"[..]), (b"traceparent", b"00-1-2-01")]);
    }

    #[test]
    fn waits_for_the_rest_at_every_byte() {
        let whole = hmsg();
        for end in 0..whole.len() {
            assert_eq!(parse(&whole.as_bytes()[..end]), Ok(None), "{end}");
        }
        assert_eq!(parse(whole.as_bytes()).unwrap().unwrap().1, whole.len());
    }

    #[test]
    fn what_is_no_nats_is_a_fault_and_no_panic() {
        for text in [
            "HTTP/1.1 200 OK\r\n",
            "MSG a 1\r\n",
            "MSG a 1 b c 2\r\n",
            "MSG a x 2\r\nhi\r\n",
            "MSG a 1 2\r\nhiho",
            "MSG a 1 -2\r\n",
            "MSG a 1 99999999999999999999999\r\n",
            "MSG a 1 999999999999999999\r\n",
            "HMSG a 1 3 2\r\nhi\r\n",
            "HMSG a 1 2\r\nhi\r\n",
            "\r\n",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(&vec![b'x'; LINE + 1]).is_err());
    }
}
