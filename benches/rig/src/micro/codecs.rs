//! JSON by the product's mapping, and by serde_json with hand-derived structs; prost beside them.

use std::hint::black_box;

use prost::Message;
use runner_configuration::v1::{
    CreateEnvironmentClassRequest, GetEnvironmentClassResponse, ListEnvironmentClassesResponse,
    PaginationResponse,
};

use super::meter::{Measured, repeat};
use benches_common::serde_structs::{CreateRequest, GetResponse, ListResponse};
use benches_common::{Failure, objects};

/// The same values in both forms.
pub(crate) struct Codecs {
    get: (GetEnvironmentClassResponse, GetResponse),
    list: (ListEnvironmentClassesResponse, ListResponse),
    create: (CreateEnvironmentClassRequest, CreateRequest),
    get_text: Vec<u8>,
    list_text: Vec<u8>,
    create_text: Vec<u8>,
    list_bytes: Vec<u8>,
}

impl Codecs {
    /// Makes them, and checks that both mappings write the same.
    pub(crate) fn new() -> Result<Self, Failure> {
        let get = GetEnvironmentClassResponse {
            environment_class: Some(objects::class(objects::ASKED).message),
        };
        let list = ListEnvironmentClassesResponse {
            pagination: Some(PaginationResponse {
                next_token: "a token that is about as long as those of the service".into(),
            }),
            environment_classes: (0..100)
                .map(|number| objects::class(number).message)
                .collect(),
        };
        let create = objects::create();
        let get_text = serde_json::to_vec(&get)?;
        let list_text = serde_json::to_vec(&list)?;
        let create_text = serde_json::to_vec(&create)?;
        let codecs = Self {
            get: (get, serde_json::from_slice(&get_text)?),
            list_bytes: list.encode_to_vec(),
            list: (list, serde_json::from_slice(&list_text)?),
            create: (create, serde_json::from_slice(&create_text)?),
            get_text,
            list_text,
            create_text,
        };
        let written = runner_configuration::json::to_vec(&codecs.list.0)? == codecs.list_text
            && runner_configuration::json::to_vec(&codecs.get.0)? == codecs.get_text;
        if !written {
            return Err("the messages are written other than by serde_json".into());
        }
        let same = serde_json::to_vec(&codecs.get.1)? == codecs.get_text
            && serde_json::to_vec(&codecs.list.1)? == codecs.list_text
            && serde_json::to_vec(&codecs.create.1)? == codecs.create_text;
        if !same {
            return Err("the hand-derived structs write other JSON than the messages".into());
        }
        Ok(codecs)
    }

    /// Runs a contender.
    pub(crate) fn measure(&self, contender: &str, count: usize) -> Result<Measured, Failure> {
        match contender {
            "ours-encode-get" => ours_encode(count, &self.get.0),
            "serde-encode-get" => encode(count, &self.get.1),
            "ours-encode-list" => ours_encode(count, &self.list.0),
            "serde-encode-list" => encode(count, &self.list.1),
            "ours-decode-get" => ours_decode::<GetEnvironmentClassResponse>(count, &self.get_text),
            "serde-decode-get" => decode::<GetResponse>(count, &self.get_text),
            "ours-decode-list" => {
                ours_decode::<ListEnvironmentClassesResponse>(count, &self.list_text)
            }
            "serde-decode-list" => decode::<ListResponse>(count, &self.list_text),
            "ours-decode-create" => {
                ours_decode::<CreateEnvironmentClassRequest>(count, &self.create_text)
            }
            "serde-decode-create" => decode::<CreateRequest>(count, &self.create_text),
            "prost-encode-list" => repeat(count, || {
                black_box(self.list.0.encode_to_vec());
                Ok(())
            }),
            "prost-decode-list" => repeat(count, || {
                black_box(ListEnvironmentClassesResponse::decode(
                    self.list_bytes.as_slice(),
                )?);
                Ok(())
            }),
            _ => Err(format!("no contender {contender}").into()),
        }
    }
}

/// As the server writes replies.
fn ours_encode(count: usize, message: &impl serde::Serialize) -> Result<Measured, Failure> {
    repeat(count, || {
        black_box(runner_configuration::json::to_vec(black_box(message))?);
        Ok(())
    })
}

fn encode(count: usize, message: &impl serde::Serialize) -> Result<Measured, Failure> {
    repeat(count, || {
        black_box(serde_json::to_vec(black_box(message))?);
        Ok(())
    })
}

fn decode<M: serde::de::DeserializeOwned>(count: usize, text: &[u8]) -> Result<Measured, Failure> {
    repeat(count, || {
        black_box(serde_json::from_slice::<M>(black_box(text))?);
        Ok(())
    })
}

/// As the server reads requests.
fn ours_decode<M: serde::de::DeserializeOwned>(
    count: usize,
    text: &[u8],
) -> Result<Measured, Failure> {
    repeat(count, || {
        black_box(runner_configuration::json::from_slice::<M>(black_box(
            text,
        ))?);
        Ok(())
    })
}
