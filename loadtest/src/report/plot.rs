//! Lines in a picture, as SVG.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
/// Left, right, top and bottom of the plotted field.
const FIELD: (f64, f64, f64, f64) = (64.0, WIDTH - 12.0, 14.0, HEIGHT - 30.0);
const STEPS: u32 = 4;

/// One line of a plot.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// Lines over a common axis that begins at zero above; `marks` name places on the axis below.
pub fn plot(unit: &str, lines: &[Line], marks: &[(f64, String)]) -> String {
    let all = || lines.iter().flat_map(|line| &line.points);
    let right = all().map(|(x, _)| *x).fold(f64::MIN_POSITIVE, f64::max);
    let top = nice(all().map(|(_, y)| *y).fold(f64::MIN_POSITIVE, f64::max));
    let (x0, x1, y0, y1) = FIELD;
    let place = |(x, y): (f64, f64)| (x0 + x / right * (x1 - x0), y1 - y / top * (y1 - y0));
    let mut svg = format!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">"#);
    for step in 0..=STEPS {
        let value = top * f64::from(step) / f64::from(STEPS);
        let (_, y) = place((0.0, value));
        let label = short(value);
        let _infallible = write!(
            svg,
            r#"<path class="grid" d="M{x0:.1} {y:.1}H{x1:.1}"/><text x="{:.1}" y="{:.1}" class="end">{label}</text>"#,
            x0 - 6.0,
            y + 4.0
        );
    }
    for (x, label) in marks {
        let (x, _) = place((*x, 0.0));
        let _infallible = write!(svg, r#"<text x="{x:.1}" y="{:.1}" class="mid">{label}</text>"#, HEIGHT - 10.0);
    }
    let _infallible = write!(svg, r#"<text x="4" y="11">{unit}</text>"#);
    for (number, line) in lines.iter().enumerate() {
        let path: Vec<String> = line.points.iter().map(|point| place(*point)).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let _infallible = write!(svg, r#"<polyline class="line l{number}" points="{}"/>"#, path.join(" "));
        let x = x0 + 12.0 + number as f64 * 150.0;
        let _infallible = write!(svg, r#"<text x="{x:.1}" y="11" class="l{number}">{}</text>"#, line.name);
    }
    svg + "</svg>"
}

/// The next of 1, 2, 5, 10 … above.
fn nice(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(value)
}

fn short(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        1_000_000.0.. => format!("{:.1}M", value / 1_000_000.0),
        1_000.0.. => format!("{:.1}k", value / 1_000.0),
        10.0.. => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_figures_and_nothing_breaks_them() {
        assert_eq!([0.7, 1.0, 3.0, 120.0, 6_000.0].map(nice), [1.0, 1.0, 5.0, 200.0, 10_000.0]);
        assert_eq!([0.0, 0.25, 12.0, 1_500.0, 2_000_000.0].map(short), ["0", "0.25", "12", "1.5k", "2.0M"]);
        for points in [vec![], vec![(0.0, 0.0)], vec![(0.0, 1.0), (1.0, 3.0)]] {
            let svg = plot("ms", &[Line { name: "p99".into(), points }], &[(0.0, "0".into())]);
            assert!(svg.ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
