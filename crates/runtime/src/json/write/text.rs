//! Strings and what is to be escaped in them: quotes, backslashes and control characters.

use crate::json::scan::{first_special, is_special, specials};

#[inline]
pub(super) fn string(text: &mut Vec<u8>, value: &str) {
    let bytes = value.as_bytes();
    text.reserve(bytes.len() + 2);
    text.push(b'"');
    if is_clean(bytes) {
        text.extend_from_slice(bytes);
    } else {
        escaped(text, bytes);
    }
    text.push(b'"');
}

/// Whether nothing is to be escaped.
#[inline]
fn is_clean(bytes: &[u8]) -> bool {
    if let Some(last) = bytes.last_chunk::<16>() {
        // What is left behind the blocks is in the last 16 bytes.
        return bytes.as_chunks().0.iter().all(is_clean_block) && is_clean_block(last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return specials(u64::from_le_bytes(*first)) | specials(u64::from_le_bytes(*last)) == 0;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return specials(u64::from(first) << 32 | u64::from(last)) == 0;
    }
    !bytes.iter().any(|byte| is_special(*byte))
}

/// Without a branch, so that it is compiled to vector instructions.
#[inline]
fn is_clean_block(block: &[u8; 16]) -> bool {
    !block
        .iter()
        .fold(false, |found, byte| found | is_special(*byte))
}

fn escaped(text: &mut Vec<u8>, mut bytes: &[u8]) {
    while let Some(at) = first_special(bytes) {
        let (clean, rest) = bytes.split_at(at);
        text.extend_from_slice(clean);
        let Some((byte, rest)) = rest.split_first() else {
            return;
        };
        escape(text, *byte);
        bytes = rest;
    }
    text.extend_from_slice(bytes);
}

fn escape(text: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            let [high, low] = [byte >> 4, byte & 0xf].map(|digit| HEX[usize::from(digit)]);
            text.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    text.extend_from_slice(&[b'\\', letter]);
}
