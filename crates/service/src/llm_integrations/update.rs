use std::convert::Infallible;

use runner_configuration::v1::{
    LlmIntegrationPhase, LlmIntegrationRequestHeader, LlmProvider, UpdateLlmIntegrationRequest,
    UpdateLlmIntegrationResponse,
};
use runner_configuration::validate::{Field, Type};
use zeroize::Zeroizing;

use super::{KIND, check_endpoint, models, no_integration, seal_api_key};
use crate::authorize::{Action, Resource, authorize};
use crate::caller::Call;
use crate::error::{Error, Problems, Step};
use crate::service::{ID, Service, parse_id};
use crate::store::{Form, KeyFingerprint, LlmIntegrationRecord, Runner, Sealed, Store, Updated};

pub(crate) async fn update<S: Store>(
    service: &Service<S>,
    call: &Call,
    mut request: UpdateLlmIntegrationRequest,
) -> Result<UpdateLlmIntegrationResponse, Error> {
    let clear = ClearSecrets::take(&mut request);
    let id = parse_id(&[Step::to(ID)], &request.id)?;
    authorize(call, Action::Update, Resource::every(KIND))
        .map_err(|denied| denied.hiding("change LLM integrations", no_integration(id)))?;

    check_endpoint(Field::new(2, "endpoint", Type::String), request.endpoint())?;
    let provider = new_provider(&request.models)?;
    let phase = new_phase(request.phase)?;
    clear.check()?;
    let integration = service
        .store()
        .llm_integration(id, Form::Protobuf)
        .await?
        .ok_or_else(|| no_integration(id))?;
    let runner = service.runner(integration.runner_id).await?;
    let secrets = clear.seal(service, &runner)?;

    let change = service.change(call, "UpdateLLMIntegration");
    let updater = move |record: &mut LlmIntegrationRecord| {
        secrets.apply(record);
        let integration = &mut record.message;
        if let Some(endpoint) = &request.endpoint {
            integration.endpoint.clone_from(endpoint);
        }
        if let Some(max_tokens) = request.max_tokens {
            integration.max_tokens = max_tokens;
        }
        if let Some(provider) = provider {
            integration.models.clone_from(&request.models);
            integration.provider = provider.into();
        }
        if let Some(phase) = phase {
            integration.phase = phase.into();
        }
        Ok::<_, Infallible>(())
    };
    match service
        .store()
        .update_llm_integration(change, id, updater)
        .await?
    {
        Updated::Done(()) => Ok(UpdateLlmIntegrationResponse {}),
        Updated::NotFound => Err(no_integration(id)),
        Updated::Refused(never) => match never {},
    }
}

/// An empty list of models changes nothing.
fn new_provider(models: &[i32]) -> Result<Option<LlmProvider>, Error> {
    if models.is_empty() {
        return Ok(None);
    }
    models::provider(Field::new(3, "models", Type::Enum), models).map(Some)
}

/// UNSPECIFIED says nothing, so it changes nothing.
fn new_phase(phase: Option<i32>) -> Result<Option<LlmIntegrationPhase>, Error> {
    const PHASE: Field = Field::new(6, "phase", Type::Enum);
    let Some(number) = phase.filter(|number| *number != 0) else {
        return Ok(None);
    };
    let phase = LlmIntegrationPhase::try_from(number).map_err(|_| {
        let message = "must be AVAILABLE, UNAVAILABLE or DISABLED";
        Error::invalid(&[Step::to(PHASE)], "llm_integration.phase", message)
    })?;
    Ok(Some(phase))
}

struct ClearSecrets {
    api_key: Option<Zeroizing<String>>,
    /// The headers without their values, and the values.
    headers: Vec<(LlmIntegrationRequestHeader, Zeroizing<Vec<u8>>)>,
}

/// What replaces the stored secrets.
struct NewSecrets {
    /// `None` leaves it; `Some(None)` removes it: an empty API key was sent.
    api_key: Option<Option<Sealed>>,
    /// Empty leaves them.
    headers: Vec<LlmIntegrationRequestHeader>,
    headers_sealed_to: Option<KeyFingerprint>,
}

impl ClearSecrets {
    fn take(request: &mut UpdateLlmIntegrationRequest) -> Self {
        let take_value = |mut header: LlmIntegrationRequestHeader| {
            let value = Zeroizing::new(std::mem::take(&mut header.value));
            (header, value)
        };
        Self {
            api_key: request.api_key.take().map(Zeroizing::new),
            headers: request.request_headers.drain(..).map(take_value).collect(),
        }
    }

    fn check(&self) -> Result<(), Error> {
        const HEADERS: Field = Field::new(7, "request_headers", Type::Message);
        const KEY: Field = Field::new(1, "key", Type::String);
        let mut problems = Problems::default();
        for (index, (header, _)) in self.headers.iter().enumerate() {
            let path = [Step::into_element(HEADERS, index), Step::to(KEY)];
            if header.key.is_empty() {
                let rule = "llm_integration.request_headers";
                problems.report(&path, rule, "must name the header");
            }
            problems.check_text(&path, &header.key);
        }
        problems.finish()
    }

    fn seal<S: Store>(self, service: &Service<S>, runner: &Runner) -> Result<NewSecrets, Error> {
        let api_key = self
            .api_key
            .map(|api_key| seal_api_key(service, runner, &api_key));
        let mut headers_sealed_to = None;
        let seal_value =
            |(mut header, value): (LlmIntegrationRequestHeader, Zeroizing<Vec<u8>>)| {
                let sealed = service.seal(runner, &value)?;
                headers_sealed_to = Some(sealed.key);
                header.value = sealed.ciphertext;
                Ok(header)
            };
        let headers = self
            .headers
            .into_iter()
            .map(seal_value)
            .collect::<Result<_, Error>>()?;
        Ok(NewSecrets {
            api_key: api_key.transpose()?,
            headers,
            headers_sealed_to,
        })
    }
}

impl NewSecrets {
    fn apply(&self, record: &mut LlmIntegrationRecord) {
        if let Some(api_key) = &self.api_key {
            let ciphertext = api_key.as_ref().map(|api_key| api_key.ciphertext.clone());
            record.message.encrypted_api_key = ciphertext.unwrap_or_default();
            record.api_key_sealed_to = api_key.as_ref().map(|api_key| api_key.key);
        }
        if !self.headers.is_empty() {
            record.message.request_headers.clone_from(&self.headers);
            record.headers_sealed_to = self.headers_sealed_to;
        }
    }
}
