//! Runners, and what belongs to them.

use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, LlmIntegration, Principal,
    RunnerConfigurationSchema, RunnerKind, RunnerProvider, ScmIntegration,
};

use super::Known;
use super::row::Checked;
use crate::host::normalized;
use crate::seal::PublicKey;
use crate::store::models::is_enabled;

pub(super) fn runner(row: &mut Checked<'_, '_>, known: &mut Known) {
    let cells = row.cells();
    known.runners.extend(cells.uuid("id"));
    row.number("kind", |number| RunnerKind::try_from(number).ok());
    row.number("provider", |number| RunnerProvider::try_from(number).ok());
    let schema = cells.bytes("schema");
    if cells.bool("registered") != Some(schema.is_some()) {
        row.fault("its registered does not say whether it has a schema");
    }
    if let Some(key) = cells.bytes("public_key")
        && let Err(error) = PublicKey::new(key)
    {
        row.fault(format_args!("its public_key cannot be used: {error}"));
    }
    row.message::<RunnerConfigurationSchema>("schema");
}

pub(super) fn scm_integration(row: &mut Checked<'_, '_>, known: &mut Known) {
    let cells = row.cells();
    if let Some(id) = cells.uuid("id") {
        known.integrations.insert(id, cells.uuid("runner_id"));
    }
    row.belongs_to_runner(known);
    row.fingerprint("sealed_to");
    let Some(message) = row.message::<ScmIntegration>("message") else {
        return;
    };
    row.agree_json(&message);
    row.agree_id("id", &message.id);
    row.agree_id("runner_id", &message.runner_id);
    let host = normalized(&message.host);
    row.agree("host", cells.text("host"), host.as_str());
    let offers_oauth = message.oauth.is_some();
    row.agree("offers_oauth", cells.bool("offers_oauth"), offers_oauth);
    row.agree("offers_pat", cells.bool("offers_pat"), message.pat);
}

pub(super) fn environment_class(row: &mut Checked<'_, '_>, known: &mut Known) {
    row.belongs_to_runner(known);
    row.fingerprint("sealed_to");
    let Some(message) = row.message::<EnvironmentClass>("message") else {
        return;
    };
    row.agree_json(&message);
    row.agree_id("id", &message.id);
    row.agree_id("runner_id", &message.runner_id);
    let enabled = row.cells().bool("enabled");
    row.agree("enabled", enabled, message.enabled);
}

pub(super) fn token(row: &mut Checked<'_, '_>, known: &mut Known) {
    let cells = row.cells();
    row.belongs_to_runner(known);
    row.fingerprint("token_key");
    row.fingerprint("refresh_token_key");
    if cells.bytes("refresh_token").is_some() != cells.bytes("refresh_token_key").is_some() {
        row.fault("of its refresh_token and refresh_token_key one is missing");
    }
    if let Some(integration) = cells.uuid("integration_id") {
        match known.integrations.get(&integration) {
            None => row.fault("its integration does not exist"),
            Some(runner) if *runner != cells.uuid("runner_id") => {
                row.fault("its integration belongs to another runner");
            }
            Some(_) => {}
        }
    }
    row.unique(
        known,
        &["runner_id", "host", "subject_id", "principal"],
        "there is another token of the same runner, host and owner",
    );
    row.number("principal", |number| Principal::try_from(number).ok());
    let Some(message) = row.message::<HostAuthenticationToken>("message") else {
        return;
    };
    row.agree_json(&message);
    row.agree_id("id", &message.id);
    row.agree_id("runner_id", &message.runner_id);
    row.agree_id("integration_id", &message.integration_id);
    let host = normalized(&message.host);
    row.agree("host", cells.text("host"), host.as_str());
    row.agree("source", cells.integer("source"), message.source);
    let owner = message.subject.unwrap_or_default();
    row.agree("principal", cells.integer("principal"), owner.principal);
    row.agree_id("subject_id", &owner.id);
}

pub(super) fn llm_integration(row: &mut Checked<'_, '_>, known: &mut Known) {
    row.belongs_to_runner(known);
    row.fingerprint("api_key_sealed_to");
    row.fingerprint("headers_sealed_to");
    let Some(message) = row.message::<LlmIntegration>("message") else {
        return;
    };
    row.agree_json(&message);
    row.agree_id("id", &message.id);
    row.agree_id("runner_id", &message.runner_id);
    let enabled = row.cells().bool("enabled");
    row.agree("enabled", enabled, is_enabled(&message));
}
