//! Objects to store: complete ones, so that whatever a store loses is missed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use runner_configuration::v1::runner_configuration_schema::{Field, IntField, field};
use runner_configuration::v1::*;
use runner_configuration::{Timestamp, v1};
use runner_configuration_service::store::*;
use uuid::{Builder, Uuid};

/// When the tests take place.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(1_790_000_000_123_456)
}

/// No object.
pub(crate) const NOTHING: [Uuid; 0] = [];

/// A new UUIDv7, greater than all that were made before.
pub(crate) fn new_id() -> Uuid {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    Builder::from_unix_timestamp_millis(1_790_000_000_000 + made, &[7; 10]).into_uuid()
}

/// A change by some admin.
pub(crate) fn change(action: &'static str) -> Change {
    Change::by(ADMIN, action, now())
}

pub(crate) const ADMIN: SubjectKey = SubjectKey {
    principal: Principal::ServiceAccount,
    id: Uuid::from_u128(0xad),
};

pub(crate) fn user(number: u128) -> SubjectKey {
    SubjectKey::user(Uuid::from_u128(number))
}

pub(crate) fn first(limit: usize) -> PageRequest {
    PageRequest {
        after: None,
        limit,
        form: Form::Protobuf,
    }
}

/// More than any test stores.
pub(crate) const ALL: PageRequest = PageRequest {
    after: None,
    limit: 100_000,
    form: Form::Protobuf,
};

// --- Runners ---

pub(crate) fn runner() -> Runner {
    Runner {
        id: new_id(),
        name: "Frankfurt".into(),
        kind: RunnerKind::Remote,
        provider: RunnerProvider::AwsEc2,
        public_key: Some([5; 32]),
        schema: Some(Encoded::new(&schema("1"))),
    }
}

pub(crate) fn schema(version: &str) -> RunnerConfigurationSchema {
    RunnerConfigurationSchema {
        version: version.into(),
        environment_classes: vec![Field {
            id: "cpu".into(),
            name: "CPUs".into(),
            required: true,
            r#type: Some(field::Type::Int(IntField {
                default: 2,
                min: 1,
                max: 128,
            })),
            ..Field::default()
        }],
        ..RunnerConfigurationSchema::default()
    }
}

/// Stores a new runner and returns its id.
pub(crate) async fn put_runner(store: &impl Store) -> Uuid {
    put(store, runner()).await
}

pub(crate) async fn put(store: &impl Store, runner: Runner) -> Uuid {
    let id = runner.id;
    assert_eq!(
        store.put_runner(change("put"), runner).await.unwrap(),
        RunnerPut::Created
    );
    id
}

// --- Environment classes ---

pub(crate) fn class(runner_id: Uuid) -> EnvironmentClassRecord {
    let id = new_id();
    EnvironmentClassRecord {
        id,
        runner_id,
        message: EnvironmentClass {
            id: id.to_string(),
            display_name: "Large".into(),
            description: "For builds".into(),
            configuration: vec![FieldValue {
                key: "cpu".into(),
                value: "64".into(),
            }],
            runner_id: runner_id.to_string(),
            enabled: true,
        },
        sealed_to: Some(KeyFingerprint([1; 32])),
    }
}

/// Stores a class and returns its id.
pub(crate) async fn create_class(store: &impl Store, class: EnvironmentClassRecord) -> Uuid {
    let id = class.id;
    assert_eq!(
        store
            .create_environment_class(change("create"), class)
            .await
            .unwrap(),
        Created::Done
    );
    id
}

pub(crate) async fn get_class(store: &impl Store, id: Uuid) -> Option<EnvironmentClass> {
    let found = store.environment_class(id, Form::Protobuf).await.unwrap();
    found.map(|found| found.message.decode().unwrap())
}

/// The ids of the classes that pass the filter.
pub(crate) async fn class_ids(store: &impl Store, filter: EnvironmentClassFilter) -> Vec<Uuid> {
    let page = store.environment_classes(filter, ALL).await.unwrap();
    assert_eq!(page.next_after(), None);
    ids(page.decode().unwrap().iter().map(|class| &class.id))
}

pub(crate) fn ids<'s>(ids: impl Iterator<Item = &'s String>) -> Vec<Uuid> {
    ids.map(|id| id.parse().unwrap()).collect()
}

// --- Host authentication tokens ---

pub(crate) fn token(
    runner_id: Uuid,
    host: &str,
    owner: SubjectKey,
) -> HostAuthenticationTokenRecord {
    let id = new_id();
    let mut record = HostAuthenticationTokenRecord {
        id,
        runner_id,
        owner,
        host: HostKey::from_normalized(host),
        integration_id: None,
        message: HostAuthenticationToken {
            id: id.to_string(),
            runner_id: runner_id.to_string(),
            host: host.to_uppercase(),
            source: HostAuthenticationTokenSource::Pat.into(),
            expires_at: Some(Timestamp {
                seconds: 1_800_000_000,
                nanos: 5,
            }),
            scopes: vec!["repo".into(), "read:user".into()],
            subject: Some(owner.into()),
            ..HostAuthenticationToken::default()
        },
        token: sealed(b"token"),
        refresh_token: Some(sealed(b"refresh token")),
    };
    if owner.principal == Principal::User {
        set_user_id(&mut record.message, owner.id);
    }
    record
}

