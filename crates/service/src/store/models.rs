//! Which LLM integration is the last for a model.

use runner_configuration::v1::{LlmIntegration, LlmIntegrationPhase, SupportedModel};

/// Whether runners use the integration.
pub(super) fn is_enabled(integration: &LlmIntegration) -> bool {
    integration.phase() == LlmIntegrationPhase::Available
}

/// The models that the integration offers, if it is enabled, and none of `others` does.
pub(super) fn only_offered_by(
    integration: &LlmIntegration,
    others: &[LlmIntegration],
) -> Vec<SupportedModel> {
    if !is_enabled(integration) {
        return Vec::new();
    }
    let mut models = Vec::new();
    for &model in &integration.models {
        if !models.contains(&model) && !others.iter().any(|other| other.models.contains(&model)) {
            models.push(model);
        }
    }
    models
        .into_iter()
        .map(|model| SupportedModel::try_from(model).unwrap_or_default())
        .collect()
}
