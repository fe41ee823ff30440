//! What was sealed to which key.

use uuid::Uuid;

use super::error::Failure;
use super::session::{Session, bytes, column, fingerprint, required};
use crate::store::{KeyFingerprint, ObjectKind, StaleSecret};

/// Where the fingerprint of a secret's key is kept: the object's kind, the secret's name, the table and its column.
const PLACES: [(ObjectKind, &str, &str, &str); 6] = [
    (
        ObjectKind::EnvironmentClass,
        "configuration",
        "environment_classes",
        "sealed_to",
    ),
    (
        ObjectKind::HostAuthenticationToken,
        "token",
        "host_authentication_tokens",
        "token_key",
    ),
    (
        ObjectKind::HostAuthenticationToken,
        "refresh_token",
        "host_authentication_tokens",
        "refresh_token_key",
    ),
    (
        ObjectKind::ScmIntegration,
        "oauth_plaintext_client_secret",
        "scm_integrations",
        "sealed_to",
    ),
    (
        ObjectKind::LlmIntegration,
        "api_key",
        "llm_integrations",
        "api_key_sealed_to",
    ),
    (
        ObjectKind::LlmIntegration,
        "request_headers",
        "llm_integrations",
        "headers_sealed_to",
    ),
];

pub(super) async fn stale(
    session: &Session,
    runner: Uuid,
    present: Option<KeyFingerprint>,
) -> Result<Vec<StaleSecret>, Failure> {
    let mut stale = Vec::new();
    for (kind, field, table, key) in PLACES {
        let sql = format!(
            "SELECT o.id, o.{key} FROM {table} o
             WHERE o.runner_id = $1 AND o.{key} IS NOT NULL AND o.{key} IS DISTINCT FROM $2::bytea
             ORDER BY o.id"
        );
        let of_place = session
            .all(&sql, &[&runner, &bytes(&present)], |row| {
                Ok(StaleSecret {
                    kind,
                    object: column(row, 0)?,
                    field,
                    sealed_to: required(fingerprint(row, 1)?)?,
                })
            })
            .await?;
        stale.extend(of_place);
    }
    Ok(stale)
}
