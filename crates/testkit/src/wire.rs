//! A bare WebSocket to a gateway: says what it is told, in either encoding, and keeps what comes in order.

use std::collections::VecDeque;
use std::panic::Location;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderValue;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use protocol::decode::Encoding;
use protocol::id::EventId;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::Service;
use crate::world::SOON;

/// What comes next on a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    Frame(Value),
    /// A close frame, or the end without one (1005, 1006).
    Closed(u16),
}

/// One socket. Frames that a test did not ask for yet wait in order.
pub struct Wire {
    pub encoding: Encoding,
    stream: WebSocketStream<TcpStream>,
    waiting: VecDeque<Value>,
    reference: u64,
}

impl Wire {
    /// An upgraded socket that has said nothing.
    pub async fn connect(gateway: &Service, encoding: Encoding) -> Wire {
        let upgrade = Self::upgrade(gateway, &[("sec-websocket-protocol", encoding.subprotocol())]).await;
        let (stream, answer) = upgrade.expect("an upgrade");
        let chosen = answer.headers().get(SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
        assert_eq!(chosen, Some(encoding.subprotocol()), "the subprotocol of the answer");
        Wire { encoding, stream, waiting: VecDeque::new(), reference: 0 }
    }

    /// The bare upgrade with these headers.
    pub async fn upgrade(
        gateway: &Service,
        headers: &[(&'static str, &str)],
    ) -> Result<(WebSocketStream<TcpStream>, http::Response<Option<Vec<u8>>>), tungstenite::Error> {
        let url = format!("ws://127.0.0.1:{}/v1/connect", gateway.http());
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_str(value).expect("a header's value"));
        }
        let stream = TcpStream::connect(("127.0.0.1", gateway.http())).await?;
        stream.set_nodelay(true)?;
        timeout(SOON, client_async(request, stream)).await.expect("an upgrade in time")
    }

    /// A welcomed socket and its `welcome`; `more` are further fields of `hello`.
    pub async fn open(gateway: &Service, encoding: Encoding, token: &str, more: Value) -> (Wire, Value) {
        let mut wire = Self::connect(gateway, encoding).await;
        wire.say(&hello(token, more)).await;
        let welcome = wire.frame().await;
        assert_eq!(welcome["t"], "welcome", "{welcome}");
        (wire, welcome)
    }

    /// Sends an object, or an array of objects.
    pub async fn say(&mut self, frame: &Value) {
        let message = match self.encoding {
            Encoding::MessagePack => Message::binary(rmp_serde::to_vec_named(frame).expect("JSON is MessagePack too")),
            Encoding::Json => Message::text(frame.to_string()),
        };
        self.send(message).await;
    }

    /// Sends any WebSocket message; to one that is closed already it is nothing.
    pub async fn send(&mut self, message: Message) {
        let _closed = timeout(SOON, self.stream.send(message)).await.expect("the server reads in time");
    }

    /// Sends without a deadline: the server may read no further.
    pub async fn push(&mut self, message: Message) -> Result<(), tungstenite::Error> {
        self.stream.send(message).await
    }

    /// The next frame, or the end; arrays are taken apart.
    pub async fn incoming(&mut self) -> Incoming {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                return Incoming::Frame(frame);
            }
            if let Some(code) = self.read().await {
                return Incoming::Closed(code);
            }
        }
    }

    /// Reads one message into the waiting frames; gives the code when it was the end.
    async fn read(&mut self) -> Option<u16> {
        let (encoding, bytes) = match self.stream.next().await {
            Some(Ok(Message::Binary(bytes))) => (Encoding::MessagePack, bytes),
            Some(Ok(Message::Text(text))) => (Encoding::Json, Bytes::from(text)),
            Some(Ok(Message::Close(frame))) => return Some(frame.map_or(1005, |frame| frame.code.into())),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => return None,
            Some(Err(_)) | None => return Some(1006),
        };
        assert_eq!(encoding, self.encoding, "a frame of the other encoding");
        let frame: Value = match encoding {
            Encoding::MessagePack => rmp_serde::from_slice(&bytes).expect("MessagePack"),
            Encoding::Json => serde_json::from_slice(&bytes).expect("JSON"),
        };
        match frame {
            Value::Array(frames) => self.waiting.extend(frames),
            frame => self.waiting.push_back(frame),
        }
        None
    }

    /// The next frame.
    #[track_caller]
    pub fn frame(&mut self) -> impl Future<Output = Value> {
        let caller = Location::caller();
        async move {
            match timeout(SOON, self.incoming()).await {
                Ok(Incoming::Frame(frame)) => frame,
                Ok(Incoming::Closed(code)) => panic!("closed with {code} instead of a frame, at {caller}"),
                Err(_) => panic!("no frame within {SOON:?}, at {caller}"),
            }
        }
    }

    /// The next frame that fits; those before it keep waiting.
    #[track_caller]
    pub fn find(&mut self, mut fits: impl FnMut(&Value) -> bool) -> impl Future<Output = Value> {
        let caller = Location::caller();
        async move {
            let mut seen = 0;
            let found = async {
                loop {
                    if let Some(at) = self.waiting.iter().skip(seen).position(&mut fits) {
                        return self.waiting.remove(seen + at);
                    }
                    seen = self.waiting.len();
                    if let Some(code) = self.read().await {
                        panic!("closed with {code} instead of the frame, at {caller}; waiting: {:?}", self.waiting);
                    }
                }
            };
            match timeout(SOON, found).await {
                Ok(Some(frame)) => frame,
                Ok(None) | Err(_) => panic!("no such frame within {SOON:?}, at {caller}; waiting: {:?}", self.waiting),
            }
        }
    }

    /// Sends a request under the next `ref` and gives its `ok` or `error`; what came before it keeps waiting.
    #[track_caller]
    pub fn ask(&mut self, mut frame: Value) -> impl Future<Output = Value> {
        let caller = Location::caller();
        async move {
            self.reference += 1;
            let reference = self.reference;
            frame["ref"] = json!(reference);
            self.say(&frame).await;
            let answer = self.find(|frame| frame["ref"] == reference).await;
            assert!(answer["t"] == "ok" || answer["t"] == "error", "{answer}, at {caller}");
            answer
        }
    }

    /// [`Self::ask`], which must be answered `ok`.
    #[track_caller]
    pub fn ok(&mut self, frame: Value) -> impl Future<Output = Value> {
        let caller = Location::caller();
        async move {
            let asked = frame.to_string();
            let answer = self.ask(frame).await;
            assert_eq!(answer["t"], "ok", "{asked}: {answer}, at {caller}");
            answer
        }
    }

    /// [`Self::ask`], which must be refused with this code.
    #[track_caller]
    pub fn refused(&mut self, frame: Value, code: &str) -> impl Future<Output = Value> {
        let (caller, code) = (Location::caller(), code.to_owned());
        async move {
            let asked = frame.to_string();
            let answer = self.ask(frame).await;
            assert!(answer["t"] == "error" && answer["code"] == *code, "{asked}: {answer}, not {code}, at {caller}");
            assert!(answer["message"].is_string() && answer["retryable"].is_boolean(), "{answer}, at {caller}");
            answer
        }
    }

    /// Sends a text under a fresh id; gives the `ok`.
    #[track_caller]
    pub fn text(&mut self, room: &str, text: &str) -> impl Future<Output = Value> {
        self.ok(send(room, &fresh_id(), text))
    }

    /// Everything that the server had queued by now, in order.
    pub async fn drain(&mut self) -> Vec<Value> {
        self.say(&json!({"t": "ping"})).await;
        self.find(|frame| frame["t"] == "pong").await;
        self.waiting.drain(..).collect()
    }

    /// The close code that the server sends; frames before it are thrown away.
    #[track_caller]
    pub fn closed(&mut self) -> impl Future<Output = u16> {
        let caller = Location::caller();
        async move {
            let end = async {
                loop {
                    if let Incoming::Closed(code) = self.incoming().await {
                        return code;
                    }
                }
            };
            timeout(SOON, end).await.unwrap_or_else(|_| panic!("not closed within {SOON:?}, at {caller}"))
        }
    }
}

/// A `hello`; `more` are further fields.
pub fn hello(token: &str, more: Value) -> Value {
    let mut frame = json!({"t": "hello", "token": token, "client": {"name": "test", "version": "1"}});
    if let (Some(frame), Value::Object(more)) = (frame.as_object_mut(), more) {
        frame.extend(more);
    }
    frame
}

/// A `send` of a text, without `ref`.
pub fn send(room: &str, id: &str, text: &str) -> Value {
    json!({"t": "send", "room": room, "id": id, "body": {"text": text}})
}

/// An id made now.
pub fn fresh_id() -> String {
    id_at(now_ms())
}

/// An id made at a time, in milliseconds since 1970 UTC.
pub fn id_at(time_ms: u64) -> String {
    EventId::at(time_ms).to_string()
}

/// Milliseconds since 1970 UTC.
pub fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
    u64::try_from(now.as_millis()).expect("a time that fits")
}
