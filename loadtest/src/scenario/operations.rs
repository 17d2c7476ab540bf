//! Counters of a service's operations port.

use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const WITHIN: Duration = Duration::from_secs(10);

/// What `/metrics` of all these services tell, such as `http://127.0.0.1:9090`.
pub struct Counters(Vec<(String, f64)>);

impl Counters {
    pub async fn read(origins: &[String]) -> anyhow::Result<Self> {
        let mut counters = Vec::new();
        for origin in origins {
            let place = || format!("no figures at {origin}/metrics");
            let text = timeout(WITHIN, get(origin)).await.with_context(place)?.with_context(place)?;
            counters.extend(text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
                let (name, value) = line.rsplit_once(' ')?;
                Some((name.to_owned(), value.parse().ok()?))
            }));
        }
        Ok(Self(counters))
    }

    /// The sum of all whose name with its labels holds each of the parts.
    pub fn sum(&self, parts: &[&str]) -> f64 {
        self.0.iter().filter(|(name, _)| parts.iter().all(|part| name.contains(part))).map(|(_, value)| value).sum()
    }
}

async fn get(origin: &str) -> anyhow::Result<String> {
    let authority = origin.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(authority).await?;
    // In the older HTTP the answer ends with the connection.
    stream.write_all(format!("GET /metrics HTTP/1.0\r\nHost: {authority}\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.take(8 << 20).read_to_string(&mut answer).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_go_over_labels() {
        let of = |name: &str, value| (name.to_owned(), value);
        let counters = Counters(vec![of(r#"a_total{subject="x.one"}"#, 2.0), of(r#"a_total{subject="y"}"#, 3.0), of("b", 4.0)]);
        assert_eq!((counters.sum(&["a_total"]), counters.sum(&["a_total", "\"x."])), (5.0, 2.0));
    }
}
