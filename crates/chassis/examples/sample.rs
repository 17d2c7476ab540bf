//! The smallest service: the tests run it as a process and watch how it ends.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use tracing::Instrument as _;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    sample: Sample,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sample {
    /// What it does when it should drain.
    end: End,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum End {
    #[default]
    Drain,
    Hang,
    Fail,
}

fn main() -> ExitCode {
    chassis::run("sample", |context, config| Box::pin(run(context, config)))
}

async fn run(context: chassis::Context, config: Config) -> anyhow::Result<()> {
    let check = context.health.check("work");
    let span = tracing::info_span!("sample.work");
    chassis::telemetry::set_parent(&span, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    println!("spans {}", if span.is_disabled() { "off" } else { "on" });
    async { println!("traceparent {}", chassis::telemetry::traceparent().unwrap_or_default()) }.instrument(span).await;
    opentelemetry::global::meter("sample").u64_counter("sample_works").build().add(3, &[]);
    check.ok();
    match config.sample.end {
        End::Fail => anyhow::bail!("the work cannot be done; do other work"),
        End::Drain => context.lifecycle.soft().cancelled().await,
        End::Hang => {
            context.lifecycle.spawn(std::future::pending::<()>());
            context.lifecycle.soft().cancelled().await;
        }
    }
    Ok(())
}
