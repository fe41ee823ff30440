//! Rust types of messages behind one interface, so that a test can go through all of them.

use prost_reflect::prost;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use runner_configuration_runtime::validate::{Validate, Violations};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What can be done with the Rust type of a message, which is passed around in its binary form.
pub(crate) struct MessageType {
    pub(crate) full_name: String,
    pub(crate) to_json: fn(&[u8]) -> serde_json::Result<serde_json::Value>,
    pub(crate) from_json: fn(&str) -> serde_json::Result<Vec<u8>>,
    pub(crate) debug: fn(&[u8]) -> String,
    pub(crate) validate: fn(&[u8]) -> Result<(), Violations>,
}

impl MessageType {
    pub(crate) fn of<M>() -> Self
    where
        M: prost::Message
            + prost::Name
            + Default
            + Serialize
            + DeserializeOwned
            + std::fmt::Debug
            + Validate,
    {
        Self {
            full_name: M::full_name(),
            to_json: |binary| serde_json::to_value(decode::<M>(binary)),
            from_json: |json| {
                serde_json::from_str::<M>(json).map(|message| message.encode_to_vec())
            },
            debug: |binary| format!("{:?}", decode::<M>(binary)),
            validate: |binary| decode::<M>(binary).validate(),
        }
    }

    pub(crate) fn descriptor(&self, pool: &DescriptorPool) -> MessageDescriptor {
        pool.get_message_by_name(&self.full_name).unwrap()
    }
}

/// The [`MessageType`]s of Rust types.
macro_rules! message_types {
    ($($message:ty),* $(,)?) => { vec![$($crate::types::MessageType::of::<$message>()),*] };
}
pub(crate) use message_types;

fn decode<M: prost::Message + Default>(binary: &[u8]) -> M {
    M::decode(binary).unwrap()
}

/// The messages of a package that have Rust types.
pub(crate) fn messages_of(pool: &DescriptorPool, package: &str) -> Vec<MessageDescriptor> {
    pool.all_messages()
        .filter(|message| message.package_name() == package && !message.is_map_entry())
        .collect()
}

/// The same message in the JSON of prost-reflect.
pub(crate) fn reflected_json(message: &DynamicMessage) -> serde_json::Value {
    serde_json::to_value(message).unwrap()
}
