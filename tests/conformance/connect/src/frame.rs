//! The runner's frames: a length in four bytes, big-endian, and a message.

use std::io::{self, Read, Write};

use prost::Message;

pub fn read<M: Message + Default>(from: &mut impl Read) -> io::Result<M> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut message = Vec::new();
    from.take(u32::from_be_bytes(length).into())
        .read_to_end(&mut message)?;
    M::decode(&*message).map_err(io::Error::other)
}

pub fn write(to: &mut impl Write, message: &impl Message) -> io::Result<()> {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&message)?;
    to.flush()
}
