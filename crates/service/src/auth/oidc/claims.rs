use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::refusal::Refusal;
use crate::store::{Role, SubjectKey};

/// By how much the provider's clock and this machine's may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// What a token says, of which only the signature, the issuer and the audience have been looked at. Times are in
/// seconds since 1970, with fractions.
#[derive(Deserialize)]
pub(super) struct Claims {
    /// One text: a list of issuers is no issuer.
    #[expect(dead_code, reason = "compared before; here for its type")]
    iss: String,
    sub: String,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Claims {
    pub(super) fn in_time(&self, now: SystemTime) -> Result<(), Refusal> {
        let (now, skew) = (seconds_since_1970(now), CLOCK_SKEW.as_secs_f64());
        if now >= self.exp + skew {
            return Err(Refusal::Expired);
        }
        let starts = [self.nbf, self.iat].into_iter().flatten();
        if starts.into_iter().any(|start| now + skew < start) {
            return Err(Refusal::Early);
        }
        Ok(())
    }

    pub(super) fn role(&self, claim: &str) -> Result<Role, Refusal> {
        let names = match self.others.get(claim) {
            Some(Value::Array(names)) => names,
            Some(name) => std::slice::from_ref(name),
            None => &[],
        };
        let has = |role: &str| names.iter().any(|name| name == role);
        if has("admin") {
            Ok(Role::Admin)
        } else if has("user") {
            Ok(Role::User)
        } else {
            Err(Refusal::Role)
        }
    }

    pub(super) fn subject(&self, issuer: &str) -> Result<SubjectKey, Refusal> {
        if self.sub.is_empty() {
            return Err(Refusal::Missing("sub"));
        }
        // Two steps, so that no issuer and subject can be mistaken for another pair.
        let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, issuer.as_bytes());
        let id = Uuid::new_v5(&namespace, self.sub.as_bytes());
        Ok(SubjectKey::user(id))
    }
}

fn seconds_since_1970(time: SystemTime) -> f64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(more: Value) -> Claims {
        let mut claims = json!({"iss": "i", "sub": "s", "exp": 10_000});
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        serde_json::from_value(claims).unwrap()
    }

    #[test]
    fn clocks_may_differ_by_a_minute_and_no_more() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_millis(seconds);
        for (more, now, counts) in [
            (json!({}), 10_059_999, true),
            (json!({}), 10_060_000, false),
            (json!({"exp": 10_000.5}), 10_060_400, true),
            (json!({"nbf": 5_000}), 4_940_000, true),
            (json!({"nbf": 5_000}), 4_939_999, false),
            (json!({"iat": 5_000}), 4_940_000, true),
            (json!({"iat": 5_000}), 4_939_999, false),
            (json!({"exp": -1}), 1_000_000, false),
        ] {
            let found = claims(more.clone()).in_time(at(now));
            assert_eq!(found.is_ok(), counts, "{more} at {now} ms");
        }
    }

    #[test]
    fn only_admin_and_user_are_roles() {
        for (roles, expected) in [
            (json!("admin"), Some(Role::Admin)),
            (json!("user"), Some(Role::User)),
            (json!(["user"]), Some(Role::User)),
            (
                json!(["offline_access", "user", "admin", 1]),
                Some(Role::Admin),
            ),
            (json!("runner"), None),
            (json!("Admin"), None),
            (json!("admin user"), None),
            (json!(["administrator"]), None),
            (json!([["admin"]]), None),
            (json!({"admin": true}), None),
            (json!([]), None),
            (json!(null), None),
            (json!(true), None),
        ] {
            let found = claims(json!({"roles": roles.clone()})).role("roles").ok();
            assert_eq!(found, expected, "{roles}");
            let elsewhere = claims(json!({"roles": roles})).role("groups");
            assert!(elsewhere.is_err());
        }
    }

    #[test]
    fn the_subject_is_a_user_with_an_id_of_issuer_and_sub() {
        let subject = |issuer: &str, sub: &str| claims(json!({"sub": sub})).subject(issuer);
        // Computed with Python's uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, issuer), sub).
        let expected = "ee622779-fa27-5e28-9e1d-1985199c6c9d".parse().unwrap();
        let found = subject("https://login.example.com", "248289761001").unwrap();
        assert_eq!(found, SubjectKey::user(expected));
        assert_ne!(subject("ab", "c").unwrap(), subject("a", "bc").unwrap());
        assert!(subject("https://login.example.com", "").is_err());
    }
}
