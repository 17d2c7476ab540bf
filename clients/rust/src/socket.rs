//! One WebSocket, frame by frame.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
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

const WITHIN: Duration = Duration::from_secs(10);

/// A connected socket; says nothing by itself.
pub struct Socket {
    encoding: Encoding,
    pub(crate) sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    pub(crate) stream: SplitStream<WebSocketStream<TcpStream>>,
    /// Frames that came together with the last one returned.
    waiting: VecDeque<ServerFrame>,
}

impl Socket {
    /// Connects to `origin` such as `http://127.0.0.1:8080`; `from` binds the own address, which has its own ports.
    pub async fn connect(origin: &str, encoding: Encoding, from: Option<SocketAddr>) -> Result<Self, ClientError> {
        let offline = |error: &dyn std::fmt::Display| ClientError::Offline(error.to_string());
        let authority = origin.trim_start_matches("http://").trim_end_matches('/');
        let connect = async {
            let address = tokio::net::lookup_host(authority).await.map_err(|error| offline(&error))?.next();
            let address = address.ok_or_else(|| ClientError::Offline("the name has no address".into()))?;
            let socket =
                if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(|error| offline(&error))?;
            if let Some(from) = from {
                socket.bind(from).map_err(|error| offline(&error))?;
            }
            let stream = socket.connect(address).await.map_err(|error| offline(&error))?;
            stream.set_nodelay(true).map_err(|error| offline(&error))?;
            let mut request = format!("ws://{authority}/v1/connect").into_client_request().map_err(|error| offline(&error))?;
            let subprotocol = http::HeaderValue::from_static(encoding.subprotocol());
            request.headers_mut().insert(http::header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
            let config = WebSocketConfig::default().read_buffer_size(4 << 10).write_buffer_size(0);
            let (stream, _) = client_async_with_config(request, stream, Some(config)).await.map_err(|error| match error {
                tungstenite::Error::Http(response) => {
                    ClientError::Unexpected(format!("the upgrade was answered {}", response.status()))
                }
                error => offline(&error),
            })?;
            let (sink, stream) = stream.split();
            Ok(Self { encoding, sink, stream, waiting: VecDeque::new() })
        };
        tokio::time::timeout(WITHIN, connect).await.map_err(|_| ClientError::Offline("no answer within 10 s".into()))?
    }

    /// Sends one frame, or an array of frames.
    pub async fn send<T: Serialize>(&mut self, frame: &T) -> Result<(), ClientError> {
        let bytes = self.encoding.encode(frame);
        let message = match self.encoding {
            Encoding::MessagePack => Message::Binary(bytes.into()),
            Encoding::Json => Message::Text(String::from_utf8_lossy(&bytes).into_owned().into()),
        };
        self.sink.send(message).await.map_err(|error| ClientError::Offline(error.to_string()))
    }

    /// Says `hello` with a token; `resume` maps rooms to cursors.
    pub async fn hello(&mut self, token: &str, resume: serde_json::Value, recent: bool) -> Result<(), ClientError> {
        let attach = if recent { "recent" } else { "none" };
        let client = json!({ "name": "chatmesh-client", "version": env!("CARGO_PKG_VERSION") });
        self.send(&json!({ "t": "hello", "token": token, "client": client, "resume": resume, "attach": attach })).await
    }

    /// The next frame; control frames are answered on the way.
    pub async fn next(&mut self) -> Result<ServerFrame, ClientError> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Ok(frame);
            }
            match self.stream.next().await {
                Some(Ok(Message::Binary(bytes))) => self.waiting.extend(frames(Encoding::MessagePack, &bytes)?),
                Some(Ok(Message::Text(text))) => self.waiting.extend(frames(Encoding::Json, text.as_bytes())?),
                Some(Ok(Message::Close(frame))) => return Err(closed(frame.map_or(1005, |frame| frame.code.into()))),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(error)) => return Err(ClientError::Offline(error.to_string())),
                None => return Err(ClientError::Offline("the connection ended".into())),
            }
        }
    }
}

/// Codes from 4400 on, and a normal end, say "do not come again".
fn closed(code: u16) -> ClientError {
    match code {
        1000 | 4400..=4999 => ClientError::Closed(code),
        code => ClientError::Offline(format!("closed with {code}")),
    }
}
