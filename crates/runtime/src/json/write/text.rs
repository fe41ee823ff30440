//! Strings and what is to be escaped in them: quotes, backslashes and control characters.

/// The bit of a byte that is set where the byte is found.
const FOUND: u64 = every(0x80);

const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

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
        return found(u64::from_le_bytes(*first)) | found(u64::from_le_bytes(*last)) == 0;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return found(u64::from(first) << 32 | u64::from(last)) == 0;
    }
    !bytes.iter().any(|byte| is_escaped(*byte))
}

/// Without a branch, so that it is compiled to vector instructions.
#[inline]
fn is_clean_block(block: &[u8; 16]) -> bool {
    !block
        .iter()
        .fold(false, |found, byte| found | is_escaped(*byte))
}

#[inline]
fn is_escaped(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// Finds what is to be escaped in eight bytes. The lowest bit set is at the first of them; behind it, bits may be wrong.
#[inline]
fn found(bytes: u64) -> u64 {
    let control = bytes.wrapping_sub(every(b' ')) & !bytes;
    let zero = |bytes: u64| bytes.wrapping_sub(every(1)) & !bytes;
    let quote = zero(bytes ^ every(b'"'));
    let backslash = zero(bytes ^ every(b'\\'));
    (control | quote | backslash) & FOUND
}

fn escaped(text: &mut Vec<u8>, mut bytes: &[u8]) {
    while let Some(at) = first_escaped(bytes) {
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

fn first_escaped(bytes: &[u8]) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<8>();
    for (index, block) in blocks.iter().enumerate() {
        let found = found(u64::from_le_bytes(*block));
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let in_rest = rest.iter().position(|byte| is_escaped(*byte))?;
    Some(bytes.len() - rest.len() + in_rest)
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
