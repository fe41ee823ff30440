//! JSON of messages: in the forms that the mapping writes, and in forms that it may refuse.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE};

use super::schema::{Field, Kind, Message};
use super::timestamps;
use super::tree::Node;
use crate::random::Random;

/// Texts that are values of `string` fields.
const TEXTS: [&str; 9] = [
    "",
    "a",
    "d2c94c27-3b76-4a42-b88c-95a85e392c68",
    "line\nbreak \"quoted\" \\ / \u{0} \u{7f}",
    "ä€😀\u{10ffff}",
    "null",
    "1e5",
    "</script>\u{2028}\u{feff}",
    "a text that is longer than what fits into a small buffer, and then some: 0123456789",
];

/// Spellings of numbers, as numbers and as texts. Some are not JSON.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-0.0",
    "0.0",
    "1.0",
    "-1.0",
    "1e5",
    "1E+5",
    "1.5e1",
    "100e-2",
    "1e-2",
    "0.5",
    "1.0000000000000001",
    "2147483647",
    "2147483647.0",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "-2.147483648e9",
    "4294967296",
    "9007199254740993",
    "9007199254740993.0",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551615.0",
    "18446744073709551616",
    "18446744073709549568e0",
    "1.8446744073709552e19",
    "1e19",
    "1e20",
    "1e38",
    "1e400",
    "1e-400",
    "0e400",
    "0e99999999999999999999",
    "1e99999999999999999999",
    "-1",
    "+1",
    "+0",
    "01",
    "-01",
    "00",
    "007e1",
    "",
    " 1",
    "1 ",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "1_000",
    "0x10",
    "\u{661}",
    "NaN",
    "Infinity",
    "-Infinity",
];

/// Values of every JSON type, and texts that are no JSON.
const ANYTHING: &[&str] = &[
    "null",
    "true",
    "false",
    "True",
    "nul",
    "0",
    "1",
    "-1",
    "1.5",
    "\"\"",
    "\"1\"",
    "\"true\"",
    "\"null\"",
    "\"AAAA\"",
    "\"2026-03-01T00:00:00Z\"",
    "[]",
    "[null]",
    "[1,2]",
    "[[]]",
    "{}",
    "{\"a\":1}",
    "{\"id\":\"x\",\"key\":null,\"\":[{}]}",
    "{\"seconds\":\"1\",\"nanos\":2}",
    "{\"value\":1}",
    "undefined",
];

/// Strings as they may stand in a text, some of them wrong.
const RAW_STRINGS: &[&[u8]] = &[
    br#""\ud83d\ude00""#,
    br#""\uD83D\uDE00\u0000""#,
    br#""\ud800""#,
    br#""\ude00\ud83d""#,
    br#""\ud83d\u0041""#,
    b"\"\\ud83d\xf0\x9f\x98\x80\"",
    br#""\u12""#,
    br#""\u00zz""#,
    br#""\x41""#,
    br#""\/\b\f\n\r\t""#,
    b"\"a\tb\"",
    b"\"a\nb\"",
    b"\"a\0b\"",
    b"\"\xff\"",
    b"\"\xc0\xaf\"",
    b"\"\xed\xa0\x80\"",
    b"\"\xf4\x90\x80\x80\"",
    b"\"\xe2\x82\"",
    b"'a'",
    b"\"a",
    b"a",
];

/// A message in the forms that the mapping writes, and in the other ones that it has to read.
pub(super) fn message<'s>(message: &'s Message, depth: usize, random: &mut Random) -> Node<'s> {
    let mut members = Vec::new();
    for field in &message.fields {
        let rarer = if depth == 0 { 2 } else { 2 + depth };
        let beside_another = members.iter().any(|(key, _): &(String, Node<'_>)| {
            field.oneof.is_some() && message.field(key).is_some_and(|it| it.oneof == field.oneof)
        });
        if !beside_another && random.below(rarer) == 0 {
            members.push((key(field, random), value(field, depth, random)));
        }
    }
    if random.below(4) == 0 {
        shuffle(&mut members, random);
    }
    Node::Object(Some(message), members)
}

pub(super) fn key(field: &Field, random: &mut Random) -> String {
    match random.below(4) {
        0 => field.name.clone(),
        _ => field.json_name.clone(),
    }
}

pub(super) fn value<'s>(field: &'s Field, depth: usize, random: &mut Random) -> Node<'s> {
    if !field.is_list {
        return single(&field.kind, depth, random);
    }
    let items = (0..random.below(4)).map(|_| single(&field.kind, depth, random));
    Node::List(Some(&field.kind), items.collect())
}

