//! Small messages that unpack to gigabytes.

use std::io::Write as _;

use flate2::{Compress, Compression, FlushCompress};

/// So many zeros are compressed once, and what that gives is repeated.
const PIECE: usize = 1024 * 1024;
/// How often: two gigabytes in all.
const TIMES: usize = 2048;

/// 2 MB of gzip. The sum at its end is missing: nobody is to get there.
pub(crate) fn gzip() -> Vec<u8> {
    let mut deflate = Compress::new(Compression::best(), false);
    let mut piece = Vec::with_capacity(PIECE);
    // From here on nothing refers to what was before, and bytes begin anew.
    deflate
        .compress_vec(&vec![0; PIECE], &mut piece, FlushCompress::Full)
        .unwrap();
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    [&header[..], &piece.repeat(TIMES)].concat()
}

/// 64 kB of zstd: blocks of 128 KiB that are one byte, repeated (RFC 8878). The window is of 2^`window_log` bytes.
pub(crate) fn zstd(window_log: u8) -> Vec<u8> {
    const BLOCK: u32 = 128 * 1024;
    let header = [0x28, 0xb5, 0x2f, 0xfd, 0, (window_log - 10) << 3];
    let [low, middle, high, _] = (BLOCK << 3 | 1 << 1).to_le_bytes();
    let blocks = [low, middle, high, 0].repeat(TIMES * PIECE / BLOCK as usize);
    [&header[..], &blocks].concat()
}

/// Some kilobytes of brotli. The window is of 2^`window_log` bytes; beyond 24 it is a "large window", which is no part of
/// the content coding br.
pub(crate) fn brotli(window_log: u8) -> Vec<u8> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 5,
        lgwin: window_log.into(),
        large_window: window_log > 24,
        ..Default::default()
    };
    let mut encoder = brotli::CompressorWriter::with_params(Vec::new(), PIECE, &parameters);
    let mut ends = Vec::new();
    for _ in 0..3 {
        encoder.write_all(&vec![0; PIECE]).unwrap();
        // Bytes begin anew.
        encoder.flush().unwrap();
        ends.push(encoder.get_ref().len());
    }
    let bytes = encoder.into_inner();
    // The state before the third piece is that after it.
    let (start, piece) = (&bytes[..ends[1]], &bytes[ends[1]..ends[2]]);
    [start, &piece.repeat(TIMES)].concat()
}
