//! Which tokens count.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use runner_configuration_service::store::SubjectKey;
use runner_configuration_service::{Caller, Clock, OidcConfig, Role, StaticKeys};
use serde_json::{Value, json};

use crate::provider::{AUDIENCE, Provider, Signer, encoded};
use crate::signers;
use crate::support::{caller, config, start};

/// The UUIDv5 of `sub` in the namespace of the issuer.
fn subject(issuer: &str, sub: &str) -> SubjectKey {
    let namespace = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, issuer.as_bytes());
    SubjectKey::user(uuid::Uuid::new_v5(&namespace, sub.as_bytes()))
}

#[tokio::test]
async fn a_token_of_every_asymmetric_algorithm_stands_for_its_user() {
    let signers = signers::all();
    let provider = Provider::start(&signers.iter().collect::<Vec<_>>());
    let subject = subject(&provider.issuer(), "248289761001");
    // Found by the issuer's configuration.
    let discovering = start(OidcConfig::new(provider.issuer(), AUDIENCE).unwrap());
    let told = start(config(&provider));
    for bearer in [&discovering, &told] {
        for signer in &signers {
            for (role, expected) in [("user", Role::User), ("admin", Role::Admin)] {
                let token = signer.token(&provider.claims(role));
                let found = caller(bearer, &token).await.unwrap();
                assert_eq!(found, Caller::new(subject, expected));
            }
        }
    }
}

#[tokio::test]
async fn the_role_is_in_the_claim_that_is_configured() {
    let signer = Signer::es256("1");
    let provider = Provider::start(&[&signer]);
    let bearer = start(config(&provider).role_claim("https://example.com/role"));
    let mut claims = provider.claims("admin");
    assert!(caller(&bearer, &signer.token(&claims)).await.is_err());
    claims["https://example.com/role"] = json!("user");
    let found = caller(&bearer, &signer.token(&claims)).await.unwrap();
    assert_eq!(found.role, Role::User);
}

#[tokio::test]
async fn keys_go_on_working_beside_tokens() {
    let signer = Signer::es256("1");
    let provider = Provider::start(&[&signer]);
    let admin = Caller::new(subject("a", "b"), Role::Admin);
    let keys = StaticKeys::new().with("a key", admin);
    let oidc = config(&provider).start().unwrap();
    let bearer = runner_configuration_service::Bearer::new(keys, Some(oidc));
    assert_eq!(caller(&bearer, "a key").await.unwrap(), admin);
    let token = signer.token(&provider.claims("user"));
    assert_eq!(caller(&bearer, &token).await.unwrap().role, Role::User);
    let shown = format!("{bearer:?}");
    assert!(
        shown.contains(&provider.issuer()) && !shown.contains("a key"),
        "{shown}"
    );
}

