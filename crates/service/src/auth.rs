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

/// What stands before the key.
const SCHEME: &[u8] = b"Bearer ";

/// The key of `Authorization: Bearer <key>`, where there is exactly one such header. It is ASCII.
fn bearer_key(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, key) = value.as_bytes().split_at_checked(SCHEME.len())?;
    // Of what is not ASCII no credential is made. Of blanks, a header has spaces and tabs only.
    let key = key.trim_ascii();
    let is_one = scheme.eq_ignore_ascii_case(SCHEME) && !key.is_empty() && key.is_ascii();
    is_one.then_some(key)
}

/// The same, where it is to be read.
#[cfg(any(feature = "oidc", test))]
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    std::str::from_utf8(bearer_key(headers)?).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_key_comes_after_the_scheme_and_spaces() {
        let key = |values: &[&'static [u8]]| {
            let values = values.iter().map(|value| HeaderValue::from_bytes(value));
            let headers = values.map(|value| (AUTHORIZATION, value.unwrap()));
            bearer_token(&headers.collect()).map(str::to_owned)
        };
        for right in [&b"Bearer key"[..], b"bearer  key", b"BEARER key "] {
            assert_eq!(key(&[right]).as_deref(), Some("key"), "{right:?}");
        }
        assert_eq!(key(&[b"Bearer a b"]).as_deref(), Some("a b"));
        for wrong in [
            &b""[..],
            b"Bearer",
            b"Bearer ",
            b"Bearer   ",
            b"Bearerkey",
            b"Basic key",
            b"key",
            b"Bearer k\xc3\xa9y",
            b"Bearer k\xff",
            b"Bearer\tkey",
        ] {
            assert_eq!(key(&[wrong]), None, "{wrong:?}");
        }
        assert_eq!(key(&[]), None);
        assert_eq!(key(&[b"Bearer key", b"Bearer key"]), None);
    }

    #[test]
    fn the_admin_subject_is_a_uuid_of_version_7() {
        assert_eq!(ADMIN_SUBJECT.id.get_version_num(), 7);
    }
}
