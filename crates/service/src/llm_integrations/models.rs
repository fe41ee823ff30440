//! Which provider's models are which.

use runner_configuration::v1::{LlmProvider, SupportedModel};
use runner_configuration::validate::Field;

use crate::error::{Error, Problems, Step};

/// The one provider of all these models.
///
/// # Errors
///
/// `invalid_argument` where a model is unspecified or unknown, or there are two providers; it names `field`.
pub(super) fn provider(field: Field, models: &[i32]) -> Result<LlmProvider, Error> {
    let mut problems = Problems::default();
    let mut found = None;
    for (index, number) in models.iter().enumerate() {
        let provider = SupportedModel::try_from(*number).ok().and_then(provider_of);
        let path = [Step::into_element(field, index)];
        match (provider, found) {
            (None, _) => {
                problems.report(&path, RULE, "must be a model: name one that is supported")
            }
            (Some(provider), Some(first)) if provider != first => {
                problems.report(&path, RULE, "is of another provider than the models before: make an integration for each provider");
                break;
            }
            (provider, _) => found = provider,
        }
    }
    problems.finish()?;
    found.ok_or_else(|| Error::invalid(&[Step::to(field)], RULE, "must have a model"))
}

const RULE: &str = "llm_integration.models";

/// Written out, so that a new model of the contract does not compile until somebody says whose it is.
const fn provider_of(model: SupportedModel) -> Option<LlmProvider> {
    use SupportedModel as M;

    match model {
        M::Unspecified => None,
        M::Sonnet35
        | M::Sonnet37
        | M::Sonnet37Extended
        | M::Sonnet4
        | M::Sonnet4Extended
        | M::Sonnet45
        | M::Sonnet45Extended
        | M::Sonnet46
        | M::Sonnet46Extended
        | M::Sonnet5
        | M::Opus4
        | M::Opus4Extended
        | M::Opus45
        | M::Opus45Extended
        | M::Opus46
        | M::Opus46Extended
        | M::Opus47
        | M::Opus48
        | M::Haiku45 => Some(LlmProvider::Anthropic),
        M::Openai4o | M::Openai4oMini | M::OpenaiO1 | M::OpenaiO1Mini | M::OpenaiAuto => {
            Some(LlmProvider::Openai)
        }
    }
}
