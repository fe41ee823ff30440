//! Copying bytes around a slow path of the processor.

use bytes::BufMut;

/// Less than what glibc copies with `rep movsb`.
const PIECE: usize = 1024;

/// Appends bytes, in pieces.
///
/// AMD's EPYC, as measured, takes 16 times as long for `rep movsb` where the target is up to 14 bytes further into its page of memory
/// than the source, which is what gRPC's prefix of 5 bytes makes of buffers that are aligned alike.
pub(super) fn append(target: &mut impl BufMut, bytes: &[u8]) {
    bytes
        .chunks(PIECE)
        .for_each(|piece| target.put_slice(piece));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_are_appended() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
            let bytes: Vec<u8> = (0..length).map(|number| (number % 251) as u8).collect();
            let mut target = b"before".to_vec();
            append(&mut target, &bytes);
            assert_eq!(target, [b"before", &bytes[..]].concat());
        }
    }
}
