//! Every request and reply of the API, behind one interface.

use std::fmt::Debug;

use prost::{Message, Name};
use runner_configuration::json;
use runner_configuration::v1::*;
use runner_configuration::validate::Validate;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is checked of a message.
pub struct MessageType {
    /// As in `CreateEnvironmentClassRequest`.
    pub name: &'static str,
    /// Reads a JSON text, as serde_json does. If it is a message, it has to come back from its own JSON, which is as
    /// serde_json writes it, and its own binary form.
    pub from_json: fn(&[u8]),
    /// Reads a binary message, which has to come back from what it is written as.
    pub from_binary: fn(&[u8]),
}

impl MessageType {
    const fn of<M>() -> Self
    where
        M: Message + Name + Default + Serialize + DeserializeOwned + PartialEq + Debug + Validate,
    {
        Self {
            name: M::NAME,
            from_json: from_json::<M>,
            from_binary: from_binary::<M>,
        }
    }
}

/// The type that the first byte of an input chooses, and the rest of the input.
pub fn choose(input: &[u8]) -> Option<(&'static MessageType, &[u8])> {
    let (first, rest) = input.split_first()?;
    Some((&ALL[usize::from(*first) % ALL.len()], rest))
}

fn from_json<M>(text: &[u8])
where
    M: Message + Default + Serialize + DeserializeOwned + PartialEq + Debug + Validate,
{
    let read = json::from_slice::<M>(text).ok();
    assert_eq!(read, serde_json::from_slice(text).ok());
    let Some(message) = read else {
        return;
    };
    look_at(&message);
    let written = json::to_vec(&message).unwrap();
    assert_eq!(written, serde_json::to_vec(&message).unwrap());
    assert_eq!(
        json::from_slice::<M>(&written).ok().as_ref(),
        Some(&message)
    );
    let binary = message.encode_to_vec();
    assert_eq!(binary.len(), message.encoded_len());
    assert_eq!(M::decode(&*binary).as_ref(), Ok(&message));
}

fn from_binary<M>(binary: &[u8])
where
    M: Message + Default + Serialize + DeserializeOwned + PartialEq + Debug + Validate,
{
    let Ok(message) = M::decode(binary) else {
        return;
    };
    look_at(&message);
    let encoded = message.encode_to_vec();
    assert_eq!(M::decode(&*encoded).as_ref(), Ok(&message));
    // A time that RFC 3339 has no text for is not written.
    let written = json::to_vec(&message).ok();
    assert_eq!(written, serde_json::to_vec(&message).ok());
    if let Some(written) = written {
        assert_eq!(
            json::from_slice::<M>(&written).ok().as_ref(),
            Some(&message)
        );
    }
}

/// What else is done with a message that came from elsewhere.
fn look_at<M: Debug + Validate>(message: &M) {
    let _may_be_wrong = message.validate();
    let _text = format!("{message:?}");
}

/// Hands out the types of requests and replies.
macro_rules! of_rpcs {
    ($($request:ident => $response:ident,)*) => {
        &[$(MessageType::of::<$request>(), MessageType::of::<$response>()),*]
    };
}

/// All of them. A new one goes to the end: inputs choose by number.
pub static ALL: &[MessageType] = of_rpcs![
    CreateHostAuthenticationTokenRequest => CreateHostAuthenticationTokenResponse,
    GetHostAuthenticationTokenRequest => GetHostAuthenticationTokenResponse,
    ListHostAuthenticationTokensRequest => ListHostAuthenticationTokensResponse,
    UpdateHostAuthenticationTokenRequest => UpdateHostAuthenticationTokenResponse,
    DeleteHostAuthenticationTokenRequest => DeleteHostAuthenticationTokenResponse,
    GetRunnerConfigurationSchemaRequest => GetRunnerConfigurationSchemaResponse,
    CreateScmIntegrationRequest => CreateScmIntegrationResponse,
    GetScmIntegrationRequest => GetScmIntegrationResponse,
    ListScmIntegrationsRequest => ListScmIntegrationsResponse,
    UpdateScmIntegrationRequest => UpdateScmIntegrationResponse,
    DeleteScmIntegrationRequest => DeleteScmIntegrationResponse,
    CreateEnvironmentClassRequest => CreateEnvironmentClassResponse,
    GetEnvironmentClassRequest => GetEnvironmentClassResponse,
    ListEnvironmentClassesRequest => ListEnvironmentClassesResponse,
    UpdateEnvironmentClassRequest => UpdateEnvironmentClassResponse,
    ValidateRunnerConfigurationRequest => ValidateRunnerConfigurationResponse,
    CreateLlmIntegrationRequest => CreateLlmIntegrationResponse,
    GetLlmIntegrationRequest => GetLlmIntegrationResponse,
    ListLlmIntegrationsRequest => ListLlmIntegrationsResponse,
    UpdateLlmIntegrationRequest => UpdateLlmIntegrationResponse,
    DeleteLlmIntegrationRequest => DeleteLlmIntegrationResponse,
];
