//! One WebSocket, frame by frame.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Sink as _, Stream as _};
use protocol::decode::Encoding;
use protocol::frame::ServerFrame;
use serde::Serialize;
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::ClientError;
use crate::decode::frames;
use crate::heard::{Heard, heard};

const WITHIN: Duration = Duration::from_secs(10);
/// For the closing handshake.
const GOODBYE: Duration = Duration::from_secs(1);
/// Bytes of one message of the server at most: pages end at 256 KiB, `welcome` and `skipped` stay well below this.
const LARGEST: usize = 8 << 20;

/// A connected socket; says nothing by itself.
pub struct Socket {
    encoding: Encoding,
    stream: WebSocketStream<TcpStream>,
    /// What is to be written; whoever queues looks at [`Socket::queued`] and bounds it.
    outgoing: VecDeque<Message>,
    /// What came together with the last frame given out: one message of the server at most.
    incoming: VecDeque<Heard>,
}

impl Socket {
    /// Connects to `origin` such as `http://127.0.0.1:8080`; `from` binds the own address, which has its own ports.
    pub async fn connect(origin: &str, encoding: Encoding, from: Option<SocketAddr>) -> Result<Self, ClientError> {
        let authority = origin.trim_start_matches("http://").trim_end_matches('/');
        let connect = async {
            let stream = tcp(authority, from).await?;
            let mut request = format!("ws://{authority}/v1/connect").into_client_request().map_err(ClientError::unexpected)?;
            let subprotocol = http::HeaderValue::from_static(encoding.subprotocol());
            request.headers_mut().insert(http::header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
            let config = WebSocketConfig::default()
                .read_buffer_size(4 << 10)
                .write_buffer_size(16 << 10)
                .max_message_size(Some(LARGEST))
                .max_frame_size(Some(LARGEST));
            let (stream, _) = client_async_with_config(request, stream, Some(config)).await.map_err(refused_upgrade)?;
            Ok(Self { encoding, stream, outgoing: VecDeque::new(), incoming: VecDeque::new() })
        };
        tokio::time::timeout(WITHIN, connect).await.map_err(|_| ClientError::Offline("no answer within 10 s".into()))?
    }

    /// Puts a frame, or an array of frames, behind what waits to be written; [`Socket::next`] writes.
    pub fn queue<T: Serialize>(&mut self, frame: &T) {
        let bytes = self.encoding.encode(frame);
        self.outgoing.push_back(match self.encoding {
            Encoding::MessagePack => Message::Binary(bytes.into()),
            Encoding::Json => Message::Text(String::from_utf8_lossy(&bytes).into_owned().into()),
        });
    }

    /// Frames that are not written yet.
    pub fn queued(&self) -> usize {
        self.outgoing.len()
    }

    /// Sends one frame, or an array of frames, and returns once the kernel has it.
    pub async fn send<T: Serialize>(&mut self, frame: &T) -> Result<(), ClientError> {
        self.queue(frame);
        poll_fn(|context| self.poll_write(context)).await
    }

    /// Says `hello` with a token; `resume` maps rooms to cursors.
    pub async fn hello(&mut self, token: &str, resume: serde_json::Value, recent: bool) -> Result<(), ClientError> {
        let attach = if recent { "recent" } else { "none" };
        let client = json!({ "name": "chatmesh-client", "version": env!("CARGO_PKG_VERSION") });
        self.send(&json!({ "t": "hello", "token": token, "client": client, "resume": resume, "attach": attach })).await
    }

    /// The next frame; control frames are answered on the way, and what is queued is written. May be cancelled.
    pub async fn next(&mut self) -> Result<ServerFrame, ClientError> {
        loop {
            if let Some(Heard::Frame(frame)) = self.incoming.pop_front() {
                return Ok(frame);
            }
            if self.incoming.is_empty() {
                let message = poll_fn(|context| self.poll(context)).await?;
                self.incoming.extend(frames(self.encoding, message.into_data().as_ref())?.into_iter().map(Heard::Frame));
            }
        }
    }

    /// The next message whose bytes are wanted, decoded; others are passed over, for who counts and has many sockets. May be cancelled.
    pub async fn next_of(&mut self, wanted: impl Fn(&[u8]) -> bool) -> Result<ServerFrame, ClientError> {
        while self.incoming.is_empty() {
            let message = poll_fn(|context| self.poll(context)).await?.into_data();
            if wanted(&message) {
                self.incoming.extend(frames(self.encoding, &message)?.into_iter().map(Heard::Frame));
            }
        }
        self.next().await
    }

    /// [`Socket::next`], patient with servers that are newer.
    pub(crate) async fn hear(&mut self) -> Result<Heard, ClientError> {
        loop {
            if let Some(heard) = self.incoming.pop_front() {
                return Ok(heard);
            }
            let message = poll_fn(|context| self.poll(context)).await?;
            self.incoming.extend(heard(self.encoding, message.into_data().as_ref())?);
        }
    }

    /// The bare connection, for who counts bytes: whatever was received and not given out is dropped.
    pub fn into_stream(self) -> TcpStream {
        self.stream.into_inner()
    }

    /// Ends it in order, or after a second without.
    pub async fn close(mut self) {
        // The other side may be gone: then there is nobody to say goodbye to.
        let _gone = tokio::time::timeout(GOODBYE, self.stream.close(None)).await;
    }

    /// Writes and reads; ready with a message of the server.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Message, ClientError>> {
        if let Poll::Ready(Err(error)) = self.poll_write(context) {
            // The server's last words may say why.
            tracing::trace!(%error, "cannot write");
            self.outgoing.clear();
        }
        loop {
            match ready!(Pin::new(&mut self.stream).poll_next(context)) {
                Some(Ok(message @ (Message::Binary(_) | Message::Text(_)))) => return Poll::Ready(Ok(message)),
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map_or(1005, |frame| frame.code.into());
                    return Poll::Ready(Err(ClientError::Closed(code)));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(error)) => return Poll::Ready(Err(ClientError::offline(error))),
                None => return Poll::Ready(Err(ClientError::Offline("the connection ended".into()))),
            }
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        while !self.outgoing.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_ready(context)).map_err(ClientError::offline)?;
            if let Some(message) = self.outgoing.pop_front() {
                Pin::new(&mut self.stream).start_send(message).map_err(ClientError::offline)?;
            }
        }
        Pin::new(&mut self.stream).poll_flush(context).map_err(ClientError::offline)
    }
}

/// The first of the name's addresses that takes the connection.
async fn tcp(authority: &str, from: Option<SocketAddr>) -> Result<TcpStream, ClientError> {
    let with_port = if authority.rsplit(']').next().is_some_and(|end| end.contains(':')) {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    };
    let mut last = ClientError::Offline("the name has no address".into());
    for address in tokio::net::lookup_host(with_port).await.map_err(ClientError::offline)? {
        let attempt = async {
            let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            if let Some(from) = from {
                socket.bind(from)?;
            }
            let stream = socket.connect(address).await?;
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(stream)
        };
        match attempt.await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = ClientError::offline(error),
        }
    }
    Err(last)
}

/// What stands before the server may be busy; what it says about the request itself stays.
fn refused_upgrade(error: tungstenite::Error) -> ClientError {
    match error {
        tungstenite::Error::Http(response) if response.status().is_client_error() && response.status() != 429 => {
            ClientError::Unexpected(format!("the upgrade was answered {}", response.status()))
        }
        error => ClientError::offline(error),
    }
}