#[tokio::test]
async fn every_other_token_is_refused_with_one_text() {
    let (signer, other) = (Signer::es256("1"), Signer::es256("1"));
    let rsa = signers::all().swap_remove(0);
    let provider = Provider::start(&[&signer, &rsa]);
    let bearer = start(config(&provider));
    let good = provider.claims("user");
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        signer.token(&claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        signer.token(&claims)
    };
    let header = |header: Value| signer.token_with(&header, &good);
    let token = signer.token(&good);
    caller(&bearer, &token).await.unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (head, payload) = message.split_once('.').unwrap();
    let claims_of = |claims: &Value| encoded(claims.to_string().as_bytes());
    let none = encoded(br#"{"alg":"none","kid":"1"}"#);
    let past = SystemTime::now() - Duration::from_secs(61);
    let past = past.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let future = past + 200;

    let bad = [
        ("no algorithm", format!("{none}.{payload}.")),
        (
            "no algorithm, signed",
            format!("{none}.{payload}.{signature}"),
        ),
        ("symmetric", header(json!({"alg": "HS256", "kid": "1"}))),
        (
            "another algorithm of the type",
            header(json!({"alg": "ES384", "kid": "1"})),
        ),
        ("another type", header(json!({"alg": "RS256", "kid": "1"}))),
        (
            "the key of another type",
            header(json!({"alg": "ES256", "kid": "RS256"})),
        ),
        (
            "an unknown algorithm",
            header(json!({"alg": "ES256K", "kid": "1"})),
        ),
        (
            "a key id of nobody",
            header(json!({"alg": "ES256", "kid": "2"})),
        ),
        ("no key id", header(json!({"alg": "ES256"}))),
        (
            "a key id that is no text",
            header(json!({"alg": "ES256", "kid": 1})),
        ),
        (
            "a critical extension",
            header(json!({"alg": "ES256", "kid": "1", "crit": ["b64"], "b64": false})),
        ),
        ("a key of its own", {
            let jwk = json!({"kty": "EC", "crv": "P-256", "x": encoded(&[1; 32]), "y": encoded(&[1; 32])});
            other.token_with(
                &json!({"alg": "ES256", "kid": "1", "jwk": jwk, "jku": "http://127.0.0.1:9/"}),
                &good,
            )
        }),
        ("somebody else's signature", other.token(&good)),
        ("no signature", format!("{message}.")),
        (
            "half a signature",
            format!("{message}.{}", &signature[..43]),
        ),
        (
            "a signature of zeros",
            format!("{message}.{}", encoded(&[0; 64])),
        ),
        (
            "other claims",
            format!(
                "{head}.{}.{signature}",
                claims_of(&provider.claims("admin"))
            ),
        ),
        (
            "another issuer",
            with("iss", json!("https://login.example.com")),
        ),
        (
            "the issuer with a slash",
            with("iss", json!(format!("{}/", provider.issuer()))),
        ),
        ("a list of issuers", with("iss", json!([provider.issuer()]))),
        ("no issuer", without("iss")),
        ("another audience", with("aud", json!("other"))),
        ("other audiences", with("aud", json!(["other", "another"]))),
        (
            "an audience that begins alike",
            with("aud", json!("runnerconf2")),
        ),
        ("no audience", without("aud")),
        (
            "an audience that is no text",
            with("aud", json!({"runnerconf": 1})),
        ),
        ("no end", without("exp")),
        ("an end that is no time", with("exp", json!("2099-01-01"))),
        ("an end in quotes", with("exp", json!(future.to_string()))),
        ("no end but null", with("exp", Value::Null)),
        ("an end in the past", with("exp", json!(past))),
        ("a beginning in the future", with("nbf", json!(future))),
        ("a beginning that is no time", with("nbf", json!("soon"))),
        ("made in the future", with("iat", json!(future))),
        ("no subject", without("sub")),
        ("an empty subject", with("sub", json!(""))),
        ("a subject that is no text", with("sub", json!(1))),
        ("no role", without("roles")),
        (
            "a role of somebody else",
            with("roles", json!(["runner", "owner"])),
        ),
        (
            "a role that is no text",
            with("roles", json!({"admin": true})),
        ),
        ("claims that are no object", signer.token(&json!(["admin"]))),
        ("no JSON", format!("eyJ.eyJ.{signature}")),
        ("too long", with("note", json!("x".repeat(20_000)))),
        ("no JWT", "eyJhbGciOiJFUzI1NiJ9".to_owned()),
    ];
    let expected = caller(&bearer, "an unknown key").await.unwrap_err();
    assert_eq!(expected.code(), tonic::Code::Unauthenticated);
    for (what, token) in bad {
        let refused = caller(&bearer, &token).await.unwrap_err();
        let found = (refused.code(), refused.message(), refused.details());
        let expected = (expected.code(), expected.message(), expected.details());
        assert_eq!(found, expected, "{what}");
        assert!(refused.metadata().is_empty(), "{what}");
    }
}

struct At(u64);

impl Clock for At {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0)
    }
}

#[tokio::test]
async fn times_are_judged_by_the_clock_that_is_given_within_a_minute() {
    let signer = Signer::es256("1");
    let provider = Provider::start(&[&signer]);
    let mut claims = provider.claims("user");
    for (name, time) in [("nbf", 10_000), ("iat", 10_000), ("exp", 10_600)] {
        claims[name] = json!(time);
    }
    let token = signer.token(&claims);
    for (now, counts) in [
        (9_939, false),
        (9_940, true),
        (10_300, true),
        (10_659, true),
        (10_660, false),
    ] {
        let bearer = start(config(&provider).clock(At(now)));
        assert_eq!(caller(&bearer, &token).await.is_ok(), counts, "at {now}");
    }
}
