//! Decompresses requests in tonic's stead, which knows no brotli and refuses a compressed message of no bytes: the empty
//! message, as the zstd of some clients leaves it.

use bytes::{Buf as _, Bytes};
use connectrpc_axum::CompressionEncoding;
use connectrpc_axum::message::request::{EnvelopePayload, process_envelope_payload};
use connectrpc_axum::message::response::wrap_envelope;
use tonic::Status;

/// The frames with their messages decompressed. They are framed as those of Connect's streams, which connectrpc-axum
/// reads.
pub(super) fn expand(
    frames: Bytes,
    encoding: CompressionEncoding,
    limit: usize,
) -> Result<Bytes, Status> {
    if encoding == CompressionEncoding::Identity {
        return Ok(frames);
    }
    let mut rest = frames;
    let mut expanded = Vec::new();
    while !rest.is_empty() {
        let (flags, payload) = next(&mut rest)?;
        let flags = if payload.is_empty() { 0 } else { flags };
        match process_envelope_payload(flags, payload, encoding, limit)? {
            EnvelopePayload::Message(message) => {
                expanded.extend_from_slice(&wrap_envelope(&message, false)?);
            }
            EnvelopePayload::EndStream(_) => {
                return Err(Status::internal("gRPC has no message with these flags"));
            }
        }
    }
    Ok(expanded.into())
}

/// Splits off the first message.
fn next(rest: &mut Bytes) -> Result<(u8, Bytes), Status> {
    split_message(rest).ok_or_else(|| Status::internal("the request ends inside a message"))
}

fn split_message(rest: &mut Bytes) -> Option<(u8, Bytes)> {
    let flags = rest.try_get_u8().ok()?;
    let length = usize::try_from(rest.try_get_u32().ok()?).ok()?;
    (length <= rest.len()).then(|| (flags, rest.split_to(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_cut_off_is_no_message() {
        let mut two = Bytes::from_static(b"\x01\0\0\0\x02ab\0\0\0\0\x02c");
        let first = split_message(&mut two).unwrap();
        assert_eq!(first, (1, Bytes::from_static(b"ab")));
        assert_eq!(split_message(&mut two), None);
        assert_eq!(split_message(&mut Bytes::from_static(b"\0\0")), None);
    }
}
