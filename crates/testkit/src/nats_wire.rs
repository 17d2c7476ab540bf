//! NATS' bare protocol, for what no service does: no crate but `fabric` may name the NATS library.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Nats;

const SOON: Duration = Duration::from_secs(20);

impl Nats {
    /// Asks a subject, such as one of `$JS.API`, and gives the answer.
    pub async fn ask(&self, subject: &str, payload: &str) -> String {
        let ask = async {
            let mut socket = self.talk().await;
            let request = format!("SUB answer 1\r\nPUB {subject} answer {}\r\n{payload}\r\n", payload.len());
            socket.write_all(request.as_bytes()).await.expect("nats-server reads");
            let mut line = String::new();
            while !line.starts_with("MSG") {
                line.clear();
                assert_ne!(socket.read_line(&mut line).await.expect("nats-server answers"), 0, "nats-server hung up");
            }
            let length = line.trim().rsplit(' ').next().and_then(|length| length.parse().ok()).expect("a length");
            let mut answer = vec![0; length];
            socket.read_exact(&mut answer).await.expect("a whole answer");
            String::from_utf8_lossy(&answer).into_owned()
        };
        timeout(SOON, ask).await.expect("an answer in time")
    }

    /// Publishes to a subject, and returns once the server has taken everything.
    pub async fn publish(&self, subject: &str, payloads: impl Iterator<Item = Vec<u8>>) {
        let mut bytes = Vec::new();
        for payload in payloads {
            bytes.extend_from_slice(format!("PUB {subject} {}\r\n", payload.len()).as_bytes());
            bytes.extend_from_slice(&payload);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"PING\r\n");
        let publish = async {
            let mut socket = self.talk().await;
            socket.write_all(&bytes).await.expect("nats-server reads");
            let mut line = String::new();
            while !line.starts_with("PONG") {
                line.clear();
                assert_ne!(socket.read_line(&mut line).await.expect("nats-server answers"), 0, "nats-server hung up");
            }
        };
        timeout(SOON, publish).await.expect("nats-server takes it in time");
    }

    async fn talk(&self) -> BufReader<TcpStream> {
        let mut socket = BufReader::new(TcpStream::connect(self.address()).await.expect("nats-server listens"));
        socket.write_all(b"CONNECT {\"verbose\":false}\r\n").await.expect("nats-server reads");
        socket
    }
}
