//! What was sealed to which key.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::statement::all;
use crate::store::{KeyFingerprint, ObjectKind, StaleSecret, StoreError};

/// Where the fingerprint of a secret's key is kept: the object's kind, the secret's name, the table and its column.
const PLACES: [(ObjectKind, &str, &str); 6] = [
    (
        ObjectKind::EnvironmentClass,
        "configuration",
        "SELECT id, sealed_to FROM environment_classes
         WHERE runner_id = ?1 AND sealed_to IS NOT NULL AND sealed_to IS NOT ?2 ORDER BY id",
    ),
    (
        ObjectKind::HostAuthenticationToken,
        "token",
        "SELECT id, token_key FROM host_authentication_tokens
         WHERE runner_id = ?1 AND token_key IS NOT ?2 ORDER BY id",
    ),
    (
        ObjectKind::HostAuthenticationToken,
        "refresh_token",
        "SELECT id, refresh_token_key FROM host_authentication_tokens
         WHERE runner_id = ?1 AND refresh_token_key IS NOT NULL AND refresh_token_key IS NOT ?2 ORDER BY id",
    ),
    (
        ObjectKind::ScmIntegration,
        "oauth_plaintext_client_secret",
        "SELECT id, sealed_to FROM scm_integrations
         WHERE runner_id = ?1 AND sealed_to IS NOT NULL AND sealed_to IS NOT ?2 ORDER BY id",
    ),
    (
        ObjectKind::LlmIntegration,
        "api_key",
        "SELECT id, api_key_sealed_to FROM llm_integrations
         WHERE runner_id = ?1 AND api_key_sealed_to IS NOT NULL AND api_key_sealed_to IS NOT ?2 ORDER BY id",
    ),
    (
        ObjectKind::LlmIntegration,
        "request_headers",
        "SELECT id, headers_sealed_to FROM llm_integrations
         WHERE runner_id = ?1 AND headers_sealed_to IS NOT NULL AND headers_sealed_to IS NOT ?2 ORDER BY id",
    ),
];

pub(super) fn stale(
    connection: &Connection,
    runner: Uuid,
    present: Option<KeyFingerprint>,
) -> Result<Vec<StaleSecret>, StoreError> {
    let mut stale = Vec::new();
    for (kind, field, sql) in PLACES {
        stale.extend(all(connection, sql, params![runner, present], |row| {
            Ok(StaleSecret {
                kind,
                object: row.get(0)?,
                field,
                sealed_to: row.get(1)?,
            })
        })?);
    }
    Ok(stale)
}
