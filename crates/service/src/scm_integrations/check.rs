//! What makes an SCM integration valid: the same for Validate, Create and Update.

use http::Uri;
use runner_configuration::v1::runner_configuration_schema::ScmConfigSchema;
use runner_configuration::v1::{RunnerConfigurationSchema, ScmIntegrationValidationResult};

use crate::error::storable;
use crate::host;

/// The one SCM that has virtual directories.
const AZURE_DEVOPS_SERVER: &str = "azuredevops_server";

/// An integration, as far as it can be right or wrong. Empty texts are unset ones.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Draft<'a> {
    /// An entry of the runner's schema.
    pub(crate) scm_id: &'a str,
    /// The host of the SCM.
    pub(crate) host: &'a str,
    /// The OAuth app's id.
    pub(crate) client_id: &'a str,
    /// Whether the OAuth app's secret is given, or there already.
    pub(crate) has_client_secret: bool,
    /// Whether personal access tokens are on.
    pub(crate) pat: bool,
    /// Where OAuth is done, if not on the host.
    pub(crate) issuer_url: &'a str,
    /// Path below the host.
    pub(crate) virtual_directory: &'a str,
}

/// The part of an integration that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    ScmId,
    Host,
    ClientId,
    ClientSecret,
    Pat,
    IssuerUrl,
    VirtualDirectory,
}

/// One thing that is wrong with an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) part: Part,
    /// A stable name for what is wrong.
    pub(crate) rule: &'static str,
    pub(crate) message: String,
}

/// Everything that is wrong with an integration.
pub(crate) fn check(schema: &RunnerConfigurationSchema, draft: &Draft<'_>) -> Vec<Wrong> {
    let mut wrong = check_addresses(draft);
    match schema.scm.iter().find(|scm| scm.scm_id == draft.scm_id) {
        Some(scm) => check_authentication(scm, draft, &mut wrong),
        None => wrong.insert(0, unknown_scm(schema)),
    }
    wrong
}

/// That an integration offers no way to authenticate. Not part of [`check`]: an update may turn off the last one.
pub(crate) fn check_offers_something(
    schema: &RunnerConfigurationSchema,
    draft: &Draft<'_>,
) -> Option<Wrong> {
    let has_oauth = !draft.client_id.is_empty() || draft.has_client_secret;
    if has_oauth || draft.pat {
        return None;
    }
    let scm = schema.scm.iter().find(|scm| scm.scm_id == draft.scm_id)?;
    let (part, message) = match (&scm.oauth, &scm.pat) {
        (Some(_), Some(_)) => (
            Part::ClientId,
            "set the id and secret of an OAuth app, or turn personal access tokens on",
        ),
        (Some(_), None) => (Part::ClientId, "set the id and secret of an OAuth app"),
        (None, _) => (Part::Pat, "turn personal access tokens on"),
    };
    let message = format!("the integration offers no way to authenticate: {message}");
    Some(Wrong {
        part,
        rule: "scm_integration.authentication",
        message,
    })
}

fn check_addresses(draft: &Draft<'_>) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut report = |part, rule, message: &str| {
        wrong.push(Wrong {
            part,
            rule,
            message: message.to_owned(),
        });
    };
    if !host::is_valid(draft.host) {
        let message =
            "must be a DNS name or an IP address, with an optional port, and without https://";
        report(Part::Host, "scm_integration.host", message);
    }
    if !draft.virtual_directory.is_empty() {
        if draft.scm_id != AZURE_DEVOPS_SERVER {
            let message = "a virtual directory is for azuredevops_server only: leave it out";
            report(
                Part::VirtualDirectory,
                "scm_integration.virtual_directory",
                message,
            );
        } else if !draft.virtual_directory.starts_with('/') {
            let message = "a virtual directory must start with /";
            report(
                Part::VirtualDirectory,
                "scm_integration.virtual_directory",
                message,
            );
        }
    }
    for (part, text) in [
        (Part::ClientId, draft.client_id),
        (Part::VirtualDirectory, draft.virtual_directory),
    ] {
        if let Err(message) = storable(text) {
            report(part, "text.nul", message);
        }
    }
    if !draft.issuer_url.is_empty() && !is_https_url(draft.issuer_url) {
        let message = "must be an https URL without user and password";
        report(Part::IssuerUrl, "scm_integration.issuer_url", message);
    }
    wrong
}

fn check_authentication(scm: &ScmConfigSchema, draft: &Draft<'_>, wrong: &mut Vec<Wrong>) {
    let mut report = |part, rule, message: String| {
        wrong.push(Wrong {
            part,
            rule,
            message,
        })
    };
    let (has_id, has_secret) = (!draft.client_id.is_empty(), draft.has_client_secret);
    if has_id || has_secret {
        if scm.oauth.is_none() {
            let message = format!(
                "the runner offers no OAuth for {}: leave the OAuth app out",
                scm.scm_id
            );
            report(Part::ClientId, "scm_integration.oauth", message);
        } else if !has_secret {
            let message =
                "the OAuth app's client secret is missing: set it together with the client id"
                    .to_owned();
            report(Part::ClientSecret, "scm_integration.oauth", message);
        } else if !has_id {
            let message =
                "the OAuth app's client id is missing: set it together with the client secret"
                    .to_owned();
            report(Part::ClientId, "scm_integration.oauth", message);
        }
    } else if !draft.issuer_url.is_empty() {
        let message = "an issuer URL is for OAuth: set the id and secret of an OAuth app, too, or leave it out".to_owned();
        report(Part::IssuerUrl, "scm_integration.issuer_url", message);
    }
    if draft.pat && scm.pat.is_none() {
        let message = format!(
            "the runner offers no personal access tokens for {}: turn them off",
            scm.scm_id
        );
        report(Part::Pat, "scm_integration.pat", message);
    }
}

fn unknown_scm(schema: &RunnerConfigurationSchema) -> Wrong {
    let known: Vec<&str> = schema.scm.iter().map(|scm| scm.scm_id.as_str()).collect();
    let message = if known.is_empty() {
        "the runner's schema has no SCM".to_owned()
    } else {
        format!(
            "must be an SCM of the runner's schema: {}",
            known.join(", ")
        )
    };
    Wrong {
        part: Part::ScmId,
        rule: "scm_integration.scm_id",
        message,
    }
}

fn is_https_url(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| {
        uri.scheme_str() == Some("https")
            && uri
                .authority()
                .is_some_and(|authority| host::is_valid(authority.as_str()))
    })
}

/// What Validate reports.
pub(crate) fn result(wrong: &[Wrong]) -> ScmIntegrationValidationResult {
    let error = |parts: &[Part]| {
        let messages: Vec<&str> = wrong
            .iter()
            .filter(|wrong| parts.contains(&wrong.part))
            .map(|wrong| wrong.message.as_str())
            .collect();
        (!messages.is_empty()).then(|| messages.join("; "))
    };
    ScmIntegrationValidationResult {
        valid: wrong.is_empty(),
        scm_id_error: error(&[Part::ScmId]),
        host_error: error(&[Part::Host, Part::VirtualDirectory]),
        oauth_error: error(&[Part::ClientId, Part::ClientSecret, Part::IssuerUrl]),
        pat_error: error(&[Part::Pat]),
    }
}
