//! Sockets that are read as cheaply as can be: frames are counted by their headers and not decoded.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::bail;
use chatmesh_client::protocol::decode::Encoding;
use chatmesh_client::protocol::frame::ServerFrame;
use chatmesh_client::{Login, Socket};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Sockets for each source address: a pair of addresses has 28,000 ports by default.
const PER_ADDRESS: usize = 20_000;
/// `ping` is due after 30 s of silence.
const PING: Duration = Duration::from_secs(25);
/// Shorter payloads are `pong`.
const SHORTEST_EVENT: u64 = 32;
/// What an event begins with, behind the number of its fields: `"t": "event"`.
pub const EVENT: &[u8] = b"\xa1t\xa5event";
/// What `presence` begins with.
const PRESENCE: &[u8] = b"\xa1t\xa8presence";
/// A masked binary frame that says `{"t": "ping"}`; the mask is zero.
const PING_FRAME: [u8; 14] = [0x82, 0x88, 0, 0, 0, 0, 0x81, 0xa1, b't', 0xa4, b'p', b'i', b'n', b'g'];

/// Events and bytes that came, over all receivers of a scenario.
#[derive(Default)]
pub struct Counted {
    pub events: Arc<AtomicU64>,
    pub frames: AtomicU64,
    pub bytes: AtomicU64,
    pub broken: AtomicU64,
}

/// The own address of the `number`th socket, when the server is on this machine and the first address has no ports left: the kernel
/// looks long for a free port where an address is named before the connection.
pub fn source(url: &str, number: usize) -> Option<SocketAddr> {
    let local = url.contains("//127.") || url.contains("//localhost");
    let last = 1 + (number / PER_ADDRESS) as u8;
    (local && last > 1).then(|| SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0))
}

/// A socket that said hello, with the rooms that `welcome` named.
pub async fn open(url: &str, login: &Login, number: usize, recent: bool) -> anyhow::Result<(Socket, usize)> {
    let mut socket = Socket::connect(url, Encoding::MessagePack, source(url, number)).await?;
    socket.hello(&login.access_token, json!({}), recent).await?;
    loop {
        match socket.next().await? {
            ServerFrame::Welcome(welcome) => return Ok((socket, welcome.rooms.len())),
            ServerFrame::Error(error) => bail!("{}", error.message),
            ServerFrame::Goaway { reason, .. } => bail!("the server sends sockets away: {reason}"),
            _ => {}
        }
    }
}

/// The same, attached to a room from its head, and bare from then on.
pub async fn attached(url: &str, login: &Login, number: usize, room: &str) -> anyhow::Result<TcpStream> {
    let (mut socket, _) = open(url, login, number, false).await?;
    socket.send(&json!({ "t": "attach", "ref": 1, "room": room })).await?;
    loop {
        match socket.next().await? {
            ServerFrame::Resumed { .. } => return Ok(socket.into_stream()),
            ServerFrame::Error(error) => bail!("{}", error.message),
            _ => {}
        }
    }
}

/// Whether a message is worth its decoding for who looks at events alone: lists of people are long, and come to everybody.
pub fn is_no_presence(message: &[u8]) -> bool {
    message.get(1..1 + PRESENCE.len()) != Some(PRESENCE)
}

/// Reads until the connection ends; for each socket one.
pub async fn count(mut stream: TcpStream, counted: Arc<Counted>) {
    let mut buffer = vec![0; 16 << 10];
    let mut parser = Parser::default();
    let mut ping = tokio::time::interval(PING);
    ping.reset();
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(length @ 1..) => parser.feed(&buffer[..length], &counted),
                Ok(0) | Err(_) => break,
            },
            _ = ping.tick() => if stream.write_all(&PING_FRAME).await.is_err() {
                break;
            },
        }
    }
    counted.broken.fetch_add(1, Ordering::Relaxed);
}

/// Walks from header to header.
#[derive(Default)]
struct Parser {
    header: Vec<u8>,
    skip: u64,
}

impl Parser {
    fn feed(&mut self, mut bytes: &[u8], counted: &Counted) {
        while !bytes.is_empty() {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len() as u64);
                self.skip -= skipped;
                bytes = &bytes[skipped as usize..];
                continue;
            }
            self.header.push(bytes[0]);
            bytes = &bytes[1..];
            if let Some((head, payload, elements)) = parse(&self.header) {
                self.skip = head + payload - self.header.len() as u64;
                if elements > 0 {
                    counted.frames.fetch_add(1, Ordering::Relaxed);
                    counted.events.fetch_add(elements, Ordering::Relaxed);
                    counted.bytes.fetch_add(head + payload, Ordering::Relaxed);
                }
                self.header.clear();
            }
        }
    }
}

/// Bytes of the header and of the payload, and how many events the payload holds; none: more bytes are needed.
fn parse(bytes: &[u8]) -> Option<(u64, u64, u64)> {
    let (head, payload) = match bytes.get(1)? & 0x7f {
        126 => (4, u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
        short => (2, u64::from(short)),
    };
    if payload < SHORTEST_EVENT {
        return Some((head, payload, 0));
    }
    Some((head, payload, events(&bytes[head as usize..])?))
}

/// How many events a message holds, told by its first bytes; none: more bytes are needed.
pub fn events(message: &[u8]) -> Option<u64> {
    Some(match message.first()? {
        array @ 0x90..=0x9f => u64::from(array & 0x0f),
        0xdc => u64::from(u16::from_be_bytes(message.get(1..3)?.try_into().ok()?)),
        // Presence and the like are none.
        _ => u64::from(message.get(1..1 + EVENT.len())? == EVENT),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x82];
        match payload.len() {
            length @ ..126 => frame.push(length as u8),
            length => frame.extend([126, (length >> 8) as u8, length as u8]),
        }
        frame.extend(payload);
        frame
    }

    #[test]
    fn events_are_counted_however_the_bytes_are_cut() {
        let mut bytes = frame(&[b"\x81\xa1t\xa5event".as_slice(), &[1; 100]].concat());
        bytes.extend(frame(&[b"\x81\xa1t\xa8presence".as_slice(), &[1; 200]].concat()));
        bytes.extend(frame(&[0x81; 8]));
        bytes.extend(frame(&[[0x93].as_slice(), &[1; 300]].concat()));
        bytes.extend(frame(&[[0xdc, 0, 20].as_slice(), &[1; 3_000]].concat()));
        for step in [1, 2, 7, 50, bytes.len()] {
            let (counted, mut parser) = (Counted::default(), Parser::default());
            bytes.chunks(step).for_each(|piece| parser.feed(piece, &counted));
            assert_eq!(counted.frames.load(Ordering::Relaxed), 3, "a pong is no event, nor is presence");
            assert_eq!(counted.events.load(Ordering::Relaxed), 24);
            assert_eq!(counted.bytes.load(Ordering::Relaxed), bytes.len() as u64 - 10 - 216);
        }
    }

    #[test]
    fn source_addresses_change_before_their_ports_are_used_up() {
        let of = |url, number| source(url, number).map(|address| address.ip().to_string());
        assert_eq!(of("http://127.0.0.1:8080", 19_999), None);
        assert_eq!(of("http://127.0.0.1:8080", 20_000).unwrap(), "127.0.0.2");
        assert_eq!(of("http://chat.example.org", 20_000), None);
    }
}
