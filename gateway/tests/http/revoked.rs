//! Ended logins: tokens are void at once, and live sockets are cut within a second.

use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::world::{SOON, World};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A socket that was welcomed.
async fn welcomed(world: &World, token: &str) -> Socket {
    let url = format!("{}/v1/connect", world.gateway.url().replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "chatmesh.v1.json".parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let hello = json!({"t": "hello", "token": token, "client": {"name": "test", "version": "1"}});
    socket.send(Message::text(hello.to_string())).await.unwrap();
    loop {
        let message = tokio::time::timeout(SOON, socket.next()).await.expect("a welcome in time").unwrap().unwrap();
        let frame: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        let frames = frame.as_array().cloned().unwrap_or_else(|| vec![frame]);
        if frames.iter().any(|frame| frame["t"] == "welcome") {
            return socket;
        }
    }
}

/// The close code that the server sends.
async fn closed(socket: &mut Socket) -> u16 {
    loop {
        match tokio::time::timeout(SOON, socket.next()).await.expect("a close in time") {
            Some(Ok(Message::Close(frame))) => return frame.expect("a close with a code").code.into(),
            Some(Ok(_)) => {}
            other => panic!("no close frame: {other:?}"),
        }
    }
}

#[tokio::test]
async fn logout_ends_one_login_and_its_sockets() {
    let world = World::shared().await;
    let first = world.account().await;
    let password = format!("password of {}", first.name);
    let second = world.post("/v1/auth/login", "", json!({"name": first.name, "password": password})).await.person();
    let (mut cut, mut kept) = (welcomed(world, &first.token).await, welcomed(world, &second.token).await);
    world.post("/v1/auth/logout", &first.token, json!({})).await.is(StatusCode::NO_CONTENT);
    let answered = Instant::now();
    assert_eq!(closed(&mut cut).await, 4401);
    assert!(answered.elapsed() < Duration::from_secs(1), "{:?}", answered.elapsed());
    world.get("/v1/me", &first.token).await.fails(401, "unauthenticated");
    world.post("/v1/auth/refresh", "", json!({"refresh_token": first.refresh})).await.fails(401, "unauthenticated");
    world.get("/v1/me", &second.token).await.is(StatusCode::OK);
    kept.send(Message::text("{\"t\":\"ping\"}")).await.unwrap();
    let pong = tokio::time::timeout(SOON, kept.next()).await.unwrap().unwrap().unwrap();
    assert!(pong.to_text().unwrap().contains("pong"), "{pong}");

    let third = world.post("/v1/auth/login", "", json!({"name": first.name, "password": password})).await.person();
    world.post("/v1/auth/logout", &third.token, json!({"all": true})).await.is(StatusCode::NO_CONTENT);
    assert_eq!(closed(&mut kept).await, 4401);
    for person in [&second, &third] {
        world.get("/v1/me", &person.token).await.fails(401, "unauthenticated");
        world.post("/v1/auth/refresh", "", json!({"refresh_token": person.refresh})).await.fails(401, "unauthenticated");
    }
    world.post("/v1/auth/login", "", json!({"name": first.name, "password": password})).await.is(StatusCode::OK);
}
