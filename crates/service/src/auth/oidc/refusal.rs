use jsonwebtoken::errors::ErrorKind;

/// Why a token does not count: for the log, not for the caller, and without anything of the token itself.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("it is longer than 16 KiB")]
    TooLong,
    #[error("its header has critical extensions")]
    CriticalExtension,
    #[error("its header names no key")]
    NoKeyId,
    #[error("its header names a key that the provider does not publish")]
    UnknownKey,
    #[error("its algorithm is not that of its key")]
    Algorithm,
    #[error("it is no signed JWT with the claims that are needed")]
    Malformed,
    #[error("its signature is wrong")]
    Signature,
    #[error("its claim {0} is missing")]
    Missing(&'static str),
    #[error("it is from another issuer")]
    Issuer,
    #[error("it is for another audience")]
    Audience,
    #[error("it has expired")]
    Expired,
    #[error("it does not count yet")]
    Early,
    #[error("its role claim is missing, or is no role of this service")]
    Role,
}

impl From<jsonwebtoken::errors::Error> for Refusal {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidSignature => Self::Signature,
            ErrorKind::InvalidIssuer => Self::Issuer,
            ErrorKind::InvalidAudience => Self::Audience,
            ErrorKind::MissingRequiredClaim(claim) => Self::Missing(match claim.as_str() {
                "aud" => "aud",
                "exp" => "exp",
                "iss" => "iss",
                _ => "sub",
            }),
            _ => Self::Malformed,
        }
    }
}
