//! One input through both mappings.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use prost_reflect::prost::{self, Message as _};
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, Value};
use runner_configuration::{FILE_DESCRIPTOR_SET, v1};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::classes::{Class, Side};
use super::groups::without_groups;
use super::repair::repaired;
use super::schema::Message;
use crate::all::all_messages;
use crate::lists::is_always_written;

#[derive(Clone, PartialEq)]
pub(super) enum Input {
    Json(Vec<u8>),
    Binary(Vec<u8>),
}

/// A message that was read, in both forms; there is no JSON of some.
#[derive(PartialEq)]
pub(super) struct Forms {
    binary: Vec<u8>,
    json: Option<String>,
}

/// Both mappings of a message.
pub(super) struct Mappings {
    pub(super) name: String,
    pub(super) schema: Message,
    ours: fn(&Input) -> Option<Forms>,
    descriptor: MessageDescriptor,
}

/// What both mappings made of an input, as far as they agree or may differ.
pub(super) struct Outcome {
    pub(super) is_accepted: bool,
    pub(super) classes: Vec<Class>,
}

macro_rules! readers {
    ($($message:ty),* $(,)?) => { [$((<$message as prost::Name>::full_name(), ours::<$message> as fn(&Input) -> _)),*] };
}

/// All messages, each with descriptors of its own, which threads would otherwise contend for.
pub(super) fn all() -> Vec<Mappings> {
    let mappings = all_messages!(readers).map(|(name, ours)| {
        let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
        let descriptor = pool.get_message_by_name(&name).unwrap();
        let schema = Message::of(&descriptor);
        Mappings {
            name,
            schema,
            ours,
            descriptor,
        }
    });
    mappings.into()
}

/// As the server and the client read and write messages.
fn ours<M>(input: &Input) -> Option<Forms>
where
    M: prost::Message + Default + Serialize + DeserializeOwned,
{
    let message: M = match input {
        Input::Json(text) => {
            let message = runner_configuration::json::from_slice(text).ok();
            let theirs = serde_json::from_slice::<M>(text).ok();
            let binary = |message: &Option<M>| message.as_ref().map(M::encode_to_vec);
            assert!(
                binary(&message) == binary(&theirs),
                "serde_json reads it in another way"
            );
            message?
        }
        Input::Binary(bytes) => M::decode(bytes.as_slice()).ok()?,
    };
    let json = serde_json::to_string(&message);
    let written = runner_configuration::json::to_vec(&message);
    match (&json, written) {
        (Ok(json), Ok(written)) => assert_eq!(json.as_bytes(), written),
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
        (json, written) => panic!("serde_json writes {json:?}, and we {written:?}"),
    }
    Some(Forms {
        binary: message.encode_to_vec(),
        json: json.ok(),
    })
}

impl Mappings {
    /// What is wrong, if the mappings differ and no class says that they may.
    pub(super) fn check(&self, input: &Input) -> Result<Outcome, String> {
        let caught = catch_unwind(AssertUnwindSafe(|| self.compare(input)));
        caught.unwrap_or_else(|_| Err("a panic".to_owned()))
    }

    fn compare(&self, input: &Input) -> Result<Outcome, String> {
        let ours = (self.ours)(input);
        let theirs = self.theirs(input);
        let is_accepted = ours.is_some() && theirs.is_some();
        let same = self.same(ours.as_ref(), theirs.as_ref());
        let mut classes = match (same, input) {
            (Ok(classes), Input::Json(text)) if ours.is_some() => {
                self.require_no_listed(text)?;
                classes
            }
            (Ok(classes), _) => classes,
            (Err(difference), _) => self
                .explain(input, ours, theirs)
                .map_err(|why| format!("{difference}; {why}"))?,
        };
        classes.sort_by_key(|class| *class as usize);
        classes.dedup();
        Ok(Outcome {
            is_accepted,
            classes,
        })
    }

    fn theirs(&self, input: &Input) -> Option<Forms> {
        let descriptor = self.descriptor.clone();
        let message = match input {
            Input::Json(text) => {
                let mut deserializer = serde_json::Deserializer::from_slice(text);
                let options = DeserializeOptions::new().deny_unknown_fields(false);
                let message = DynamicMessage::deserialize_with_options(
                    descriptor,
                    &mut deserializer,
                    &options,
                );
                let message = message.ok()?;
                deserializer.end().ok()?;
                message
            }
            Input::Binary(bytes) => {
                let mut message = DynamicMessage::decode(descriptor, bytes.as_slice()).ok()?;
                drop_unknown(&mut message);
                message
            }
        };
        Some(Forms {
            binary: message.encode_to_vec(),
            json: serde_json::to_string(&message).ok(),
        })
    }

