//! A page with the figures and plots of a run, whole in itself.

use serde_json::Value;

use super::plot::{Line, plot};
use super::{Latencies, Report};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:760px;margin:2rem auto;padding:0 1rem;color:#1c2128;background:#fff}\
    h2{font-size:1rem;margin:2rem 0 .25rem}table{border-collapse:collapse}td{padding:.1rem 1rem .1rem 0;vertical-align:top}\
    td+td{font-variant-numeric:tabular-nums}.bad{color:#b3261e;font-weight:600}svg{width:100%}\
    text{font:11px system-ui,sans-serif;fill:#57606a}.end{text-anchor:end}.mid{text-anchor:middle}.grid{stroke:#d8dee4;fill:none}\
    .line{fill:none;stroke-width:1.6}.l0{stroke:#0a6e5c}.l1{stroke:#9a3fb5}.l2{stroke:#b35900}.l3{stroke:#1f6feb}\
    text.l0{fill:#0a6e5c;stroke:none}text.l1{fill:#9a3fb5;stroke:none}text.l2{fill:#b35900;stroke:none}text.l3{fill:#1f6feb;stroke:none}\
    @media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}.grid{stroke:#30363d}text{fill:#9198a1}.bad{color:#ff7b72}}";

/// Shares that the axis of percentiles names.
const NAMED: [(f64, &str); 6] =
    [(0.0, "0"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (0.999_9, "99.99 %")];

pub fn page(report: &Report) -> String {
    let mut parts = vec![
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">".to_owned(),
        format!("<title>chatmesh loadtest: {}</title><style>{STYLE}</style>", report.scenario),
        format!("<h1>{}</h1><p>{}</p>", report.scenario, escape(&report.sentence)),
    ];
    parts.extend(report.failures.iter().map(|failure| format!("<p class=\"bad\">Failed: {}</p>", escape(failure))));
    let command: Vec<String> = std::env::args().collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    parts.push(format!("<p><code>{}</code><br>on a machine of {cores} cores</p>", escape(&command.join(" "))));
    if report.latencies.iter().any(|(_, latencies)| latencies.spread().count > 0) {
        parts.push("<h2>Latency by percentile</h2>".into());
        let lines: Vec<Line> = report.latencies.iter().map(|(name, latencies)| percentiles(name, latencies)).collect();
        parts.push(plot("ms", &lines, &NAMED.map(|(share, name)| (rarity(share), name.to_owned()))));
    }
    if report.seconds.len() > 1 {
        let over = |name: &str, value: &dyn Fn(usize) -> f64| Line {
            name: name.to_owned(),
            points: (0..report.seconds.len()).map(|at| (at as f64, value(at))).collect(),
        };
        let step = report.seconds.len().div_ceil(8).max(1);
        let marks: Vec<_> = (0..report.seconds.len()).step_by(step).map(|at| (at as f64, format!("{at} s"))).collect();
        let counted = report.seconds[0].counts.iter().enumerate();
        let lines: Vec<Line> =
            counted.map(|(which, (name, _))| over(name, &|at| report.seconds[at].counts[which].1 as f64)).collect();
        parts.push(format!("<h2>Each second</h2>{}", plot("a second", &lines, &marks)));
        let lines = [over("p50", &|at| report.seconds[at].p50_ms), over("p99", &|at| report.seconds[at].p99_ms)];
        parts.push(format!("<h2>Latency in each second</h2>{}", plot("ms", &lines, &marks)));
    }
    parts.push(format!("<h2>Figures</h2><table>{}</table>", rows("", &report.figures)));
    parts.concat()
}

fn percentiles(name: &str, latencies: &Latencies) -> Line {
    let last = rarity(0.999_9);
    let share = |step: u32| 1.0 - 10_f64.powf(-last * f64::from(step) / 100.0);
    let points = (0..=100).map(|step| (last * f64::from(step) / 100.0, latencies.quantile_ms(share(step)))).collect();
    Line { name: escape(name), points }
}

/// How many nines.
fn rarity(share: f64) -> f64 {
    -(1.0 - share).log10()
}

fn rows(prefix: &str, value: &Value) -> String {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| rows(&format!("{prefix} {name}"), value)).collect(),
        Value::Array(values) if values.len() > 20 => format!("<tr><td>{}<td>{} values", escape(prefix), values.len()),
        Value::Number(number) if number.is_f64() => {
            format!("<tr><td>{}<td>{:.3}", escape(prefix), number.as_f64().unwrap_or(f64::NAN))
        }
        other => format!("<tr><td>{}<td>{}", escape(prefix), escape(&other.to_string())),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
