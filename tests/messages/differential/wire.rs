//! Messages in binary form: valid ones, mutated ones and arbitrary ones.

use super::schema::{Field, Kind, Message};
use super::timestamps;
use crate::random::Random;

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH_DELIMITED: u64 = 2;
const START_GROUP: u64 = 3;
const END_GROUP: u64 = 4;
const FIXED32: u64 = 5;

/// A message in the form that encoders write, save for values of timestamps that are out of range from time to time.
pub(super) fn valid(schema: &Message, random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    message(schema, 0, random, &mut bytes);
    bytes
}

/// A valid message with one to three changes.
pub(super) fn mutated(schema: &Message, random: &mut Random) -> Vec<u8> {
    let mut bytes = valid(schema, random);
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next() as u8),
            2 => {
                let end = (at + 1 + random.below(6)).min(bytes.len());
                bytes.drain(at..end.max(at));
            }
            3 => {
                let end = (at + 1 + random.below(20)).min(bytes.len());
                let again = bytes[at..end.max(at)].to_vec();
                bytes.splice(at..at, again);
            }
            4 => bytes.extend(arbitrary(schema, random)),
            5 if at < bytes.len() => bytes[at] = random.one_of(&[0, 1, 0x7f, 0x80, 0xff]),
            _ if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => bytes.extend_from_slice(&valid(schema, random)),
        }
    }
    bytes
}

/// Fields in any order and number, of any wire type, known and unknown.
pub(super) fn arbitrary(schema: &Message, random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    if random.below(20) == 0 {
        bytes.extend((0..random.below(12)).map(|_| random.next() as u8));
        return bytes;
    }
    for _ in 0..random.below(6) {
        let count = schema.fields.len();
        if count == 0 || random.below(5) == 0 {
            unknown(random, &mut bytes);
            continue;
        }
        let field = &schema.fields[random.below(count)];
        match random.below(8) {
            0 => any_wire_type(u64::from(field.number), 0, random, &mut bytes),
            1 => packed(field, random, &mut bytes),
            2 => {
                let inner = match &field.kind {
                    Kind::Message(inner) => arbitrary(inner, random),
                    _ => (0..random.below(6)).map(|_| random.next() as u8).collect(),
                };
                delimited(field.number, &inner, &mut bytes);
            }
            _ => single(field, 0, random, &mut bytes),
        }
    }
    bytes
}

fn message(schema: &Message, depth: usize, random: &mut Random, bytes: &mut Vec<u8>) {
    let mut oneofs: Vec<&String> = Vec::new();
    for field in &schema.fields {
        if random.below(2 + depth) > 0 {
            continue;
        }
        if let Some(oneof) = &field.oneof {
            if oneofs.contains(&oneof) {
                continue;
            }
            oneofs.push(oneof);
        }
        let is_packable = matches!(
            field.kind,
            Kind::Int32 | Kind::Uint64 | Kind::Bool | Kind::Enum(_)
        );
        match field.is_list {
            true if is_packable => packed(field, random, bytes),
            true => (0..random.below(4)).for_each(|_| single(field, depth, random, bytes)),
            false => single(field, depth, random, bytes),
        }
    }
}

/// A field with one value of its type.
fn single(field: &Field, depth: usize, random: &mut Random, bytes: &mut Vec<u8>) {
    let mut inner = Vec::new();
    match &field.kind {
        Kind::Int32 | Kind::Uint64 | Kind::Bool | Kind::Enum(_) => {
            tag(field.number.into(), VARINT, bytes);
            let value = scalar(&field.kind, random);
            return varint(value, bytes);
        }
        Kind::String => inner.extend_from_slice(
            random
                .one_of(&[
                    "",
                    "a",
                    "d2c94c27-3b76-4a42-b88c-95a85e392c68",
                    "ä€😀\n\"\u{0}",
                    "x",
                ])
                .as_bytes(),
        ),
        Kind::Bytes => inner.extend((0..random.below(6)).map(|_| random.next() as u8)),
        Kind::Timestamp => timestamp(random, &mut inner),
        Kind::Message(schema) => message(schema, depth + 1, random, &mut inner),
    }
    delimited(field.number, &inner, bytes);
}

