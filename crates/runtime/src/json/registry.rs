//! The messages whose JSON form can stand in a `google.protobuf.Any`.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use prost::{Message, Name};
use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};

use super::buffer::Buffer;
use crate::well_known::*;
use crate::{Any, Timestamp};

/// How a type of message goes between its binary form and JSON.
#[derive(Clone, Copy)]
pub(super) struct Codec {
    pub(super) decode_json: fn(Buffer) -> serde_json::Result<Vec<u8>>,
    pub(super) encode_json: fn(&[u8]) -> serde_json::Result<Buffer>,
    /// Whether the JSON form is not an object with the fields of the message, so that it stands beside `@type` under
    /// `value`.
    pub(super) is_special: bool,
}

/// Process-wide, because serde has no way to hand it to the `Serialize` of a field. Types are only ever added, and all
/// under their full name, so nobody can change what another part of the program reads or writes.
static REGISTRY: LazyLock<RwLock<HashMap<String, Codec>>> =
    LazyLock::new(|| RwLock::new(well_known()));

/// Makes a type of message known to the JSON form of [`Any`], for the whole process. Repeating it does no harm.
///
/// Generated code has a function `register_json_types` per package that calls this for all of its messages. The
/// well-known types need no registration. An [`Any`] of an unknown type can be neither read from nor written to JSON.
pub fn register<M>()
where
    M: Message + Name + Default + Serialize + DeserializeOwned,
{
    REGISTRY
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(M::full_name())
        .or_insert(codec::<M>(false));
}

pub(super) fn look_up(full_name: &str) -> Option<Codec> {
    REGISTRY
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(full_name)
        .copied()
}

fn well_known() -> HashMap<String, Codec> {
    macro_rules! special {
        ($($message:ty),* $(,)?) => { [$((<$message>::full_name(), codec::<$message>(true))),*] };
    }

    let special = special![
        Any,
        Timestamp,
        Duration,
        FieldMask,
        Struct,
        Value,
        ListValue,
        BoolValue,
        BytesValue,
        DoubleValue,
        FloatValue,
        Int32Value,
        Int64Value,
        StringValue,
        UInt32Value,
        UInt64Value,
    ];
    let plain = (Empty::full_name(), codec::<Empty>(false));
    special.into_iter().chain([plain]).collect()
}

fn codec<M>(is_special: bool) -> Codec
where
    M: Message + Name + Default + Serialize + DeserializeOwned,
{
    Codec {
        decode_json: |json| M::deserialize(json).map(|message| message.encode_to_vec()),
        encode_json: |binary| {
            let message = M::decode(binary).map_err(serde_json::Error::custom)?;
            // By way of the text, in which a float has its shortest form.
            serde_json::from_str(&serde_json::to_string(&message)?)
        },
        is_special,
    }
}
