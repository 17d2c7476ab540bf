//! `GET /v1/connect`: what is checked before a connection becomes a WebSocket, and the hand-over.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Parts};
use hyper_util::rt::TokioIo;
use protocol::close::Close;
use protocol::code::{Code, Refusal};
use protocol::decode::Encoding;
use protocol::frame::ServerFrame;
use sha1::{Digest as _, Sha1};
use tokio::net::TcpStream;

use super::Socket;
use super::codec::framed;
use super::connection::Connection;
use crate::core::Core;
use crate::http::{origin, problem::Problem};

/// RFC 6455, section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Upgrades, or says with an HTTP status why not.
pub async fn connect(State(core): State<Arc<Core>>, mut request: Request) -> Response {
    let headers = request.headers();
    if !origin::allowed(headers, &core.config.http.allowed_origins) {
        return Problem::from(Refusal::forbidden("this origin may not connect")).into_response();
    }
    let (key, encoding) = match check(headers) {
        Ok(checked) => checked,
        Err(message) => return Problem::from(Refusal::new(Code::BadRequest, message)).into_response(),
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Problem::from(Refusal::bad_request("this connection cannot be upgraded")).into_response();
    };
    tokio::spawn(hand_over(core, upgrade, encoding));
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(encoding.subprotocol()));
    response
}

fn check(headers: &HeaderMap) -> Result<(HeaderValue, Encoding), &'static str> {
    if !has_token(headers, header::UPGRADE, "websocket") || !has_token(headers, header::CONNECTION, "upgrade") {
        return Err("this address speaks WebSocket");
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err("WebSocket version 13 is needed");
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or("`Sec-WebSocket-Key` is missing")?;
    let encoding = offered(headers)
        .find_map(|name| Encoding::ALL.into_iter().find(|encoding| encoding.subprotocol() == name))
        .ok_or("offer the subprotocol chatmesh.v1.msgpack or chatmesh.v1.json")?;
    let digest = Sha1::new().chain_update(key.as_bytes()).chain_update(GUID).finalize();
    let accept = base64::engine::general_purpose::STANDARD.encode(digest);
    Ok((HeaderValue::try_from(accept).map_err(|_| "ill-formed key")?, encoding))
}

/// The client's subprotocols, in its order, from any number of headers.
fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// Takes the bare TCP stream out of the HTTP connection and serves it.
async fn hand_over(core: Arc<Core>, upgrade: OnUpgrade, encoding: Encoding) {
    let Ok(upgraded) = upgrade.await else { return };
    let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else { return };
    let Parts { io, read_buf, .. } = parts;
    let socket = Arc::new(Socket::new(core.count_socket(), encoding, io.into_inner()));
    let refuse = core.admission();
    if let Some((_, goaway)) = &refuse {
        socket.mailbox.push(framed(encoding, goaway));
    }
    let connection = Connection::new(core.clone(), socket, &read_buf, refuse.map(|(close, _)| close));
    // A task of its own, which holds nothing but the connection: this one has the upgrade's rests in it.
    tokio::spawn(Box::new(connection).run());
}

impl Core {
    /// Why a new socket is sent away at once: the gateway drains, or is full.
    fn admission(&self) -> Option<(Close, ServerFrame)> {
        let goaway = |retry_after_ms, reason: &str| ServerFrame::Goaway { retry_after_ms, spread_ms: 0, reason: reason.into() };
        if self.is_draining() {
            return Some((Close::Restart, goaway(1_000, "restart")));
        }
        if self.sockets() > self.most_sockets() {
            return Some((Close::Overloaded, goaway(5_000, "overloaded")));
        }
        None
    }
}
