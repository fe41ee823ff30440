//! How far a copy is, on standard error: one line that changes on a terminal, and otherwise a line once in a while.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use runner_configuration_service::store::copy::{Progress, Step};

/// How often a line is written where it stays.
const LINES: Duration = Duration::from_secs(3);

/// How often the line of a terminal changes.
const CHANGES: Duration = Duration::from_millis(100);

pub(super) struct Display {
    is_terminal: bool,
    /// What the rate is of: the step, how many there were before it, and since when.
    current: Option<(Step, &'static str, u64, Instant)>,
    shown: Option<Instant>,
}

impl Display {
    pub(super) fn start() -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self {
            is_terminal,
            current: None,
            // What is done at once needs no line that stays.
            shown: (!is_terminal).then(Instant::now),
        }
    }

    pub(super) fn show(&mut self, progress: Progress) {
        let now = Instant::now();
        let interval = if self.is_terminal { CHANGES } else { LINES };
        let (before, since) = match self.current {
            Some((step, kind, before, since)) if step == progress.step && kind == progress.kind => {
                (before, since)
            }
            _ => {
                self.current = Some((progress.step, progress.kind, progress.done, now));
                (progress.done, now)
            }
        };
        if self.shown.is_some_and(|shown| now < shown + interval) {
            return;
        }
        self.shown = Some(now);
        let line = line(progress, before, now - since);
        let mut stderr = io::stderr().lock();
        // Where that can't be written, there is nobody to tell.
        let _ = if self.is_terminal {
            write!(stderr, "\r{line}\x1b[K")
        } else {
            writeln!(stderr, "{line}")
        };
    }

    /// Leaves the terminal's line to others.
    pub(super) fn end(&self) {
        if self.is_terminal && self.shown.is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn line(progress: Progress, before: u64, elapsed: Duration) -> String {
    let Progress {
        step,
        kind,
        done,
        total,
    } = progress;
    let what = match step {
        Step::Copy => "copying",
        Step::VerifySource => "reading the source again, to compare:",
        Step::VerifyDestination => "reading the destination, to compare:",
    };
    let seconds = elapsed.as_secs_f64();
    if seconds < 0.1 || done <= before {
        return format!("{what} {kind}: {done} of {total}");
    }
    let rate = (done - before) as f64 / seconds;
    format!("{what} {kind}: {done} of {total}, {rate:.0}/s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_how_many_and_how_fast() {
        let progress = Progress {
            step: Step::Copy,
            kind: "environment classes",
            done: 3000,
            total: 5000,
        };
        assert_eq!(
            line(progress, 1000, Duration::from_secs(4)),
            "copying environment classes: 3000 of 5000, 500/s"
        );
        assert_eq!(
            line(progress, 3000, Duration::ZERO),
            "copying environment classes: 3000 of 5000"
        );
    }
}
