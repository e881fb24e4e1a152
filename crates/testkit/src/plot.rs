//! Curves of `benches/scaling.tsv` as SVG: time and memory over what grows, both axes logarithmic.
//!
//! On such axes what is linear has the slope of the dashed line, and what is quadratic is twice as steep.

use std::fmt::Write as _;

/// Size of one panel in pixels, without its margins.
const PANEL: (f64, f64) = (300.0, 220.0);
/// Left and top margin of the first panel; a panel's share of the width.
const MARGIN: (f64, f64, f64) = (70.0, 50.0, 440.0);
const HEAD: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"330\" \
                    font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"880\" height=\"330\" fill=\"#fff\"/>\n";
const COLORS: [&str; 4] = ["#0b6e99", "#c2571a", "#4b7f2a", "#7a4fa3"];

/// The picture of one axis of the table, with its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plot {
    /// What grows.
    pub axis: String,
    /// The picture.
    pub svg: String,
}

/// A named line of points.
type Curve = (&'static str, Vec<(f64, f64)>);

/// A picture for each axis of the table, in its order.
///
/// # Errors
/// In words, where the table has not the columns that `scripts/scaling` writes.
pub fn plots(table: &str) -> Result<Vec<Plot>, String> {
    let mut rows = table.lines();
    let columns: Vec<&str> = rows.next().unwrap_or_default().split('\t').collect();
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split('\t').collect()).collect();
    let mut axes: Vec<&str> = rows.iter().filter_map(|row| row.first().copied()).collect();
    axes.dedup();
    axes.into_iter()
        .map(|axis| {
            let curve = |name: &'static str, column: &str, unit: f64| -> Result<Curve, String> {
                let at = |name: &str| {
                    columns.iter().position(|known| *known == name).ok_or_else(|| format!("no column {name}"))
                };
                let (x, y) = (at("count")?, at(column)?);
                let number = |row: &Vec<&str>, n: usize| {
                    let text = row.get(n).copied().unwrap_or_default();
                    text.parse::<f64>().map_err(|_| format!("{text:?} is no number"))
                };
                let of_axis = rows.iter().filter(|row| row.first() == Some(&axis));
                let points = of_axis.map(|row| Ok((number(row, x)?, number(row, y)? / unit)));
                Ok((name, points.collect::<Result<_, String>>()?))
            };
            let mut times = vec![
                curve("scan", "scan_ns", 1e9)?,
                curve("judge", "judge_ns", 1e9)?,
                curve("render", "render_ns", 1e9)?,
            ];
            if axis == "endpoints" {
                times.push(curve("opening the catalogue", "catalogue_ns", 1e9)?);
            }
            let memory = [curve("peak memory", "peak_bytes", 1e6)?];
            Ok(Plot { axis: axis.to_owned(), svg: svg(axis, &times, &memory) })
        })
        .collect()
}

fn svg(axis: &str, times: &[Curve], memory: &[Curve]) -> String {
    let mut out = HEAD.to_owned();
    panel(&mut out, 0.0, &format!("seconds of a processor over {axis}"), times);
    panel(&mut out, MARGIN.2, &format!("megabytes over {axis}"), memory);
    out.push_str("</svg>\n");
    out
}

/// The decades that hold all of `values`, those under a tenth of a millisecond left out.
fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let logs = values.map(|value| value.max(1e-4).log10());
    let (low, high) = logs.fold((f64::MAX, f64::MIN), |(low, high), log| (low.min(log), high.max(log)));
    let low = low.floor();
    (low, high.ceil().max(low + 1.0))
}

fn panel(out: &mut String, left: f64, title: &str, curves: &[Curve]) {
    let all = || curves.iter().flat_map(|(_, points)| points);
    let (x, y) = (decades(all().map(|point| point.0)), decades(all().map(|point| point.1)));
    let (left, top) = (left + MARGIN.0, MARGIN.1);
    let place = |point: (f64, f64)| {
        let (right, up) = (point.0.log10() - x.0, point.1.max(1e-4).log10() - y.0);
        (left + PANEL.0 * right / (x.1 - x.0), top + PANEL.1 - PANEL.1 * up / (y.1 - y.0))
    };
    // A string takes every write.
    _ = writeln!(out, "<text x=\"{left:.0}\" y=\"{:.0}\" font-weight=\"bold\">{title}</text>", top - 30.0);
    grid(out, (left, top), x, y);
    dashed(out, curves, (x, y), &place);
    for ((name, points), (n, color)) in curves.iter().zip((0_u32..).zip(COLORS)) {
        let line: Vec<String> =
            points.iter().map(|&point| place(point)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>",
            line.join(" ")
        );
        let at = left + 70.0 * f64::from(n);
        _ = writeln!(out, "<text x=\"{at:.0}\" y=\"{:.0}\" fill=\"{color}\">{name}</text>", top - 12.0);
    }
}

