//! Decompresses requests in tonic's stead, which knows no brotli and refuses a compressed message of no bytes: the empty
//! message, as the zstd of some clients leaves it.

use bytes::{Buf as _, Bytes};
use connectrpc_axum::CompressionEncoding;
use connectrpc_axum::message::request::{EnvelopePayload, process_envelope_payload};
use connectrpc_axum::message::response::wrap_envelope;
use tonic::Status;

use super::wrong_number;
use crate::rpc::aside::Aside;
use crate::rpc::decompress::{refuse_large_window, within};
use crate::rpc::limits::Buffered;

/// The only frame with its message decompressed. It is framed as those of Connect's streams, which connectrpc-axum
/// reads.
pub(super) async fn expand(
    frames: Bytes,
    encoding: CompressionEncoding,
    limit: usize,
    aside: &Aside,
    room: &mut Buffered<'_>,
) -> Result<Bytes, Status> {
    if frames.is_empty() || encoding == CompressionEncoding::Identity {
        return Ok(frames);
    }
    let mut rest = frames;
    let (flags, payload) = next(&mut rest)?;
    // Before they are decompressed: each may be much larger then.
    if !rest.is_empty() {
        return Err(wrong_number("there are more"));
    }
    refuse_large_window(&payload, encoding)?;
    let flags = if payload.is_empty() { 0 } else { flags };
    let length = payload.len();
    let decompress = move |limit| {
        let payload = payload.clone();
        process_envelope_payload(flags, payload, encoding, limit).map_err(Status::from)
    };
    match within(limit, length, encoding, aside, decompress).await? {
        EnvelopePayload::Message(message) => {
            room.grow(2 * message.len())?;
            Ok(wrap_envelope(&message, false)?.into())
        }
        EnvelopePayload::EndStream(_) => {
            Err(Status::internal("gRPC has no message with these flags"))
        }
    }
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
