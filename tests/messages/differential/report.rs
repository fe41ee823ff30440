//! What a run has found.

use std::fmt;

use super::KINDS;
use super::classes::{CLASSES, Class};
use super::compare::{Input, Outcome};

#[derive(Default)]
pub(super) struct Report {
    kinds: [Count; KINDS.len()],
    classes: [u64; CLASSES.len()],
    pub(super) failures: Vec<Failure>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    inputs: u64,
    accepted: u64,
}

/// A difference that no class explains.
pub(super) struct Failure {
    pub(super) message: String,
    /// Which of the message's inputs it was.
    pub(super) number: u64,
    pub(super) difference: String,
    pub(super) input: Input,
    pub(super) smallest: Input,
}

impl Report {
    pub(super) fn count(&mut self, kind: usize, outcome: &Outcome) {
        self.kinds[kind].inputs += 1;
        self.kinds[kind].accepted += u64::from(outcome.is_accepted);
        for class in &outcome.classes {
            self.classes[*class as usize] += 1;
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        for (sum, kind) in self.kinds.iter_mut().zip(other.kinds) {
            sum.inputs += kind.inputs;
            sum.accepted += kind.accepted;
        }
        for (sum, count) in self.classes.iter_mut().zip(other.classes) {
            *sum += count;
        }
        self.failures.extend(other.failures);
    }

    /// The classes to which no difference belonged.
    pub(super) fn never_met(&self) -> Vec<Class> {
        let counts = CLASSES.iter().zip(self.classes);
        let never = counts.filter(|(_, count)| *count == 0);
        never.map(|(listed, _)| listed.class).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: u64 = self.kinds.iter().map(|kind| kind.inputs).sum();
        writeln!(f, "{inputs:>12} inputs")?;
        for (kind, count) in KINDS.iter().zip(self.kinds) {
            let Count { inputs, accepted } = count;
            writeln!(f, "{inputs:>12} {}, {accepted} accepted by both", kind.name)?;
        }
        for (listed, count) in CLASSES.iter().zip(self.classes) {
            let (reason, specification) = (listed.reason, listed.specification);
            writeln!(
                f,
                "{count:>12} {:?}: {reason} [{specification}]",
                listed.class
            )?;
        }
        write!(f, "{:>12} unexplained differences", self.failures.len())?;
        for failure in &self.failures {
            let Failure {
                message,
                number,
                difference,
                input,
                smallest,
            } = failure;
            write!(
                f,
                "\n{message}, input {number}: {difference}\n  {input}\n  smallest: {smallest}"
            )?;
        }
        Ok(())
    }
}
