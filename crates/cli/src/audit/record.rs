//! A record as it is printed: one JSON object in a line.

use runner_configuration::Timestamp;
use runner_configuration_service::store::{ChangeOutcome, ObjectKind, RecordedChange};
use serde::Serialize;

use crate::subject::shown;

/// What is absent was not there to be recorded.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    sequence: u64,
    at: Option<String>,
    by: String,
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    object: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl From<RecordedChange> for Record {
    fn from(change: RecordedChange) -> Self {
        Self {
            sequence: change.sequence,
            at: Timestamp::try_from(change.at).ok().map(|at| at.to_string()),
            by: change.by.map_or_else(|| "operator".to_owned(), shown),
            action: change.action,
            kind: change.kind.map(kind),
            object: change.object.to_string(),
            outcome: change.outcome.map(outcome),
            request_id: change.request_id,
        }
    }
}

pub(crate) const fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Runner => "runner",
        ObjectKind::EnvironmentClass => "environment-class",
        ObjectKind::HostAuthenticationToken => "host-token",
        ObjectKind::ScmIntegration => "scm-integration",
        ObjectKind::LlmIntegration => "llm-integration",
        ObjectKind::ApiKey => "key",
    }
}

const fn outcome(outcome: ChangeOutcome) -> &'static str {
    match outcome {
        ChangeOutcome::Created => "created",
        ChangeOutcome::Updated => "updated",
        ChangeOutcome::Deleted => "deleted",
        ChangeOutcome::DeletedAlong => "deleted-along",
        ChangeOutcome::Revoked => "revoked",
    }
}