    /// The classes of differences in what was written, where both have read the same or nothing.
    fn same(&self, ours: Option<&Forms>, theirs: Option<&Forms>) -> Result<Vec<Class>, String> {
        let (ours, theirs) = match (ours, theirs) {
            (None, None) => return Ok(Vec::new()),
            (Some(_), None) => return Err("only prost-reflect refuses it".to_owned()),
            (None, Some(_)) => return Err("only ours refuses it".to_owned()),
            (Some(ours), Some(theirs)) => (ours, theirs),
        };
        if ours.binary != theirs.binary {
            return Err(format!("other values: ours {ours}, prost-reflect {theirs}"));
        }
        match (&ours.json, &theirs.json) {
            (Some(one), Some(other)) if one == other => Ok(Vec::new()),
            (None, None) => Ok(Vec::new()),
            (None, Some(_)) if self.has_invalid_nanos(&theirs.binary) => {
                Ok(vec![Class::TimestampNanos])
            }
            (Some(one), Some(other)) if self.with_empty_lists(other) == parsed(one) => {
                Ok(vec![Class::EmptyListWritten])
            }
            _ => Err(format!("other JSON: ours {ours}, prost-reflect {theirs}")),
        }
    }

    /// The classes that make up a difference in reading.
    fn explain(
        &self,
        input: &Input,
        ours: Option<Forms>,
        theirs: Option<Forms>,
    ) -> Result<Vec<Class>, String> {
        let repaired = match input {
            Input::Json(text) => {
                repaired(&self.schema, text).map(|(text, classes)| (Input::Json(text), classes))
            }
            Input::Binary(bytes) => without_groups(&self.schema, bytes)
                .map(|(bytes, classes)| (Input::Binary(bytes), classes)),
        };
        let (repaired, mut classes) = repaired.ok_or("it can't be repaired")?;
        let Some(side) = classes.first().map(|class| class.description().side) else {
            return Err("no class of differences is met".to_owned());
        };
        if classes.iter().any(|class| class.description().side != side) {
            return Err(format!("{classes:?} do not go together"));
        }
        let fitting = match side {
            Side::OursRefuses => ours.is_none(),
            _ => theirs.is_none(),
        };
        if !fitting {
            return Err(format!("{classes:?} is not that {side:?}"));
        }
        let (ours_repaired, theirs_repaired) = ((self.ours)(&repaired), self.theirs(&repaired));
        let same = self.same(ours_repaired.as_ref(), theirs_repaired.as_ref());
        classes.extend(same.map_err(|difference| format!("{difference} of {repaired}"))?);
        let read_as_repaired = match side {
            Side::OursRefuses => theirs == theirs_repaired,
            _ => ours == ours_repaired,
        };
        match read_as_repaired {
            true => Ok(classes),
            false => Err(format!("{classes:?} is not read like {repaired}")),
        }
    }

    /// What both accept has nothing in it that one of them is listed as refusing.
    fn require_no_listed(&self, text: &[u8]) -> Result<(), String> {
        match repaired(&self.schema, text) {
            Some((_, classes)) if classes.is_empty() => Ok(()),
            Some((_, classes)) => Err(format!("both accept {classes:?}")),
            None => Err("both accept what is no message".to_owned()),
        }
    }

    fn has_invalid_nanos(&self, binary: &[u8]) -> bool {
        let message = DynamicMessage::decode(self.descriptor.clone(), binary).unwrap();
        holds_invalid_nanos(&message)
    }

    fn with_empty_lists(&self, json: &str) -> serde_json::Value {
        let mut json = parsed(json);
        if let serde_json::Value::Object(members) = &mut json {
            for list in self.descriptor.fields().filter(is_always_written) {
                let empty = serde_json::Value::Array(Vec::new());
                members.entry(list.json_name()).or_insert(empty);
            }
        }
        json
    }
}

fn parsed(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap()
}

/// prost drops unknown fields, and prost-reflect keeps them.
fn drop_unknown(message: &mut DynamicMessage) {
    message.take_unknown_fields().for_each(drop);
    for (_, value) in message.fields_mut() {
        match value {
            Value::Message(inner) => drop_unknown(inner),
            Value::List(items) => {
                let inner = items.iter_mut().filter_map(Value::as_message_mut);
                inner.for_each(drop_unknown);
            }
            _ => {}
        }
    }
}

fn holds_invalid_nanos(message: &DynamicMessage) -> bool {
    message.fields().any(|(field, value)| match value {
        Value::I32(nanos) => {
            field.full_name() == "google.protobuf.Timestamp.nanos"
                && !(0..1_000_000_000).contains(nanos)
        }
        Value::Message(inner) => holds_invalid_nanos(inner),
        Value::List(items) => items
            .iter()
            .filter_map(Value::as_message)
            .any(holds_invalid_nanos),
        _ => false,
    })
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(text) => write!(f, "JSON {}", text.escape_ascii()),
            Self::Binary(bytes) => write!(f, "binary {bytes:02x?}"),
        }
    }
}

impl fmt::Display for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = self.json.as_deref().unwrap_or("without JSON");
        write!(f, "{:02x?} ({json})", self.binary)
    }
}
