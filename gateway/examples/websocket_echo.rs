//! An echo server on the gateway's own WebSocket codec, for conformance suites: `websocket_echo 127.0.0.1:0`.

use std::io;

use base64::Engine as _;
use gateway::socket::codec::{Decoder, Fault, Incoming, close_frame, pong_frame, raw};
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The suites send messages of up to 16 MiB.
const MOST: usize = 32 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address).await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = echo(stream).await {
                eprintln!("connection ended: {error}");
            }
        });
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut decoder = Decoder::new(MOST);
    decoder.push(&handshake(&mut stream).await?);
    let mut buffer = vec![0; 64 << 10];
    loop {
        loop {
            let frame = match decoder.message() {
                Ok(None) => break,
                Ok(Some(Incoming::Data { text, payload })) => raw(if text { 1 } else { 2 }, &payload),
                Ok(Some(Incoming::Ping(payload))) => pong_frame(&payload),
                Ok(Some(Incoming::Pong)) => continue,
                Ok(Some(Incoming::Close(code))) => return end(stream, &close_frame(code.unwrap_or(1000), "")).await,
                Err(Fault::Utf8) => return end(stream, &close_frame(1007, "text is not UTF-8")).await,
                Err(Fault::TooLarge) => return end(stream, &close_frame(1009, "too large")).await,
                Err(Fault::Protocol(message)) => return end(stream, &close_frame(1002, message)).await,
            };
            stream.write_all(&frame).await?;
        }
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => decoder.push(&buffer[..read]),
        }
    }
}

/// Reads on after the close frame: a reset would take it away from the client.
async fn end(mut stream: TcpStream, close: &[u8]) -> io::Result<()> {
    stream.write_all(close).await?;
    stream.shutdown().await?;
    let mut rest = vec![0; 64 << 10];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// Answers the upgrade; gives what came behind it.
async fn handshake(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let end = loop {
        if let Some(at) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let text = String::from_utf8_lossy(&head[..end]).into_owned();
    let key =
        text.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
    let key = key.map(|(_, value)| value.trim()).ok_or(io::ErrorKind::InvalidData)?;
    let digest = Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    let accept = base64::engine::general_purpose::STANDARD.encode(digest);
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    Ok(head.split_off(end))
}
