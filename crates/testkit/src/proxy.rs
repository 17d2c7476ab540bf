//! A TCP proxy that cuts, freezes and delays.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What happens to the bytes of all connections.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Connections are ended, new ones refused.
    Cut,
    /// Connections stay open and nothing passes.
    Freeze,
    Delay(Duration),
}

/// A proxy on a port of its own; ended with the value.
pub struct Proxy {
    address: SocketAddr,
    fault: Arc<watch::Sender<Fault>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Stands before `target`, an address such as `127.0.0.1:4222`.
    pub async fn to(target: impl Into<String>) -> Proxy {
        let target = target.into();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("no free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let fault = Arc::new(watch::Sender::new(Fault::None));
        let watched = fault.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target.clone(), watched.subscribe()));
            }
        });
        Proxy { address, fault, accepting }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections and refuses new ones.
    pub fn cut(&self) {
        self.fault.send_replace(Fault::Cut);
    }

    /// Keeps all connections open and lets nothing pass.
    pub fn freeze(&self) {
        self.fault.send_replace(Fault::Freeze);
    }

    /// Holds each piece back for a while.
    pub fn delay(&self, by: Duration) {
        self.fault.send_replace(Fault::Delay(by));
    }

    /// Ends every fault.
    pub fn resume(&self) {
        self.fault.send_replace(Fault::None);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.accepting.abort();
    }
}

async fn carry(client: TcpStream, target: String, mut fault: watch::Receiver<Fault>) {
    if *fault.borrow_and_update() == Fault::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    // Nagle's delay would be a fault that nobody asked for.
    if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
        return;
    }
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let (up, down) = (fault.clone(), fault.clone());
    tokio::select! {
        // One direction may end before the other: a half-close must pass.
        _ = async { tokio::join!(pump(from_client, to_server, up), pump(from_server, to_client, down)) } => {}
        // Cut, or the proxy is gone.
        _ = fault.wait_for(|fault| *fault == Fault::Cut) => {}
    }
}

async fn pump(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, mut fault: watch::Receiver<Fault>) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let now = *fault.borrow_and_update();
        match now {
            Fault::None | Fault::Cut => {}
            Fault::Freeze => {
                if fault.wait_for(|fault| *fault != Fault::Freeze).await.is_err() {
                    return;
                }
            }
            Fault::Delay(by) => tokio::time::sleep(by).await,
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    // The other side may have closed first.
    drop(to.shutdown().await);
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (mut from, mut to) = socket.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from, &mut to).await });
            }
        });
        address
    }

    async fn says(socket: &mut TcpStream, within: Duration) -> Option<u8> {
        let mut answer = [0];
        tokio::time::timeout(within, socket.read_exact(&mut answer)).await.ok()?.ok().map(|_| answer[0])
    }

    #[tokio::test]
    async fn cuts_freezes_and_resumes() {
        let proxy = Proxy::to(echo().await).await;
        let mut socket = TcpStream::connect(proxy.address()).await.unwrap();
        let (short, long) = (Duration::from_millis(50), Duration::from_secs(5));
        socket.write_all(b"a").await.unwrap();
        assert_eq!(says(&mut socket, long).await, Some(b'a'));

        proxy.freeze();
        socket.write_all(b"b").await.unwrap();
        assert_eq!(says(&mut socket, short).await, None);
        proxy.resume();
        assert_eq!(says(&mut socket, long).await, Some(b'b'));

        proxy.cut();
        assert_eq!(socket.read(&mut [0]).await.unwrap_or(0), 0, "a cut ends the connection");
        let mut refused = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(refused.read(&mut [0]).await.unwrap_or(0), 0, "a cut refuses new ones");
        proxy.resume();
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        again.write_all(b"c").await.unwrap();
        assert_eq!(says(&mut again, long).await, Some(b'c'));
    }
}
