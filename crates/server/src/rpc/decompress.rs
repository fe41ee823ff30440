//! Decompressing requests: what is looked at before, and where it happens.

use connectrpc_axum::CompressionEncoding;
use tonic::Status;

use super::aside::{Aside, LARGE};

/// Refuses brotli with a "large window", of up to a gigabyte: the decoder fills it before anybody can see how much there is. It
/// is an extension of the format, and no part of the content coding `br` (RFC 7932, section 9.1: its mark is reserved there).
pub(super) fn refuse_large_window(
    body: &[u8],
    encoding: CompressionEncoding,
) -> Result<(), Status> {
    const LARGE: u8 = 0b001_0001;
    match body.first() {
        Some(first) if encoding == CompressionEncoding::Brotli && first & 0x7f == LARGE => {
            Err(Status::invalid_argument(
                "decompression failed: brotli with a large window is not read",
            ))
        }
        _ => Ok(()),
    }
}

/// Decompresses a message of so many bytes, which may become as many as the limit; `decompress` is given the limit to keep to. Most
/// messages are small, and are decompressed here. Whether one is can't be seen, so what fails here is tried again where it keeps
/// nobody waiting. Brotli takes its whole window at once, of up to 16 MB, however little is asked for.
pub(super) async fn within<T: Send + 'static>(
    limit: usize,
    length: usize,
    encoding: CompressionEncoding,
    aside: &Aside,
    decompress: impl Fn(usize) -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    if length <= LARGE && encoding != CompressionEncoding::Brotli {
        match decompress(limit.min(LARGE)) {
            Err(_) if limit > LARGE => {}
            result => return result,
        }
    }
    Box::pin(aside.run(move || decompress(limit))).await?
}

#[cfg(test)]
mod tests {
    use std::thread::current;

    use super::*;

    #[test]
    fn only_brotli_with_a_large_window_is_refused() {
        for (body, encoding, is_refused) in [
            (&[0x11, 30][..], CompressionEncoding::Brotli, true),
            (&[0x91, 30], CompressionEncoding::Brotli, true),
            (&[0x11, 30], CompressionEncoding::Gzip, false),
            (&[0x1b, 30], CompressionEncoding::Brotli, false),
            (&[0x21, 30], CompressionEncoding::Brotli, false),
            (&[], CompressionEncoding::Brotli, false),
        ] {
            let refused = refuse_large_window(body, encoding).is_err();
            assert_eq!(refused, is_refused, "{body:?} {encoding:?}");
        }
    }

    #[tokio::test]
    async fn only_what_is_known_to_be_small_is_decompressed_where_calls_are_served() {
        const LIMIT: usize = 4 * LARGE;
        let here = current().id();
        for (length, becomes, encoding, is_here) in [
            (100, 1_000, CompressionEncoding::Gzip, true),
            (100, LARGE, CompressionEncoding::Zstd, true),
            (100, LARGE + 1, CompressionEncoding::Gzip, false),
            (LARGE + 1, LARGE + 1, CompressionEncoding::Gzip, false),
            (100, 1_000, CompressionEncoding::Brotli, false),
        ] {
            let decompress = move |limit| {
                if becomes > limit {
                    return Err(Status::resource_exhausted("too large"));
                }
                Ok(current().id())
            };
            let thread = within(LIMIT, length, encoding, &Aside::new(), decompress).await;
            assert_eq!(
                thread.unwrap() == here,
                is_here,
                "{length} {becomes} {encoding:?}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_beyond_the_limit_is_refused_wherever_it_is_decompressed() {
        for (limit, length) in [(1_000, 100), (2 * LARGE, 100), (2 * LARGE, LARGE + 1)] {
            let decompress = move |given| {
                assert!(given <= limit);
                Err::<(), _>(Status::resource_exhausted("too large"))
            };
            let aside = Aside::new();
            let refused =
                within(limit, length, CompressionEncoding::Gzip, &aside, decompress).await;
            assert_eq!(refused.unwrap_err().code(), tonic::Code::ResourceExhausted);
        }
    }
}