fn single<'s>(kind: &'s Kind, depth: usize, random: &mut Random) -> Node<'s> {
    let some = Some(kind);
    match kind {
        Kind::Int32 => {
            let any = random.next() as i32;
            let number = random.one_of(&[0, 1, -1, 100, i32::MAX, i32::MIN, any, any]);
            match random.below(4) {
                0 => Node::Text(some, number.to_string()),
                _ => Node::literal(some, number.to_string()),
            }
        }
        Kind::Uint64 => {
            let any = random.next() >> random.below(64);
            let number = random.one_of(&[0, 1, 9_007_199_254_740_993, u64::MAX, any, any]);
            match random.below(2) {
                0 => Node::Text(some, number.to_string()),
                _ => Node::literal(some, number.to_string()),
            }
        }
        Kind::Bool => Node::literal(some, random.one_of(&["true", "false"])),
        Kind::String => Node::Text(some, text(random)),
        Kind::Bytes => Node::Text(some, BASE64_STANDARD.encode(bytes(random))),
        Kind::Enum(values) => {
            let (name, number) = &values[random.below(values.len())];
            match random.below(5) {
                0 => Node::literal(some, number.to_string()),
                1 => Node::literal(some, random.one_of(&["12345", "-1", "2147483647"])),
                _ => Node::Text(some, name.clone()),
            }
        }
        Kind::Timestamp => Node::Text(some, timestamps::valid(random)),
        Kind::Message(inner) => message(inner, depth + 1, random),
    }
}

/// A value of a type in a form that is rare, is refused, or is only mistaken for one.
pub(super) fn odd<'s>(kind: &'s Kind, random: &mut Random) -> Node<'s> {
    let some = Some(kind);
    match kind {
        Kind::Int32 | Kind::Uint64 => {
            let number = number(random);
            match random.below(2) {
                0 => Node::Text(some, number),
                _ => Node::literal(some, number),
            }
        }
        Kind::Bool => Node::literal(
            some,
            random.one_of(&["\"true\"", "\"false\"", "0", "1", "TRUE", "\"\"", "null"]),
        ),
        Kind::String => Node::Literal(some, random.one_of(RAW_STRINGS).into()),
        Kind::Bytes => Node::Text(some, base64(random)),
        Kind::Enum(values) => {
            let (name, value) = &values[random.below(values.len())];
            match random.below(6) {
                0 => Node::literal(some, number(random)),
                1 => Node::Text(some, value.to_string()),
                2 => Node::Text(some, name.to_lowercase()),
                3 => Node::Text(some, format!("{name}_X")),
                4 => Node::literal(
                    some,
                    format!("{value}{}", random.one_of(&[".0", "e0", ".5"])),
                ),
                _ => Node::Text(some, String::new()),
            }
        }
        Kind::Timestamp => Node::Text(some, timestamps::odd(random)),
        Kind::Message(_) => anything(some, random),
    }
}

/// A value of any JSON type, or no JSON.
pub(super) fn anything<'s>(kind: Option<&'s Kind>, random: &mut Random) -> Node<'s> {
    match random.below(12) {
        0 => Node::literal(kind, number(random)),
        1 => Node::Text(kind, text(random)),
        2 => Node::Literal(kind, random.one_of(RAW_STRINGS).into()),
        3 => {
            // Around the depth where readers stop, too.
            let depth = random.one_of(&[1, 3, 60, 125, 126, 127, 128, 200]);
            let (open, close) = random.one_of(&[("[", "]"), ("{\"a\":", "}")]);
            let inner = if open == "[" { "" } else { "1" };
            Node::literal(
                kind,
                format!("{}{inner}{}", open.repeat(depth), close.repeat(depth)),
            )
        }
        _ => Node::literal(kind, random.one_of(ANYTHING)),
    }
}

fn number(random: &mut Random) -> String {
    if random.below(3) > 0 {
        return random.one_of(NUMBERS).to_owned();
    }
    let sign = random.one_of(&["", "", "-"]);
    let whole = random.next() >> random.below(64);
    let fraction = match random.below(3) {
        0 => String::new(),
        1 => format!(".{}", "0".repeat(1 + random.below(3))),
        _ => format!(".{}", random.below(1000)),
    };
    let exponent = match random.below(3) {
        0 => String::new(),
        1 => format!("e{}", random.below(25)),
        _ => format!("E-{}", random.below(25)),
    };
    format!("{sign}{whole}{fraction}{exponent}")
}

fn text(random: &mut Random) -> String {
    if random.below(3) > 0 {
        return random.one_of(&TEXTS).to_owned();
    }
    let highest = random.one_of(&[0x7f, 0x7ff, 0xffff, 0x10_ffff]);
    let characters = (0..random.below(8)).map(|_| {
        let code = random.below(highest + 1) as u32;
        char::from_u32(code).unwrap_or('\u{fffd}')
    });
    characters.collect()
}

fn bytes(random: &mut Random) -> Vec<u8> {
    (0..random.below(9)).map(|_| random.next() as u8).collect()
}

/// Base64 in all its variants, and what comes close to it.
fn base64(random: &mut Random) -> String {
    let bytes = bytes(random);
    let mut text = match random.below(3) {
        0 => BASE64_STANDARD.encode(bytes),
        1 => BASE64_STANDARD_NO_PAD.encode(bytes),
        _ => BASE64_URL_SAFE.encode(bytes),
    };
    if random.below(2) == 0 {
        let at = random.below(text.len() + 1);
        let other = random.one_of(&["=", "==", "-", "_", "+", "/", "A", "Z", "f", " ", "\n", "ä"]);
        if random.below(2) == 0 && at < text.len() {
            text.replace_range(at..=at, other);
        } else {
            text.insert_str(at, other);
        }
    }
    text
}

pub(super) fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for index in (1..items.len()).rev() {
        items.swap(index, random.below(index + 1));
    }
}
