//! Acknowledged publishes a second of bare JetStream on a running server: the bound beside which `loadtest send` is read.
//! `raw <in flight> <seconds> <bytes> <streams> [<batch>]`: with a batch above 1, as many of those in flight to one stream as fit go as
//! one atomic batch, which is stored and acknowledged as one; the server is that of `CHATMESH_NATS_LISTEN`, `…_USER` and `…_PASSWORD`, the
//! variables that a mesh gives its own. Makes streams like those of the logs and deletes them at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_nats::jetstream::{self, context::Context, stream};
use futures_util::future::join_all;

const WARM_UP: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|number| number.parse()).collect::<Result<_, _>>()?;
    let ([in_flight, seconds, bytes, streams], batch) = match numbers[..] {
        [in_flight, seconds, bytes, streams] => ([in_flight, seconds, bytes, streams], 1),
        [in_flight, seconds, bytes, streams, batch] if batch > 0 => ([in_flight, seconds, bytes, streams], batch),
        _ => anyhow::bail!("raw <in flight> <seconds> <bytes> <streams> [<batch>]"),
    };
    let variable = |name: &str| std::env::var(format!("CHATMESH_NATS_{name}"));
    let address = variable("LISTEN").context("CHATMESH_NATS_LISTEN names the server")?;
    let mut options = async_nats::ConnectOptions::new();
    if let (Ok(user), Ok(password)) = (variable("USER"), variable("PASSWORD")) {
        options = options.user_and_password(user, password);
    }
    let client = options.connect(format!("nats://{address}")).await?;
    let context = jetstream::ContextBuilder::new().max_ack_inflight(in_flight as usize).build(client);
    for number in 0..streams {
        context.create_stream(config(number)).await?;
    }
    let rate = measure(&context, in_flight, seconds, bytes as usize, streams, batch).await;
    for number in 0..streams {
        context.delete_stream(format!("RAW_{number}")).await?;
    }
    let rate = rate?;
    println!(
        "{}",
        serde_json::json!({ "scenario": "raw", "figures": { "per_second": rate, "in_flight": in_flight, "streams": streams, "batch": batch } })
    );
    eprintln!("raw: {rate:.0} acknowledged publishes a second, {in_flight} in flight over {streams} streams, {batch} at once");
    Ok(())
}

fn config(number: u64) -> stream::Config {
    stream::Config {
        name: format!("RAW_{number}"),
        subjects: vec![format!("raw.{number}.>")],
        storage: stream::StorageType::File,
        compression: Some(stream::Compression::S2),
        discard: stream::DiscardPolicy::New,
        max_bytes: 256 << 20,
        duplicate_window: Duration::from_secs(300),
        allow_direct: true,
        allow_atomic_publish: true,
        republish: Some(stream::Republish {
            source: format!("raw.{number}.>"),
            destination: format!("rawlive.{number}.>"),
            headers_only: false,
        }),
        ..stream::Config::default()
    }
}

async fn measure(context: &Context, in_flight: u64, seconds: u64, bytes: usize, streams: u64, batch: u64) -> anyhow::Result<f64> {
    let stored = Arc::new(AtomicU64::new(0));
    let until = Instant::now() + WARM_UP + Duration::from_secs(seconds);
    let lanes = (0..in_flight / batch).map(|lane| {
        let (context, stored) = (context.clone(), stored.clone());
        tokio::spawn(async move {
            let mut number = 0;
            while Instant::now() < until {
                for at in 1..=batch {
                    let mut headers = async_nats::HeaderMap::new();
                    headers
                        .insert("Nats-Msg-Id", format!("room-of-22-characters.user-of-22-characters.{lane}-{number}").as_str());
                    number += 1;
                    let subject = format!("raw.{}.room-{lane}", lane % streams);
                    if batch > 1 {
                        headers.insert("Nats-Batch-Id", format!("{lane}-{}", (number - 1) / batch).as_str());
                        headers.insert("Nats-Batch-Sequence", at.to_string().as_str());
                    }
                    if at < batch {
                        context.client().publish_with_headers(subject, headers, vec![7; bytes].into()).await?;
                        continue;
                    }
                    if batch > 1 {
                        headers.insert("Nats-Batch-Commit", "1");
                    }
                    context.publish_with_headers(subject, headers, vec![7; bytes].into()).await?.await?;
                }
                stored.fetch_add(batch, Ordering::Relaxed);
            }
            anyhow::Ok(())
        })
    });
    let lanes: Vec<_> = lanes.collect();
    tokio::time::sleep(WARM_UP).await;
    let (before, begin) = (stored.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let rate = (stored.load(Ordering::Relaxed) - before) as f64 / begin.elapsed().as_secs_f64();
    for lane in join_all(lanes).await {
        lane??;
    }
    Ok(rate)
}
