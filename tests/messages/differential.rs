//! The JSON and the binary mapping of every message against those of prost-reflect, on arbitrary and on mutated inputs.
//!
//! Both have to accept the same inputs, and to make the same message of them: the same canonical binary, the same JSON. Where
//! they may differ is listed in [`classes`], and each class says so exactly that another difference does not hide in it.
//!
//! `DIFFERENTIAL_INPUTS` is the number of inputs for each message, `DIFFERENTIAL_SEED` what they are made from; `just
//! differential` is the long run. There is a thread for each processor; `taskset` allows it fewer.

mod classes;
mod compare;
mod groups;
mod json_inputs;
mod json_values;
mod repair;
mod report;
mod schema;
mod timestamps;
mod tree;
mod wire;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::classes::{CLASSES, Example};
use self::compare::{Input, Mappings};
use self::report::{Failure, Report};
use crate::random::Random;

const INPUTS: u64 = 300;
const SEED: u64 = 1;

/// From this number of inputs for each message on, every class has to be met.
const LONG_RUN: u64 = 100_000;

/// A way to make inputs.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    /// Of 20 inputs, how many are of this kind.
    share: u64,
    make: fn(&Mappings, &mut Random) -> Input,
    /// Whether such an input has to be accepted.
    is_valid: bool,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "valid JSON",
        share: 2,
        make: |message, random| Input::Json(json_inputs::valid(&message.schema, random)),
        is_valid: true,
    },
    Kind {
        name: "mutated JSON",
        share: 8,
        make: |message, random| Input::Json(json_inputs::mutated(&message.schema, random)),
        is_valid: false,
    },
    Kind {
        name: "arbitrary JSON",
        share: 3,
        make: |message, random| Input::Json(json_inputs::arbitrary(&message.schema, random)),
        is_valid: false,
    },
    Kind {
        name: "valid binary",
        share: 2,
        make: |message, random| Input::Binary(wire::valid(&message.schema, random)),
        is_valid: true,
    },
    Kind {
        name: "mutated binary",
        share: 3,
        make: |message, random| Input::Binary(wire::mutated(&message.schema, random)),
        is_valid: false,
    },
    Kind {
        name: "arbitrary binary",
        share: 2,
        make: |message, random| Input::Binary(wire::arbitrary(&message.schema, random)),
        is_valid: false,
    },
];

#[test]
fn our_mapping_and_that_of_prost_reflect_differ_only_as_listed() {
    let inputs = setting("DIFFERENTIAL_INPUTS", INPUTS);
    let seed = setting("DIFFERENTIAL_SEED", SEED);
    let messages = compare::all();
    let total = Mutex::new(Report::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(message) = messages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let report = run(message, inputs, seed);
                    total.lock().unwrap().add(report);
                }
            });
        }
    });
    let total = total.into_inner().unwrap();
    eprintln!("{} messages, seed {seed}\n{total}", messages.len());
    assert!(total.failures.is_empty(), "unexplained differences");
    if inputs >= LONG_RUN {
        assert_eq!(total.never_met(), [], "classes that list nothing");
    }
}

/// The inputs of one message, up to the first unexplained difference.
fn run(message: &Mappings, inputs: u64, seed: u64) -> Report {
    let mut report = Report::default();
    for number in 0..inputs {
        let kind = kind_of(number);
        let mut random = Random::new(seed_of(&message.name, seed, number));
        let input = (KINDS[kind].make)(message, &mut random);
        let difference = match message.check(&input) {
            Ok(outcome) if outcome.is_accepted || !KINDS[kind].is_valid => {
                report.count(kind, &outcome);
                continue;
            }
            Ok(_) => "refused, though valid".to_owned(),
            Err(difference) => difference,
        };
        let smallest = smallest(input.clone(), |input| message.check(input).is_err());
        report.failures.push(Failure {
            message: message.name.clone(),
            number,
            difference,
            input,
            smallest,
        });
        break;
    }
    report
}

fn kind_of(number: u64) -> usize {
    let shares: u64 = KINDS.iter().map(|kind| kind.share).sum();
    let mut place = number % shares;
    for (index, kind) in KINDS.iter().enumerate() {
        if place < kind.share {
            return index;
        }
        place -= kind.share;
    }
    unreachable!("the place is below the sum of the shares")
}

/// Another one for each input, whatever the number of inputs.
fn seed_of(message: &str, seed: u64, number: u64) -> u64 {
    let name = message.bytes().fold(seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    Random::new(name).next() ^ Random::new(number).next()
}

/// Takes pieces out of an input as long as it still fails.
fn smallest(input: Input, fails: impl Fn(&Input) -> bool) -> Input {
    let with = |bytes: Vec<u8>| match input {
        Input::Json(_) => Input::Json(bytes),
        Input::Binary(_) => Input::Binary(bytes),
    };
    let (Input::Json(mut bytes) | Input::Binary(mut bytes)) = input.clone();
    if !fails(&input) {
        return input;
    }
    let mut piece = bytes.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        while at < bytes.len() {
            let mut without = bytes.clone();
            without.drain(at..(at + piece).min(bytes.len()));
            match fails(&with(without.clone())) {
                true => bytes = without,
                false => at += piece,
            }
        }
        piece /= 2;
    }
    with(bytes)
}

fn setting(name: &str, default: u64) -> u64 {
    let Ok(value) = std::env::var(name) else {
        return default;
    };
    let value = value.parse();
    value.unwrap_or_else(|_| panic!("{name} has to be a whole number"))
}

#[test]
fn every_class_has_an_example() {
    let messages = compare::all();
    for (index, listed) in CLASSES.iter().enumerate() {
        assert_eq!(
            listed.class as usize, index,
            "the table is in the order of the enum"
        );
        let (name, example) = &listed.example;
        let message = messages.iter().find(|message| message.name == *name);
        let input = match example {
            Example::Json(text) => Input::Json(text.as_bytes().to_vec()),
            Example::Binary(bytes) => Input::Binary(bytes.to_vec()),
        };
        let outcome = message.unwrap().check(&input).unwrap();
        assert_eq!(outcome.classes, [listed.class], "{input}");
    }
}

#[test]
fn a_failing_input_is_made_small() {
    let input = Input::Json(br#"{"a": 1, "b": [2, 3]}"#.to_vec());
    let fails = |input: &Input| matches!(input, Input::Json(text) if text.contains(&b'3'));
    assert!(smallest(input, fails) == Input::Json(b"3".to_vec()));
}
