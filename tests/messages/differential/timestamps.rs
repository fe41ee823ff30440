//! Texts of timestamps.

use runner_configuration::Timestamp;

use crate::random::Random;

const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

/// Seconds and nanoseconds in the valid range, often at its ends.
pub(super) fn in_range(random: &mut Random) -> (i64, i32) {
    let any = FIRST + (random.next() % (LAST - FIRST + 1) as u64) as i64;
    let seconds = random.one_of(&[FIRST, -1, 0, 1_772_323_200, LAST, any, any]);
    let any = (random.next() % 1_000_000_000) as i32;
    let nanos = random.one_of(&[0, 0, 1, 1_000, 500_000_000, 999_999_999, any]);
    (seconds, nanos)
}

pub(super) fn valid(random: &mut Random) -> String {
    let (seconds, nanos) = in_range(random);
    let text = Timestamp { seconds, nanos }.to_string();
    // Not where an offset could lead out of the range.
    match random.below(4) {
        0 if seconds > FIRST + 86_400 && seconds < LAST - 86_400 => {
            let offset = random.one_of(&["+00:00", "-00:00", "+05:30", "-23:59", "+23:59"]);
            text.replace('Z', offset)
        }
        _ => text,
    }
}

/// Each part is at, or beyond, an edge from time to time.
pub(super) fn odd(random: &mut Random) -> String {
    let years = ["2026", "2024", "1970", "0001", "9999"];
    let year = part(
        random,
        &years,
        &["0000", "10000", "-001", "+2026", "99", ""],
    );
    let month = part(random, &["01", "02", "12"], &["00", "13", "1", "+1"]);
    let day = part(random, &["01", "28", "31"], &["00", "29", "30", "32", "1"]);
    let between = part(random, &["T"], &["t", " ", "", "_"]);
    let hour = part(random, &["00", "12", "23"], &["24", "-1", "1"]);
    let minute = part(random, &["00", "59"], &["60", "5"]);
    let second = part(random, &["00", "59"], &["60", "61", "5"]);
    let fractions = ["", ".5", ".000000001", ".123456789"];
    let odd_fractions = [
        ".",
        ".0000000001",
        ".1234567899",
        ",5",
        ".5e1",
        ".99999999999999999999",
    ];
    let fraction = part(random, &fractions, &odd_fractions);
    let offsets = ["Z", "+00:00", "-00:00", "+23:59", "-08:00"];
    let odd_offsets = [
        "z",
        "",
        "+24:00",
        "+00:60",
        "-0800",
        "+08",
        "+8:00",
        "\u{2212}08:00",
        "ZZ",
        "Z ",
        "UTC",
    ];
    let offset = part(random, &offsets, &odd_offsets);
    format!("{year}-{month}-{day}{between}{hour}:{minute}:{second}{fraction}{offset}")
}

fn part<'a>(random: &mut Random, usual: &[&'a str], odd: &[&'a str]) -> &'a str {
    match random.below(10) {
        0 => random.one_of(odd),
        _ => random.one_of(usual),
    }
}
