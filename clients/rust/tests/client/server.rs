//! A server that says what the test wants: for what real ones do rarely.

use chatmesh_client::protocol::id::Name;
use chatmesh_client::protocol::room::{SiteRole, User};
use chatmesh_client::{Api, Client, ClientOptions, Login, Update};
use futures_util::{SinkExt as _, StreamExt as _};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::world::SOON;

pub struct Server {
    listener: TcpListener,
}

/// One connection of the client.
pub struct Peer {
    socket: WebSocketStream<TcpStream>,
}

impl Server {
    /// A server, and a client that connects to it in JSON.
    pub async fn start(options: ClientOptions) -> (Server, Client, mpsc::Receiver<Update>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let user = User { id: Name::parse("me").unwrap(), name: "me".into(), role: SiteRole::Member, guest: true };
        let (access_token, refresh_token) = ("token".to_owned(), "refresh".to_owned());
        let login = Login { user, access_token, refresh_token, expires_at: now() + 900_000 };
        let encoding = chatmesh_client::protocol::decode::Encoding::Json;
        let (client, updates) = Client::start(Api::new(&origin), login, ClientOptions { encoding, ..options });
        (Server { listener }, client, updates)
    }

    /// The next connection of the client, upgraded, with its `hello`.
    pub async fn accept(&self) -> (Peer, Value) {
        let (stream, _) = timeout(SOON, self.listener.accept()).await.expect("the client connects").unwrap();
        #[expect(clippy::result_large_err, reason = "the library's type")]
        let choose = |_: &Request, mut response: Response| {
            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("chatmesh.v1.json"));
            Ok(response)
        };
        let socket = tokio_tungstenite::accept_hdr_async(stream, choose).await.unwrap();
        let mut peer = Peer { socket };
        let hello = peer.hear().await;
        (peer, hello)
    }

    /// The same, greeted.
    pub async fn welcome(&self) -> (Peer, Value) {
        let (mut peer, hello) = self.accept().await;
        peer.say(&json!({
            "t": "welcome", "session": "s", "user": { "id": "me", "name": "me", "role": "member", "guest": true },
            "expires_at": now() + 900_000, "ping_s": 30, "server_time": now(), "features": ["a new one"],
            "server": { "name": "scripted", "version": "0", "region": "here" }, "rooms": [], "more_rooms": false,
            "limits": { "text_bytes": 1, "frame_bytes": 1, "per_minute": 1, "history": 1, "replay_events": 1, "rooms": 1 },
        }))
        .await;
        (peer, hello)
    }
}

impl Peer {
    pub async fn say(&mut self, frame: &Value) {
        self.socket.send(Message::Text(frame.to_string().into())).await.unwrap();
    }

    /// The client's next frame.
    pub async fn hear(&mut self) -> Value {
        let message = timeout(SOON, self.socket.next()).await.expect("the client says something").unwrap().unwrap();
        serde_json::from_slice(&message.into_data()).unwrap()
    }

    /// The client's next frame, which has this `t`.
    pub async fn expect(&mut self, t: &str) -> Value {
        let frame = self.hear().await;
        assert_eq!(frame["t"], t, "{frame}");
        frame
    }

    pub async fn close(mut self, code: u16) {
        self.socket.close(Some(CloseFrame { code: code.into(), reason: "".into() })).await.unwrap();
        while let Some(Ok(_)) = self.socket.next().await {}
    }
}

pub fn event(seq: u64, prev: u64) -> Value {
    json!({ "t": "event", "room": "r", "seq": seq, "prev": prev, "ts": 1, "kind": "message", "body": { "text": "hi" },
        "id": "01890000-0000-7000-8000-000000000000", "from": { "id": "u", "name": "n" } })
}

pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64
}
