//! How `run.py` drives a program that measures: it writes `CONTENDER COUNT`, a line each, and reads a line of JSON for
//! each, so that contenders take turns.

use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::time::Instant;

use benches_common::Failure;

/// What it took to do something a number of times.
#[derive(Debug, Default, serde::Serialize)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    /// What belongs to this contender alone.
    #[serde(flatten)]
    pub(crate) other: serde_json::Map<String, serde_json::Value>,
}

/// Starts the clock.
pub(crate) struct Clocks {
    start: Instant,
}

impl Clocks {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    pub(crate) fn stop(self) -> Measured {
        Measured {
            seconds: self.start.elapsed().as_secs_f64(),
            other: serde_json::Map::new(),
        }
    }
}

/// Does something a number of times.
pub(crate) fn repeat(
    count: usize,
    mut action: impl FnMut() -> Result<(), Failure>,
) -> Result<Measured, Failure> {
    let clocks = Clocks::start();
    for _ in 0..count {
        action()?;
    }
    Ok(clocks.stop())
}

/// Answers requests until there are no more.
pub(crate) async fn serve(
    measure: impl AsyncFn(String, usize) -> Result<Measured, Failure>,
) -> Result<(), Failure> {
    println!("ready");
    for line in stdin().lock().lines() {
        let line = line?;
        let (contender, count) = line.split_once(' ').ok_or("send CONTENDER COUNT")?;
        let measured = measure(contender.to_owned(), count.parse()?).await?;
        println!("{}", serde_json::to_string(&measured)?);
        stdout().flush()?;
    }
    Ok(())
}
