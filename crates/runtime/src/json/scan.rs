//! Finds what ends a run of plain characters in a JSON string: a quote, a backslash, a control character.

/// The bit of a byte that is set where the byte is found.
const FOUND: u64 = every(0x80);

const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Whether JSON has no such byte in a string but escaped, or as its end.
#[inline]
pub(super) fn is_special(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\')
}

/// Finds special bytes among eight. The lowest bit set is at the first of them; behind it, bits may be wrong.
#[inline]
pub(super) fn specials(bytes: u64) -> u64 {
    let control = bytes.wrapping_sub(every(b' ')) & !bytes;
    let zero = |bytes: u64| bytes.wrapping_sub(every(1)) & !bytes;
    let quote = zero(bytes ^ every(b'"'));
    let backslash = zero(bytes ^ every(b'\\'));
    (control | quote | backslash) & FOUND
}

/// Where the first special byte is.
#[inline]
pub(super) fn first_special(bytes: &[u8]) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<8>();
    for (index, block) in blocks.iter().enumerate() {
        let found = specials(u64::from_le_bytes(*block));
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let in_rest = rest.iter().position(|byte| is_special(*byte))?;
    Some(bytes.len() - rest.len() + in_rest)
}
