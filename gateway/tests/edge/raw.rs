//! A WebSocket client by hand: it may break every rule, and read as slowly as it likes.

use testkit::{Encoding, SOON, Service, hello};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

pub struct Raw {
    stream: TcpStream,
    pending: Vec<u8>,
}

impl Raw {
    /// An upgraded socket; its receive buffer is small, so that it is soon a slow reader.
    pub async fn connect(gateway: &Service, encoding: Encoding) -> Raw {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 << 10).unwrap();
        let mut stream = socket.connect(([127, 0, 0, 1], gateway.http()).into()).await.unwrap();
        let request = format!(
            "GET /v1/connect HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: {}\r\n\r\n",
            encoding.subprotocol()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
        Raw { stream, pending: Vec::new() }
    }

    /// A welcomed JSON socket.
    pub async fn open(gateway: &Service, token: &str, more: serde_json::Value) -> Raw {
        let mut raw = Self::connect(gateway, Encoding::Json).await;
        raw.frame(0x81, hello(token, more).to_string().as_bytes()).await;
        let (_, welcome) = raw.next().await.unwrap();
        assert!(welcome.starts_with(b"{\"t\":\"welcome\""));
        raw
    }

    /// Sends a masked frame; `first` is its first byte.
    pub async fn frame(&mut self, first: u8, payload: &[u8]) {
        let mut bytes = vec![first];
        match payload.len() {
            len @ 0..=125 => bytes.push(0x80 | len as u8),
            len @ 126..=0xffff => bytes.extend([&[0xfe], &(len as u16).to_be_bytes()[..]].concat()),
            len => bytes.extend([&[0xff], &(len as u64).to_be_bytes()[..]].concat()),
        }
        bytes.extend([1, 2, 3, 4]);
        bytes.extend(payload.iter().zip([1, 2, 3, 4].iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.bytes(&bytes).await;
    }

    /// Sends any bytes; that the server has gone meanwhile is for the reader to find.
    pub async fn bytes(&mut self, bytes: &[u8]) {
        let _gone = self.stream.write_all(bytes).await;
    }

    /// The next frame: its first byte and its payload. None: the end.
    pub async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        tokio::time::timeout(SOON, async {
            loop {
                if let Some(frame) = self.take() {
                    return Some(frame);
                }
                match self.stream.read_buf(&mut self.pending).await {
                    Ok(0) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        })
        .await
        .unwrap()
    }

    fn take(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, short) = (*self.pending.first()?, *self.pending.get(1)?);
        let (len, at) = match short {
            126 => (u16::from_be_bytes(self.pending.get(2..4)?.try_into().unwrap()).into(), 4),
            127 => (u64::from_be_bytes(self.pending.get(2..10)?.try_into().unwrap()) as usize, 10),
            short => (usize::from(short), 2),
        };
        let payload = self.pending.get(at..at + len)?.to_vec();
        self.pending.drain(..at + len);
        Some((first, payload))
    }

    /// The code of the close frame, and how many frames came before it; 1006 when there was none.
    pub async fn closed(&mut self) -> (u16, Vec<Vec<u8>>) {
        let mut before = Vec::new();
        loop {
            match self.next().await {
                Some((0x88, payload)) => return (payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code)), before),
                Some((_, payload)) => before.push(payload),
                None => return (1006, before),
            }
        }
    }
}
