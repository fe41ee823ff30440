//! Semantics of host authentication tokens.

use prost::Message as _;
use runner_configuration::Timestamp;
use runner_configuration::v1::*;
use runner_configuration_service::Caller;
use runner_configuration_service::store::Store as _;
use tonic::{Code, Status};

use crate::support::requests::*;
use crate::support::*;

const CREATE: &str = "CreateHostAuthenticationTokenRequest";
const UPDATE: &str = "UpdateHostAuthenticationTokenRequest";

pub(crate) async fn create(
    world: &World,
    caller: Caller,
    request: CreateHostAuthenticationTokenRequest,
) -> Result<HostAuthenticationToken, Status> {
    let reply = call!(
        world.service,
        caller,
        create_host_authentication_token,
        request
    )?;
    Ok(reply.token.unwrap())
}

pub(crate) async fn update(
    world: &World,
    caller: Caller,
    request: UpdateHostAuthenticationTokenRequest,
) -> Result<(), Status> {
    call!(
        world.service,
        caller,
        update_host_authentication_token,
        request
    )
    .map(drop)
}

/// `token` and `refresh_token` are stored encrypted and never returned by this service.
#[tokio::test]
async fn token_and_refresh_token_are_stored_encrypted_and_never_returned() {
    let world = World::new().await;
    let request = CreateHostAuthenticationTokenRequest {
        token: "gho_MARKER".to_owned(),
        refresh_token: "ghr_MARKER".to_owned(),
        expires_at: Some(Timestamp {
            seconds: 1_800_000_000,
            nanos: 123_456_789,
        }),
        scopes: vec!["repo".to_owned(), "repo".to_owned(), String::new()],
        ..create_token()
    };
    let token = create(&world, USER, request).await.unwrap();
    let record = world
        .store
        .host_authentication_token_record(token.id.parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(world.open(&record.token.ciphertext), "gho_MARKER");
    assert_eq!(
        world.open(&record.refresh_token.clone().unwrap().ciphertext),
        "ghr_MARKER"
    );
    assert_eq!(record.token.key, world.keys.public_key().fingerprint());

    let has_marker = |bytes: &[u8]| bytes.windows(6).any(|window| window == b"MARKER");
    assert!(!has_marker(&record.token.ciphertext) && !has_marker(format!("{record:?}").as_bytes()));
    let got = world.token(&token.id).await.unwrap();
    let request = ListHostAuthenticationTokensRequest::default();
    let listed = call!(
        world.service,
        USER,
        list_host_authentication_tokens,
        request
    )
    .unwrap();
    assert_eq!(
        (&got, listed.tokens.as_slice()),
        (&token, &[token.clone()][..])
    );
    assert!(!has_marker(&token.encode_to_vec()));
    // Everything else comes back as it was sent.
    assert_eq!(
        token.expires_at,
        Some(Timestamp {
            seconds: 1_800_000_000,
            nanos: 123_456_789
        })
    );
    assert_eq!(token.scopes, ["repo", "repo", ""]);
    assert_eq!(token.source(), HostAuthenticationTokenSource::Oauth);
}

/// At most 100 scopes: the rule permits 101, the service refuses it.
#[tokio::test]
async fn at_most_100_scopes() {
    let world = World::new().await;
    let scopes = |count: usize| vec!["repo".to_owned(); count];
    let with = |count| CreateHostAuthenticationTokenRequest {
        scopes: scopes(count),
        ..create_token()
    };

    for count in [101, 102] {
        create(&world, USER, with(count))
            .await
            .refused_for(CREATE, &["scopes"]);
    }
    let id = create(&world, USER, with(100)).await.unwrap().id;
    for (count, good) in [(101, false), (99, true), (100, true)] {
        let request = UpdateHostAuthenticationTokenRequest {
            scopes: scopes(count),
            ..update_token(&id)
        };
        let reply = update(&world, USER, request).await;
        if good {
            reply.unwrap()
        } else {
            reply.refused_for(UPDATE, &["scopes"])
        }
    }
    assert_eq!(world.token(&id).await.unwrap().scopes.len(), 100);
}

/// The runner has no public key yet → `failed_precondition`, wherever a secret would have to be sealed, and only there.
#[tokio::test]
async fn the_runner_has_no_public_key_yet() {
    let world = World::new().await;
    let words = "runner does not have a public key";
    let runner_id = KEYLESS_RUNNER.to_string();
    let refused = |result: Result<(), Status>| result.refused(Code::FailedPrecondition, words);

    let request = CreateHostAuthenticationTokenRequest {
        runner_id: runner_id.clone(),
        ..create_token()
    };
    refused(create(&world, USER, request.clone()).await.map(drop));

    // The key is taken away after the token was made: only changes of secrets need one.
    let id = create(&world, USER, create_token()).await.unwrap().id;
    world
        .put_runner(runner_configuration_service::store::Runner {
            public_key: None,
            ..world.runner()
        })
        .await;
    let change = UpdateHostAuthenticationTokenRequest {
        token: Some("x".to_owned()),
        ..update_token(&id)
    };
    refused(update(&world, USER, change).await);
    let change = UpdateHostAuthenticationTokenRequest {
        refresh_token: Some("x".to_owned()),
        ..update_token(&id)
    };
    refused(update(&world, USER, change).await);
    let change = UpdateHostAuthenticationTokenRequest {
        scopes: vec!["repo".to_owned()],
        ..update_token(&id)
    };
    update(&world, USER, change).await.unwrap();
    let change = UpdateHostAuthenticationTokenRequest {
        refresh_token: Some(String::new()),
        ..update_token(&id)
    };
    update(&world, USER, change).await.unwrap();

    refused(
        call!(
            world.service,
            ADMIN,
            create_llm_integration,
            CreateLlmIntegrationRequest {
                runner_id: runner_id.clone(),
                ..create_llm()
            }
        )
        .map(drop),
    );
    let no_api_key = CreateLlmIntegrationRequest {
        runner_id: runner_id.clone(),
        api_key: String::new(),
        ..create_llm()
    };
    let llm = world.create_llm(no_api_key).await;
    let change = UpdateLlmIntegrationRequest {
        api_key: Some("x".to_owned()),
        ..update_llm(&llm)
    };
    refused(call!(world.service, ADMIN, update_llm_integration, change).map(drop));
    let header = LlmIntegrationRequestHeader {
        key: "x".to_owned(),
        value: b"y".to_vec(),
        header_type: 0,
    };
    let change = UpdateLlmIntegrationRequest {
        request_headers: vec![header],
        ..update_llm(&llm)
    };
    refused(call!(world.service, ADMIN, update_llm_integration, change).map(drop));
    let change = UpdateLlmIntegrationRequest {
        max_tokens: Some(9),
        ..update_llm(&llm)
    };
    call!(world.service, ADMIN, update_llm_integration, change).unwrap();
}

/// Update: absent = unchanged; empty `scopes` = unchanged; present `token`/`refresh_token` is re-encrypted.
#[tokio::test]
async fn update_absent_is_unchanged() {
    let world = World::new().await;
    let request = CreateHostAuthenticationTokenRequest {
        refresh_token: "ghr_clear".to_owned(),
        scopes: vec!["repo".to_owned()],
        expires_at: Some(Timestamp {
            seconds: 1,
            nanos: 0,
        }),
        ..create_token()
    };
    let mut expected = create(&world, USER, request).await.unwrap();
    let id = expected.id.clone();
    let secrets = |token: &str, refresh_token: Option<&str>| {
        (token.to_owned(), refresh_token.map(str::to_owned))
    };

    update(&world, USER, update_token(&id)).await.unwrap();
    assert_eq!(world.token(&id).await.unwrap(), expected);
    assert_eq!(
        world.secrets(&id).await,
        secrets("gho_clear", Some("ghr_clear"))
    );

    let change = UpdateHostAuthenticationTokenRequest {
        token: Some("new".to_owned()),
        ..update_token(&id)
    };
    update(&world, USER, change).await.unwrap();
    assert_eq!(world.secrets(&id).await, secrets("new", Some("ghr_clear")));
    let change = UpdateHostAuthenticationTokenRequest {
        refresh_token: Some("newer".to_owned()),
        ..update_token(&id)
    };
    update(&world, USER, change).await.unwrap();
    assert_eq!(world.secrets(&id).await, secrets("new", Some("newer")));
    let change = UpdateHostAuthenticationTokenRequest {
        refresh_token: Some(String::new()),
        ..update_token(&id)
    };
    update(&world, USER, change).await.unwrap();
    assert_eq!(
        world.secrets(&id).await,
        secrets("new", None),
        "an empty one is none"
    );
    assert_eq!(world.token(&id).await.unwrap(), expected);

    let change = UpdateHostAuthenticationTokenRequest {
        scopes: vec!["user".to_owned()],
        ..update_token(&id)
    };
    update(&world, USER, change).await.unwrap();
    expected.scopes = vec!["user".to_owned()];
    let later = Some(Timestamp {
        seconds: 2,
        nanos: 3,
    });
    let change = UpdateHostAuthenticationTokenRequest {
        expires_at: later,
        ..update_token(&id)
    };
    update(&world, USER, change).await.unwrap();
    expected.expires_at = later;
    assert_eq!(world.token(&id).await.unwrap(), expected);

    let change = UpdateHostAuthenticationTokenRequest {
        token: Some(String::new()),
        ..update_token(&id)
    };
    update(&world, USER, change)
        .await
        .refused_for(UPDATE, &["token"]);
}

/// `integration_id`, if set, must be an SCM integration of the same runner.
#[tokio::test]
async fn integration_id_must_be_an_scm_integration_of_the_same_runner() {
    let world = World::new().await;
    let same = world.create_scm(create_scm()).await;
    let other = CreateScmIntegrationRequest {
        runner_id: OTHER_RUNNER.to_string(),
        ..create_scm()
    };
    let other = world.create_scm(other).await;
    let with = |integration_id: &str| CreateHostAuthenticationTokenRequest {
        integration_id: integration_id.to_owned(),
        ..create_token()
    };

    for wrong in [other, NOTHING.to_string()] {
        create(&world, USER, with(&wrong))
            .await
            .refused_for(CREATE, &["integration_id"]);
    }
    create(&world, USER, with("x"))
        .await
        .refused_for(CREATE, &["integration_id"]);
    assert_eq!(
        create(&world, USER, with(&same))
            .await
            .unwrap()
            .integration_id,
        same
    );
    assert_eq!(
        create(&world, OTHER_USER, with(""))
            .await
            .unwrap()
            .integration_id,
        ""
    );
}

/// The binary form can carry timestamps that no calendar has.
#[tokio::test]
async fn expires_at_is_a_time_of_the_years_1_to_9999() {
    let world = World::new().await;
    let (first, last) = (-62_135_596_800, 253_402_300_799);
    let id = create(&world, USER, create_token()).await.unwrap().id;
    for (seconds, nanos, good) in [
        (first, 0, true),
        (last, 999_999_999, true),
        (first - 1, 0, false),
        (last + 1, 0, false),
        (0, -1, false),
        (0, 1_000_000_000, false),
        (i64::MAX, i32::MAX, false),
    ] {
        let expires_at = Some(Timestamp { seconds, nanos });
        let change = UpdateHostAuthenticationTokenRequest {
            expires_at,
            ..update_token(&id)
        };
        let changed = update(&world, USER, change).await;
        if good {
            changed.unwrap();
            assert_eq!(world.token(&id).await.unwrap().expires_at, expires_at);
        } else {
            changed.refused_for(UPDATE, &["expires_at"]);
            let request = CreateHostAuthenticationTokenRequest {
                expires_at,
                ..create_token()
            };
            create(&world, OTHER_USER, request)
                .await
                .refused_for(CREATE, &["expires_at"]);
        }
    }
}
