//! Binary messages without the groups that nobody knows.

use prost_reflect::prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field,
};

use super::classes::Class;
use super::schema::{Kind, Message};

/// How many levels of messages and groups are read.
const LEVELS: usize = 100;

/// The message without unknown groups, and whether one of them was a class of differences; `None` for bytes that are no
/// message.
pub(super) fn without_groups(message: &Message, bytes: &[u8]) -> Option<(Vec<u8>, Vec<Class>)> {
    let mut found = Vec::new();
    let fields = Fields::Of(message);
    let kept = kept(fields, bytes, 0, &mut found)?;
    Some((kept, found))
}

#[derive(Clone, Copy)]
enum Fields<'a> {
    Of(&'a Message),
    OfTimestamp,
}

impl<'a> Fields<'a> {
    fn is_known(self, number: u32) -> bool {
        match self {
            Self::Of(message) => message.fields.iter().any(|field| field.number == number),
            Self::OfTimestamp => matches!(number, 1 | 2),
        }
    }

    fn inner(self, number: u32) -> Option<Self> {
        let Self::Of(message) = self else {
            return None;
        };
        let mut fields = message.fields.iter();
        match &fields.find(|field| field.number == number)?.kind {
            Kind::Message(inner) => Some(Self::Of(inner)),
            Kind::Timestamp => Some(Self::OfTimestamp),
            _ => None,
        }
    }
}

fn kept(
    fields: Fields<'_>,
    mut bytes: &[u8],
    level: usize,
    found: &mut Vec<Class>,
) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    while !bytes.is_empty() {
        let start = bytes;
        let (number, wire_type) = decode_key(&mut bytes).ok()?;
        match (wire_type, fields.inner(number)) {
            (WireType::StartGroup, _) if !fields.is_known(number) => {
                if deepest(number, &mut bytes, level + 1)? == Some(LEVELS) {
                    found.push(Class::DeepGroup);
                }
            }
            (WireType::LengthDelimited, Some(inner)) => {
                let len = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
                let (value, rest) = bytes.split_at_checked(len)?;
                bytes = rest;
                let value = self::kept(inner, value, level + 1, found)?;
                encode_key(number, wire_type, &mut kept);
                encode_varint(value.len() as u64, &mut kept);
                kept.extend_from_slice(&value);
            }
            _ => {
                skip_field(wire_type, number, &mut bytes, DecodeContext::default()).ok()?;
                kept.extend_from_slice(&start[..start.len() - bytes.len()]);
            }
        }
    }
    Some(kept)
}

/// The deepest level at which the group has a field that is no group.
fn deepest(group: u32, bytes: &mut &[u8], level: usize) -> Option<Option<usize>> {
    let mut deepest_so_far = None;
    loop {
        let (number, wire_type) = decode_key(bytes).ok()?;
        let here = match wire_type {
            WireType::EndGroup if number == group => return Some(deepest_so_far),
            WireType::EndGroup => return None,
            WireType::StartGroup => deepest(number, bytes, level + 1)?,
            _ => {
                skip_field(wire_type, number, bytes, DecodeContext::default()).ok()?;
                Some(level)
            }
        };
        deepest_so_far = deepest_so_far.max(here);
    }
}
