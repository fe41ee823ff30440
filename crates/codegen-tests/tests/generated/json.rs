//! The proto3 JSON mapping of generated code, row by row of what the specification asks for.

mod bytes;
mod enums;
mod floats;
mod integers;
mod lists;
mod maps;
mod names;
mod nesting;
mod null;
mod oneofs;
mod timestamps;
mod unknown;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a message and writes it again.
fn rewritten<M: Serialize + DeserializeOwned>(json: &str) -> String {
    serde_json::to_string(&read::<M>(json)).unwrap()
}

fn read<M: DeserializeOwned>(json: &str) -> M {
    match serde_json::from_str(json) {
        Ok(message) => message,
        Err(error) => panic!("{json}: {error}"),
    }
}

/// What is wrong with a text.
fn refused<M: DeserializeOwned>(json: &str) -> String {
    match serde_json::from_str::<M>(json) {
        Ok(_) => panic!("{json} was accepted"),
        Err(error) => error.to_string(),
    }
}