/// A line of slope one through the last point of the topmost curve, cut at the panel.
fn dashed(
    out: &mut String,
    curves: &[Curve],
    (x, y): ((f64, f64), (f64, f64)),
    place: &dyn Fn((f64, f64)) -> (f64, f64),
) {
    let ends = curves.iter().filter_map(|(_, points)| points.last().copied());
    let Some(end) = ends.max_by(|a, b| a.1.total_cmp(&b.1)) else { return };
    let start = 10_f64.powf(x.0.max(end.0.log10() - (end.1.log10() - y.0)));
    let ((x1, y1), (x2, y2)) = (place((start, end.1 * start / end.0)), place(end));
    _ = writeln!(
        out,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#999\" stroke-dasharray=\"4 4\"/>"
    );
}

fn grid(out: &mut String, (left, top): (f64, f64), x: (f64, f64), y: (f64, f64)) {
    let (right, bottom) = (left + PANEL.0, top + PANEL.1);
    let mut decade = x.0;
    while decade <= x.1 {
        let at = left + PANEL.0 * (decade - x.0) / (x.1 - x.0);
        _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" y1=\"{top}\" x2=\"{at:.1}\" y2=\"{bottom}\" stroke=\"#ddd\"/>\
             <text x=\"{at:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
            bottom + 18.0,
            power(decade)
        );
        decade += 1.0;
    }
    let mut decade = y.0;
    while decade <= y.1 {
        let at = bottom - PANEL.1 * (decade - y.0) / (y.1 - y.0);
        _ = writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            left - 6.0,
            at + 4.0,
            power(decade)
        );
        decade += 1.0;
    }
}

/// A power of ten as people write it.
fn power(decade: f64) -> String {
    let value = 10_f64.powf(decade);
    if decade < 0.0 {
        return format!("{value:.0$}", -decade as usize);
    }
    match value {
        value if value >= 1e6 => format!("{:.0} M", value / 1e6),
        value if value >= 1e4 => format!("{:.0} k", value / 1e3),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "axis\tcount\tcatalogue_ns\tscan_ns\tjudge_ns\trender_ns\tpeak_bytes\n\
                         flows\t1000\t1\t2000000\t1000000\t500000\t30000000\n\
                         flows\t100000\t1\t200000000\t100000000\t50000000\t300000000\n\
                         endpoints\t1000\t9000000\t1\t1\t1\t30000000\n";

    #[test]
    fn a_picture_for_each_axis() {
        let plots = plots(TABLE).unwrap();
        assert_eq!(plots.iter().map(|plot| plot.axis.as_str()).collect::<Vec<_>>(), ["flows", "endpoints"]);
        assert_eq!(plots[0].svg.matches("<polyline").count(), 4);
        assert!(plots[1].svg.contains("opening the catalogue") && !plots[0].svg.contains("NaN"));
        assert_eq!(super::plots("axis\tcount\nflows\t1\n"), Err("no column scan_ns".into()));
    }

    #[test]
    fn what_is_linear_runs_beside_the_dashed_line() {
        let svg = &plots(TABLE).unwrap()[0].svg;
        // Both begin and end at the same points: from 1,000 to 100,000 in 2 to 200 milliseconds.
        let line = svg.lines().find(|line| line.starts_with("<polyline")).unwrap();
        let end = line.split(['"', ' ']).rfind(|word| word.contains(',')).unwrap();
        let (x, y) = end.split_once(',').unwrap();
        assert!(svg.contains(&format!("x2=\"{x}\" y2=\"{y}\" stroke=\"#999\"")), "{svg}");
    }

    #[test]
    fn powers() {
        assert_eq!([-3.0, 0.0, 3.0, 4.0, 6.0].map(power), ["0.001", "1", "1000", "10 k", "1 M"]);
    }
}
