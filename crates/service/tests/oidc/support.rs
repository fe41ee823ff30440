use http::HeaderMap;
use http::header::AUTHORIZATION;
use runner_configuration_server::Authenticate as _;
use runner_configuration_service::{Bearer, Caller, OidcConfig, StaticKeys};

use crate::provider::{AUDIENCE, Provider};

/// Accepts these tokens, and nothing else.
pub(crate) fn start(config: OidcConfig) -> Bearer<StaticKeys> {
    Bearer::new(StaticKeys::new(), Some(config.start().unwrap()))
}

/// What a provider's tokens have to be.
pub(crate) fn config(provider: &Provider) -> OidcConfig {
    OidcConfig::new(provider.issuer(), AUDIENCE)
        .unwrap()
        .jwks(&provider.jwks())
        .unwrap()
}

/// Who makes a call with this credential.
pub(crate) async fn caller(
    bearer: &Bearer<StaticKeys>,
    credential: &str,
) -> Result<Caller, tonic::Status> {
    let mut headers = HeaderMap::new();
    headers.insert(
        AUTHORIZATION,
        format!("Bearer {credential}").parse().unwrap(),
    );
    bearer.authenticate(&headers).await
}
