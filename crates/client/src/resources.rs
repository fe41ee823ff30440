//! A group of methods for each resource, in terms of the generated client.

mod configuration;
mod environment_classes;
mod host_authentication_tokens;
mod lists;
mod llm_integrations;
mod scm_integrations;

pub use configuration::Configuration;
pub use environment_classes::EnvironmentClasses;
pub use host_authentication_tokens::HostAuthenticationTokens;
pub use llm_integrations::LlmIntegrations;
pub use scm_integrations::ScmIntegrations;
