//! A bare connection to a NATS server for the way on which each message counts: async-nats makes a map of all headers of each, with a
//! name and a value of their own on the heap, before anybody can look at it.

pub(crate) mod pace;
pub(crate) mod parse;
pub(crate) mod talk;

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_nats::ServerAddr;
use async_nats::rustls::pki_types::ServerName;
use async_nats::rustls::{ClientConfig, RootCertStore};
use rand::seq::SliceRandom as _;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::consume_budget;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::NatsConfig;
use crate::connection::servers;
use parse::{Op, parse};

/// One address must have answered within this.
const CONNECT: Duration = Duration::from_secs(2);
/// A write that the server does not take for so long ends the connection.
const WRITE: Duration = Duration::from_secs(2);
/// Between two looks at a busy connection: each wakes its task and those of the shards, which costs more than a dozen records do.
const PACE: Duration = Duration::from_millis(2);
/// Bytes that are read at once.
const READ: usize = 64 << 10;

/// One connection: what the server sends, parsed where it was read, and what it is told.
pub(crate) struct Wire {
    line: Line,
    buffer: Vec<u8>,
    /// Read and not yet parsed.
    from: usize,
    to: usize,
    /// When it is looked at next, while the runtime does not watch it: kept here, since whoever waits may do something else meanwhile.
    next_look: Instant,
    /// Bytes of a message with its headers, at most: whoever sends more is thrown out.
    pub max_payload: usize,
}

enum Line {
    Plain(TcpStream),
    /// The runtime does not watch it: it would be woken for each packet, even while nobody wants to read yet.
    Unwatched(std::net::TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Between two of the others.
    Gone,
}

/// Of `INFO`.
#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    tls_required: bool,
    #[serde(default)]
    max_payload: usize,
}

impl Wire {
    /// Connects to one of the servers that the configuration lists, and logs in. Which one is chance, so that gateways spread over them.
    pub async fn connect(config: &NatsConfig, name: &str) -> io::Result<Wire> {
        let mut failed = io::Error::other("nats.url has no address");
        let mut servers = servers(config)?;
        servers.shuffle(&mut rand::rng());
        for server in servers {
            let addresses = match timeout(CONNECT, lookup_host((server.host(), server.port()))).await {
                Ok(Ok(addresses)) => addresses,
                Ok(Err(error)) => {
                    failed = error;
                    continue;
                }
                Err(_) => {
                    failed = io::ErrorKind::TimedOut.into();
                    continue;
                }
            };
            for address in addresses {
                match timeout(CONNECT, Self::connect_to(config, &server, address, name)).await {
                    Ok(Ok(wire)) => return Ok(wire),
                    Ok(Err(error)) => failed = error,
                    Err(_) => failed = io::ErrorKind::TimedOut.into(),
                }
            }
        }
        Err(failed)
    }

    async fn connect_to(config: &NatsConfig, server: &ServerAddr, address: SocketAddr, name: &str) -> io::Result<Wire> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let mut wire =
            Wire { line: Line::Plain(tcp), buffer: vec![0; READ], from: 0, to: 0, next_look: Instant::now(), max_payload: 0 };
        let Op::Info(info) = wire.op().await? else { return Err(io::Error::other("no NATS server")) };
        let info: Info = serde_json::from_slice(info)?;
        wire.max_payload = info.max_payload;
        if info.tls_required || server.tls_required() {
            wire = wire.encrypt(server.host()).await?;
        }
        let hello = json!({
            "verbose": false, "pedantic": false, "headers": true, "no_responders": true, "protocol": 1, "echo": true,
            "lang": "rust", "version": env!("CARGO_PKG_VERSION"), "name": name, "user": config.user, "pass": config.password,
            "tls_required": info.tls_required,
        });
        wire.write(format!("CONNECT {hello}\r\nPING\r\n").as_bytes()).await?;
        loop {
            match wire.op().await? {
                Op::Pong => return Ok(wire),
                Op::Err(error) => return Err(io::Error::new(io::ErrorKind::PermissionDenied, error)),
                Op::Ping => wire.write(b"PONG\r\n").await?,
                Op::Info(_) | Op::Ok | Op::Message(_) => {}
            }
        }
    }

    async fn encrypt(self, host: &str) -> io::Result<Wire> {
        let Line::Plain(tcp) = self.line else { return Err(io::Error::other("it is encrypted already")) };
        let host = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let tls = tls()?.connect(host, tcp).await?;
        Ok(Wire { line: Line::Tls(Box::new(tls)), ..self })
    }

    /// Waits for more bytes; an error, too, when the server closed the connection. Nothing is lost when the future is dropped.
    pub async fn fill(&mut self) -> io::Result<()> {
        let was_behind = self.to == self.buffer.len();
        self.make_room();
        let room = &mut self.buffer[self.to..];
        let read = match &mut self.line {
            Line::Plain(stream) => stream.read(room).await?,
            Line::Tls(stream) => stream.read(room).await?,
            Line::Unwatched(stream) => {
                if was_behind {
                    // No wait here, and no budget that a read of the runtime's would take.
                    consume_budget().await;
                } else {
                    sleep_until(self.next_look).await;
                }
                self.next_look = Instant::now() + PACE;
                match stream.read(room) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                    read => read?,
                }
            }
            Line::Gone => 0,
        };
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.to += read;
        Ok(())
    }

    fn make_room(&mut self) {
        if self.from == self.to && self.buffer.len() > READ {
            // One long message does not keep its room for ever.
            (self.buffer, self.from, self.to) = (vec![0; READ], 0, 0);
        }
        if self.from > 0 {
            self.buffer.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        if self.to == self.buffer.len() {
            // A message longer than this; what one may have is bounded by the parser.
            self.buffer.resize(2 * self.to, 0);
        }
    }

    /// Looks at a busy connection every [`PACE`] instead of at each packet. An encrypted one stays as it is.
    pub fn pace(&mut self, busy: bool) -> io::Result<()> {
        self.line = match (std::mem::replace(&mut self.line, Line::Gone), busy) {
            (Line::Plain(stream), true) => Line::Unwatched(stream.into_std()?),
            (Line::Unwatched(stream), false) => Line::Plain(TcpStream::from_std(stream)?),
            (line, _) => line,
        };
        Ok(())
    }

    /// Writes it all, or the connection is not worth keeping.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pace(false)?;
        let writing = async {
            match &mut self.line {
                Line::Plain(stream) => stream.write_all(bytes).await,
                Line::Tls(stream) => {
                    stream.write_all(bytes).await?;
                    stream.flush().await
                }
                Line::Unwatched(_) | Line::Gone => Err(io::ErrorKind::NotConnected.into()),
            }
        };
        timeout(WRITE, writing).await?
    }

    /// The next operation that is here as a whole.
    pub fn next(&mut self) -> io::Result<Option<Op<'_>>> {
        let next = parse(&self.buffer[self.from..self.to]).map_err(io::Error::other)?;
        Ok(next.map(|(op, len)| {
            self.from += len;
            op
        }))
    }

    async fn op(&mut self) -> io::Result<Op<'_>> {
        while parse(&self.buffer[self.from..self.to]).map_err(io::Error::other)?.is_none() {
            self.fill().await?;
        }
        self.next()?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Trusts whom the machine trusts, as async-nats does.
fn tls() -> io::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(async_nats::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(io::Error::other)?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}