fn timestamp(random: &mut Random, bytes: &mut Vec<u8>) {
    let (mut seconds, mut nanos) = timestamps::in_range(random);
    match random.below(12) {
        0 => nanos = random.one_of(&[-1, 1_000_000_000, i32::MAX, i32::MIN]),
        1 => seconds = random.one_of(&[i64::MIN, -62_135_596_801, 253_402_300_800, i64::MAX]),
        _ => {}
    }
    for (number, value) in [(1, seconds), (2, i64::from(nanos))] {
        if value != 0 {
            tag(number, VARINT, bytes);
            varint(value as u64, bytes);
        }
    }
}

fn packed(field: &Field, random: &mut Random, bytes: &mut Vec<u8>) {
    let mut items = Vec::new();
    for _ in 0..random.below(4) {
        varint(scalar(&field.kind, random), &mut items);
    }
    if !items.is_empty() || random.below(4) == 0 {
        delimited(field.number, &items, bytes);
    }
}

fn scalar(kind: &Kind, random: &mut Random) -> u64 {
    let any = random.next() >> random.below(64);
    match kind {
        Kind::Bool => random.one_of(&[0, 1, 1]),
        Kind::Int32 => {
            let any = i64::from(any as i32);
            random.one_of(&[0, 1, -1, i32::MAX.into(), i32::MIN.into(), any, any]) as u64
        }
        Kind::Enum(values) => {
            let known = i64::from(values[random.below(values.len())].1);
            random.one_of(&[known, known, known, 12_345, -1]) as u64
        }
        _ => random.one_of(&[0, 1, u64::MAX, any, any]),
    }
}

fn unknown(random: &mut Random, bytes: &mut Vec<u8>) {
    let any = random.next() & 0xff;
    let number = random.one_of(&[0, 15, 16, 99, 19_000, 536_870_911, 536_870_912, any]);
    any_wire_type(number, 0, random, bytes);
}

fn any_wire_type(number: u64, depth: usize, random: &mut Random, bytes: &mut Vec<u8>) {
    let wire_type = random.below(8) as u64;
    tag(number, wire_type, bytes);
    let any = random.next();
    match wire_type {
        VARINT => match random.below(4) {
            // Longer than needed, or than allowed.
            0 => {
                let len = random.one_of(&[1, 8, 9, 10, 11]);
                bytes.extend(std::iter::repeat_n(0x80, len));
                bytes.push(random.one_of(&[0, 1, 2, 0x7f]));
            }
            _ => varint(any >> random.below(64), bytes),
        },
        FIXED64 => bytes.extend_from_slice(&any.to_le_bytes()),
        FIXED32 => bytes.extend_from_slice(&(any as u32).to_le_bytes()),
        LENGTH_DELIMITED => {
            let len = random.one_of(&[0, 1, 3, 200]);
            varint(len, bytes);
            let present = if len > 3 { 2 } else { len };
            bytes.extend((0..present).map(|_| random.next() as u8));
        }
        START_GROUP => {
            // Around the depth where readers stop, too.
            let levels = random.one_of(&[0, 0, 1, 3, 97, 98, 99, 100, 101, 102]);
            for _ in 0..levels {
                tag(number, START_GROUP, bytes);
            }
            if depth < 2 && random.below(2) == 0 {
                any_wire_type(7, depth + 1, random, bytes);
            }
            for _ in 0..=levels {
                tag(number, END_GROUP, bytes);
            }
            if random.below(8) == 0 {
                bytes.pop();
            }
        }
        _ => {}
    }
}

fn delimited(number: u32, value: &[u8], bytes: &mut Vec<u8>) {
    tag(number.into(), LENGTH_DELIMITED, bytes);
    varint(value.len() as u64, bytes);
    bytes.extend_from_slice(value);
}

fn tag(number: u64, wire_type: u64, bytes: &mut Vec<u8>) {
    varint(number << 3 | wire_type, bytes);
}

fn varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
