//! What happens as the provider changes its keys, can't be reached, or answers nonsense.

use std::time::Duration;

use runner_configuration_service::{Bearer, OidcConfig, StaticKeys};
use serde_json::json;
use tokio::time::sleep;

use crate::provider::{AUDIENCE, Behaviour, Provider, Signer};
use crate::support::{caller, config, start};

/// Often enough for tests.
const OFTEN: Duration = Duration::from_millis(50);

/// Waits until the provider was asked this often from now on: so the last answer but one has been read.
async fn wait_for_requests(provider: &Provider, more: usize) {
    let enough = provider.requests() + more;
    while provider.requests() < enough {
        sleep(Duration::from_millis(5)).await;
    }
}

async fn counts(bearer: &Bearer<StaticKeys>, provider: &Provider, signer: &Signer) -> bool {
    let token = signer.token(&provider.claims("user"));
    caller(bearer, &token).await.is_ok()
}

#[tokio::test]
async fn a_new_key_counts_at_once_and_a_removed_one_no_more_after_the_next_reading() {
    let (old, new) = (Signer::es256("old"), Signer::es256("new"));
    let provider = Provider::start(&[&old]);
    // A reading a minute: the new key is found because a token asks for it.
    let bearer = start(config(&provider));
    assert!(counts(&bearer, &provider, &old).await);
    provider.publish(&[&old, &new]);
    assert!(counts(&bearer, &provider, &new).await);
    assert!(counts(&bearer, &provider, &old).await);

    let bearer = start(config(&provider).refresh_every(OFTEN));
    assert!(counts(&bearer, &provider, &old).await);
    provider.publish(&[&new]);
    wait_for_requests(&provider, 2).await;
    assert!(!counts(&bearer, &provider, &old).await);
    assert!(counts(&bearer, &provider, &new).await);
    provider.publish(&[]);
    wait_for_requests(&provider, 2).await;
    assert!(!counts(&bearer, &provider, &new).await);
}

#[tokio::test]
async fn a_key_that_changes_under_its_id_is_the_new_one() {
    let (old, new) = (Signer::es256("1"), Signer::es256("1"));
    let provider = Provider::start(&[&old]);
    let bearer = start(config(&provider).refresh_every(OFTEN));
    assert!(counts(&bearer, &provider, &old).await);
    provider.publish(&[&new]);
    wait_for_requests(&provider, 2).await;
    assert!(counts(&bearer, &provider, &new).await);
    assert!(!counts(&bearer, &provider, &old).await);
}

#[tokio::test]
async fn unknown_key_ids_do_not_flood_the_provider() {
    let known = Signer::es256("known");
    let provider = Provider::start(&[&known]);
    let bearer = start(config(&provider));
    assert!(counts(&bearer, &provider, &known).await);
    let strangers: Vec<Signer> = (0..20).map(|id| Signer::es256(&id.to_string())).collect();
    let before = provider.requests();
    let calls = strangers
        .iter()
        .map(|signer| counts(&bearer, &provider, signer));
    let accepted = futures_util::future::join_all(calls).await;
    assert_eq!(accepted, [false; 20]);
    // One that all of them have waited for; perhaps one more, that the last of them asked for.
    let requests = provider.requests() - before;
    assert!((1..=2).contains(&requests), "{requests} requests");
}

#[tokio::test]
async fn while_the_provider_is_down_known_keys_count_and_others_do_not() {
    let (known, new) = (Signer::es256("known"), Signer::es256("new"));
    for down in [
        Behaviour::HangsUp,
        Behaviour::Says("503 Service Unavailable", b"{\"keys\": []}".to_vec()),
        Behaviour::Says("200 OK", b"<html>Log in</html>".to_vec()),
        Behaviour::Says("200 OK", b"{}".to_vec()),
        Behaviour::Says("302 Found\r\nLocation: /keys", Vec::new()),
        Behaviour::Says("200 OK", too_large()),
    ] {
        let provider = Provider::start(&[&known]);
        let bearer = start(config(&provider).refresh_every(OFTEN));
        assert!(counts(&bearer, &provider, &known).await);
        provider.publish(&[&known, &new]);
        provider.behave(down);
        wait_for_requests(&provider, 3).await;
        assert!(counts(&bearer, &provider, &known).await);
        assert!(!counts(&bearer, &provider, &new).await);
        provider.behave(Behaviour::Answers);
        assert!(counts(&bearer, &provider, &new).await);
    }
}

/// A key set without keys, in more bytes than are read.
fn too_large() -> Vec<u8> {
    json!({"keys": [], "note": "x".repeat(256 * 1024)})
        .to_string()
        .into_bytes()
}

#[tokio::test]
async fn a_provider_that_is_down_at_the_start_is_used_when_it_is_there() {
    let signer = Signer::es256("1");
    let provider = Provider::start(&[&signer]);
    provider.behave(Behaviour::HangsUp);
    let bearer = start(config(&provider).refresh_every(OFTEN));
    assert!(!counts(&bearer, &provider, &signer).await);
    provider.behave(Behaviour::Answers);
    assert!(counts(&bearer, &provider, &signer).await);
}

#[tokio::test]
async fn the_configuration_of_another_issuer_or_keys_in_the_clear_elsewhere_are_not_used() {
    let signer = Signer::es256("1");
    let provider = Provider::start(&[&signer]);
    let (issuer, jwks) = (provider.issuer(), provider.jwks());
    for (configuration, used) in [
        (json!({"issuer": issuer, "jwks_uri": jwks}), true),
        (
            json!({"issuer": format!("{issuer}/"), "jwks_uri": jwks}),
            false,
        ),
        (
            json!({"issuer": "https://login.example.com", "jwks_uri": jwks}),
            false,
        ),
        (
            json!({"issuer": issuer, "jwks_uri": "http://login.example.com/keys"}),
            false,
        ),
        (json!({"issuer": issuer, "jwks_uri": "/keys"}), false),
        (json!({"issuer": issuer}), false),
    ] {
        // Its own configuration is at another port than the keys.
        let front = Provider::start(&[]);
        let mut configuration = configuration;
        if configuration["issuer"] == json!(issuer) {
            configuration["issuer"] = json!(front.issuer());
        }
        front.behave(Behaviour::Says(
            "200 OK",
            configuration.to_string().into_bytes(),
        ));
        let config = OidcConfig::new(front.issuer(), AUDIENCE).unwrap();
        let bearer = start(config.refresh_every(OFTEN));
        let token = signer.token(&front.claims("user"));
        let accepted = caller(&bearer, &token).await.is_ok();
        assert_eq!(accepted, used, "{configuration}");
    }
}
