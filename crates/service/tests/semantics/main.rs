//! What the service does, RPC by RPC: one test per documented fact, named after it.
//!
//! The facts that concern the wire (paths, JSON, headers) are tested where there is a wire.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

mod clock;
mod common;
mod environment_classes;
mod host_authentication_tokens;
mod llm_integrations;
mod pages;
mod reply_forms;
mod runners;
mod schema_and_validation;
mod scm_integration_checks;
mod scm_integration_tokens;
mod scm_integrations;
mod scm_validation;
mod support;
mod texts;
mod token_owners;