#[expect(deprecated, reason = "replies fill it for clients that still read it")]
fn set_user_id(token: &mut v1::HostAuthenticationToken, id: Uuid) {
    token.user_id = id.to_string();
}

pub(crate) fn sealed(secret: &[u8]) -> Sealed {
    Sealed {
        ciphertext: secret.to_vec(),
        key: KeyFingerprint([2; 32]),
    }
}

pub(crate) fn with_source(
    mut token: HostAuthenticationTokenRecord,
    source: HostAuthenticationTokenSource,
) -> HostAuthenticationTokenRecord {
    token.message.source = source.into();
    token
}

pub(crate) fn naming(
    mut token: HostAuthenticationTokenRecord,
    integration: Uuid,
) -> HostAuthenticationTokenRecord {
    token.integration_id = Some(integration);
    token.message.integration_id = integration.to_string();
    token
}

/// Stores a token and returns its id.
pub(crate) async fn create_token(store: &impl Store, token: HostAuthenticationTokenRecord) -> Uuid {
    let id = token.id;
    let created = store
        .create_host_authentication_token(change("create"), token)
        .await;
    assert_eq!(created.unwrap(), TokenCreated::Done);
    id
}

/// The ids of the tokens that pass the filter.
pub(crate) async fn token_ids(
    store: &impl Store,
    filter: HostAuthenticationTokenFilter,
) -> Vec<Uuid> {
    let page = store.host_authentication_tokens(filter, ALL).await.unwrap();
    assert_eq!(page.next_after(), None);
    ids(page.decode().unwrap().iter().map(|token| &token.id))
}

// --- SCM integrations ---

/// Offers OAuth and PAT.
pub(crate) fn scm(runner_id: Uuid, host: &str) -> ScmIntegrationRecord {
    let id = new_id();
    ScmIntegrationRecord {
        id,
        runner_id,
        host: HostKey::from_normalized(host),
        message: ScmIntegration {
            id: id.to_string(),
            scm_id: "azuredevops_server".into(),
            host: host.to_uppercase(),
            oauth: Some(ScmIntegrationOAuthConfig {
                client_id: "client".into(),
                encrypted_client_secret: b"sealed".to_vec(),
                issuer_url: "https://issuer.example".into(),
            }),
            pat: true,
            runner_id: runner_id.to_string(),
            virtual_directory: Some("/tfs".into()),
        },
        sealed_to: Some(KeyFingerprint([3; 32])),
    }
}

/// Offers what is asked for.
pub(crate) fn scm_offering(
    runner_id: Uuid,
    host: &str,
    oauth: bool,
    pat: bool,
) -> ScmIntegrationRecord {
    let mut integration = scm(runner_id, host);
    integration.message.oauth = integration.message.oauth.filter(|_| oauth);
    integration.message.pat = pat;
    integration
}

/// Stores an integration and returns its id.
pub(crate) async fn create_scm(store: &impl Store, integration: ScmIntegrationRecord) -> Uuid {
    let id = integration.id;
    assert_eq!(
        store
            .create_scm_integration(change("create"), integration)
            .await
            .unwrap(),
        Created::Done
    );
    id
}

// --- LLM integrations ---

pub(crate) fn llm(runner_id: Uuid, models: &[SupportedModel]) -> LlmIntegrationRecord {
    let id = new_id();
    LlmIntegrationRecord {
        id,
        runner_id,
        message: LlmIntegration {
            id: id.to_string(),
            runner_id: runner_id.to_string(),
            models: models.iter().map(|&model| model.into()).collect(),
            endpoint: "https://llm.example".into(),
            encrypted_api_key: b"sealed".to_vec(),
            max_tokens: 4096,
            phase: LlmIntegrationPhase::Available.into(),
            phase_reason: "new".into(),
            request_headers: vec![LlmIntegrationRequestHeader {
                key: "x-team".into(),
                value: b"sealed too".to_vec(),
                header_type: LlmIntegrationRequestHeaderType::Literal.into(),
            }],
            provider: LlmProvider::Anthropic.into(),
        },
        api_key_sealed_to: Some(KeyFingerprint([4; 32])),
        headers_sealed_to: None,
    }
}

/// Stores an integration and returns its id.
pub(crate) async fn create_llm(store: &impl Store, integration: LlmIntegrationRecord) -> Uuid {
    let id = integration.id;
    assert_eq!(
        store
            .create_llm_integration(change("create"), integration)
            .await
            .unwrap(),
        Created::Done
    );
    id
}
