//! Who is calling, by what the call carries as its bearer credential: an API key, of which only a hash is kept, or a
//! token of an OpenID provider.

mod api_keys;
#[cfg(feature = "oidc")]
mod bearer;
#[cfg(feature = "oidc")]
mod oidc;
mod recent;
mod static_keys;

pub use api_keys::ApiKeys;
#[cfg(feature = "oidc")]
pub use bearer::Bearer;
#[cfg(feature = "oidc")]
pub use oidc::{Oidc, OidcConfig, OidcError};
pub use static_keys::StaticKeys;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use runner_configuration::v1::Principal;
use uuid::Uuid;

use crate::store::SubjectKey;

/// Whom the admin key stands for: the service account of this service itself, the same in every installation.
pub const ADMIN_SUBJECT: SubjectKey = SubjectKey {
    principal: Principal::ServiceAccount,
    id: Uuid::from_u128(0x0199_5f2b_7c00_7000_8000_0000_0000_0001),
};

/// The key of `Authorization: Bearer <key>`, where there is exactly one such header.
fn bearer_key(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    let key = key.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_admin_subject_is_a_uuid_of_version_7() {
        assert_eq!(ADMIN_SUBJECT.id.get_version_num(), 7);
    }
}
