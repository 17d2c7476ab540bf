//! What a run found, for machines (one line of JSON on stdout), for people (a sentence on stderr) and to keep (files).

mod html;
mod latencies;
mod live;
mod plot;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

pub use latencies::{Latencies, Spread};
pub use live::{Live, Second};

/// What becomes of the figures, and what makes a run fail.
#[derive(Args, Clone, Debug, Default)]
pub struct Output {
    /// Writes the figures to this file too.
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes a page with plots that needs nothing else.
    #[arg(long, global = true, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The run fails when the 99th percentile of a latency lies above so many milliseconds.
    #[arg(long, global = true, value_name = "MS")]
    max_p99: Option<f64>,
    /// The run fails when more than so many messages were lost.
    #[arg(long, global = true, value_name = "COUNT", default_value_t = 0)]
    max_lost: u64,
}

/// What a run found.
#[derive(Default)]
pub struct Report {
    pub scenario: &'static str,
    pub sentence: String,
    pub figures: Value,
    /// By name; drawn, and held against the threshold.
    pub latencies: Vec<(&'static str, Latencies)>,
    /// What was counted in each second of the run.
    pub seconds: Vec<Second>,
    pub lost: u64,
    pub doubled: u64,
    pub reordered: u64,
    /// Why it failed, beside that.
    pub failures: Vec<String>,
}

impl Report {
    pub fn new(scenario: &'static str, figures: &impl Serialize, sentence: String) -> anyhow::Result<Self> {
        Ok(Self { scenario, sentence, figures: serde_json::to_value(figures)?, ..Self::default() })
    }

    /// A condition that the run must meet.
    pub fn must(&mut self, met: bool, otherwise: impl Into<String>) {
        if !met {
            self.failures.push(otherwise.into());
        }
    }

    /// Prints it, writes the files, and says whether all was as it must be.
    pub fn end(mut self, output: &Output) -> anyhow::Result<ExitCode> {
        let (lost, doubled, reordered) = (self.lost, self.doubled, self.reordered);
        self.must(lost <= output.max_lost, format!("{lost} messages were lost"));
        self.must(doubled == 0, format!("{doubled} messages came twice"));
        self.must(reordered == 0, format!("{reordered} messages came out of order"));
        for (name, latencies) in &self.latencies {
            let p99 = latencies.spread().p99_ms;
            if output.max_p99.is_some_and(|most| p99 > most) {
                self.failures.push(format!("{name}: the 99th percentile is {p99:.2} ms"));
            }
        }
        let json = json!({ "scenario": self.scenario, "figures": self.figures, "failures": self.failures });
        println!("{json}");
        eprintln!("{}: {}", self.scenario, self.sentence);
        for failure in &self.failures {
            eprintln!("{}: failed: {failure}", self.scenario);
        }
        let written = |path: &PathBuf| format!("{} cannot be written", path.display());
        if let Some(path) = &output.json {
            std::fs::write(path, format!("{json}\n")).with_context(|| written(path))?;
        }
        if let Some(path) = &output.html {
            std::fs::write(path, html::page(&self)).with_context(|| written(path))?;
        }
        Ok(if self.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn report() -> Report {
        let mut latencies = Latencies::default();
        (1..=100).for_each(|ms| latencies.record(Duration::from_millis(ms)));
        let mut report = Report::new("send", &json!({ "per_second": 9_000.5 }), "a <b>sentence</b>".into()).unwrap();
        report.latencies.push(("to ok", latencies));
        report.seconds = (0..3).map(|at| Second { counts: vec![("sent", at * 10)], p50_ms: 1.0, p99_ms: 2.0 }).collect();
        report
    }

    #[test]
    fn thresholds_decide_the_exit_code() {
        let code = |report: Report, output: Output| format!("{:?}", report.end(&output).unwrap());
        let (good, bad) = (format!("{:?}", ExitCode::SUCCESS), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(code(report(), Output::default()), good);
        assert_eq!(code(report(), Output { max_p99: Some(98.0), ..Output::default() }), bad);
        assert_eq!(code(report(), Output { max_p99: Some(100.0), ..Output::default() }), good);
        assert_eq!(code(Report { lost: 1, ..report() }, Output::default()), bad);
        assert_eq!(code(Report { lost: 1, ..report() }, Output { max_lost: 1, ..Output::default() }), good);
        assert_eq!(code(Report { doubled: 1, ..report() }, Output { max_lost: 1, ..Output::default() }), bad);
        let mut failed = report();
        failed.must(false, "it was late");
        assert_eq!(code(failed, Output::default()), bad);
    }

    #[test]
    fn files_hold_the_figures_and_need_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (json, html) = (folder.path().join("run.json"), folder.path().join("run.html"));
        report().end(&Output { json: Some(json.clone()), html: Some(html.clone()), ..Output::default() }).unwrap();
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
        assert_eq!((&kept["scenario"], &kept["figures"]["per_second"]), (&json!("send"), &json!(9_000.5)));
        let page = std::fs::read_to_string(html).unwrap();
        assert!(
            page.contains("a &lt;b&gt;sentence") && page.contains("per_second") && page.matches("<svg").count() == 3,
            "{page}"
        );
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="), "{page}");
        let nowhere = folder.path().join("no/such/folder");
        assert!(report().end(&Output { html: Some(nowhere), ..Output::default() }).is_err());
    }
}
