//! The OpenID provider of `runnerconf serve`.

use runner_configuration_service::{Oidc, OidcConfig};

use crate::error::Error;

#[derive(Debug, clap::Args)]
pub(crate) struct OidcArguments {
    /// Accept the tokens (JWTs) of this OpenID provider beside API keys: those with this URL, literally, as their iss. Its
    /// keys are found by its configuration, at URL/.well-known/openid-configuration, and read every minute. The URL has to
    /// be https, but for one on this machine
    #[arg(
        long = "oidc-issuer",
        id = "issuer",
        value_name = "URL",
        requires = "audience"
    )]
    issuer: Option<String>,

    /// Only tokens for this audience: the one that the provider puts into aud in tokens for this service
    #[arg(
        long = "oidc-audience",
        id = "audience",
        value_name = "AUDIENCE",
        requires = "issuer"
    )]
    audience: Option<String>,

    /// Where the provider's keys (its JSON Web Key Set) are, instead of asking its configuration
    #[arg(long = "oidc-jwks", value_name = "URL", requires = "issuer")]
    jwks: Option<String>,

    /// The claim with the role: admin or user, or a list with one of them; without either, a token is refused
    #[arg(
        long = "oidc-role-claim",
        value_name = "NAME",
        default_value = "roles",
        requires = "issuer"
    )]
    role_claim: String,
}

impl OidcArguments {
    /// The provider, if one is named.
    pub(crate) fn config(&self) -> Result<Option<OidcConfig>, Error> {
        let (Some(issuer), Some(audience)) = (&self.issuer, &self.audience) else {
            return Ok(None);
        };
        let config = OidcConfig::new(issuer.as_str(), audience.as_str())?;
        let config = config.role_claim(self.role_claim.as_str());
        Ok(Some(match &self.jwks {
            Some(url) => config.jwks(url)?,
            None => config,
        }))
    }

    /// Starts to follow the provider's keys, if a provider is named.
    pub(crate) fn start(&self) -> Result<Option<Oidc>, Error> {
        match self.config()? {
            Some(config) => Ok(Some(config.start()?)),
            None => Ok(None),
        }
    }
}
