//! What was measured, as a table.

use std::fmt;
use std::fs;
use std::time::Duration;

/// How long calls took in one round.
pub(crate) struct Times {
    pub(crate) without: Vec<Duration>,
    pub(crate) with: Vec<Duration>,
}

/// All rounds of one attack.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) times: Vec<Times>,
    /// Of the server's memory, in bytes.
    pub(crate) peak: u64,
}

/// The time in ms that so many of a hundred calls did not exceed.
fn percentile<'t>(times: impl Iterator<Item = &'t Duration>, percent: usize) -> f64 {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0
}

impl Line {
    fn percentiles(&self, percent: usize) -> (f64, f64) {
        let without = self.times.iter().flat_map(|round| &round.without);
        let with = self.times.iter().flat_map(|round| &round.with);
        (percentile(without, percent), percentile(with, percent))
    }

    /// How many times as long the slowest of a hundred calls take beside the attack, in each round, in order.
    fn ratios(&self) -> Vec<f64> {
        let ratio = |round: &Times| {
            percentile(round.with.iter(), 99) / percentile(round.without.iter(), 99)
        };
        let mut ratios: Vec<f64> = self.times.iter().map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((p50, p50_with), (p99, p99_with)) = (self.percentiles(50), self.percentiles(99));
        let ratios = self.ratios();
        let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
        let ratio = p99_with / p99;
        let mark = if ratio > 2.0 { " **!**" } else { "" };
        let mebibytes = self.peak / (1024 * 1024);
        write!(
            f,
            "| {} | {p50:.2} / {p50_with:.2} | {p99:.2} / {p99_with:.2} | {ratio:.2}{mark} | {least:.2} to {most:.2} | {mebibytes} |",
            self.name
        )
    }
}

const BEGIN: &str = "<!-- abuse -->\n";
const END: &str = "<!-- end of abuse -->\n";

/// Writes the table into the results, instead of the one that is there.
pub(crate) fn write(lines: &[Line]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../benches/RESULTS.md");
    let text = fs::read_to_string(path).unwrap();
    let (before, rest) = text
        .split_once(BEGIN)
        .expect("the results have a place for it");
    let (_, after) = rest
        .split_once(END)
        .expect("the results have a place for it");
    let table: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let head = "| attack | p50 in ms, without / with | p99 | ratio of p99 | in each round | peak, MiB |\n|---|---|---|---|---|---|\n";
    fs::write(
        path,
        format!("{before}{BEGIN}\n{head}{table}\n{END}{after}"),
    )
    .unwrap();
}
