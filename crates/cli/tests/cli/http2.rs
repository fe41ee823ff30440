//! HTTP/2, as those write it by hand who don't keep to it.

/// How a client begins that knows of HTTP/2, with SETTINGS that say nothing.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

/// That many streams that are opened, and reset at once; with the preface before them.
pub(crate) fn resets(streams: u32) -> Vec<u8> {
    let mut bytes = PREFACE.to_vec();
    for stream in 0..streams {
        let id = (2 * stream + 1).to_be_bytes();
        // HEADERS: GET, http, /, all from HPACK's static table; then RST_STREAM with CANCEL.
        bytes.extend_from_slice(&[0, 0, 3, 1, 5]);
        bytes.extend_from_slice(&id);
        bytes.extend_from_slice(&[0x82, 0x86, 0x84, 0, 0, 4, 3, 0]);
        bytes.extend_from_slice(&id);
        bytes.extend_from_slice(&[0, 0, 0, 8]);
    }
    bytes
}

/// The error with which a server ended a connection.
pub(crate) fn goaway(answer: &[u8]) -> Option<u8> {
    let goaway = frames(answer).into_iter().find(|(kind, _)| *kind == GOAWAY);
    goaway.and_then(|(_, payload)| payload.get(7).copied())
}

/// A setting of a server.
pub(crate) fn setting(answer: &[u8], id: u8) -> Option<u32> {
    let mut frames = frames(answer).into_iter();
    let (_, settings) = frames.find(|(kind, _)| *kind == SETTINGS)?;
    settings.chunks_exact(6).find_map(|setting| match *setting {
        [0, found, a, b, c, d] if found == id => Some(u32::from_be_bytes([a, b, c, d])),
        _ => None,
    })
}

/// The types of frames, and what is in them.
fn frames(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut frames = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(9) {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let Some((payload, rest)) = rest.split_at_checked(length) else {
            break;
        };
        frames.push((head[3], payload));
        bytes = rest;
    }
    frames
}
