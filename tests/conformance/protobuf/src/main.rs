//! What the protobuf conformance suite tests: reads requests from standard input, writes answers to standard output.

mod answer;
mod frames;
mod messages;

use std::io::{self, BufWriter};

use prost::Message as _;

use crate::messages::conformance::ConformanceRequest;

fn main() -> io::Result<()> {
    messages::test::register_json_types();
    let mut input = io::stdin().lock();
    let mut output = BufWriter::new(io::stdout().lock());
    while let Some(frame) = frames::read(&mut input)? {
        let request = ConformanceRequest::decode(frame.as_slice()).map_err(io::Error::other)?;
        frames::write(&mut output, &answer::to(request).encode_to_vec())?;
    }
    Ok(())
}
