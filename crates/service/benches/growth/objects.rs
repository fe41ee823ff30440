//! What is stored: 100 runners, and any number of classes and tokens, of which each is determined by its number.
//!
//! The first runner has three of ten classes, the others share the rest evenly; each tenth class is disabled. Tokens belong
//! to 10 000 subjects: a service account owns each tenth, users the rest, evenly. So there are filters that much passes, and
//! such that hardly anything does.

use std::fmt;

use runner_configuration::Timestamp;
use runner_configuration::v1::{
    EnvironmentClass, FieldValue, HostAuthenticationToken, HostAuthenticationTokenSource,
    Principal, RunnerConfigurationSchema, RunnerKind, RunnerProvider,
};
use runner_configuration_service::store::{
    Encoded, EnvironmentClassRecord, HostAuthenticationTokenRecord, HostKey, KeyFingerprint,
    Runner, Sealed, SubjectKey,
};
use uuid::{Builder, Uuid};

pub(crate) const RUNNERS: usize = 100;
pub(crate) const SUBJECTS: usize = 10_000;

/// A store's content: as many classes, and as many tokens.
#[derive(Clone, Copy)]
pub(crate) struct Objects(pub(crate) usize);

impl fmt::Display for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} classes and {} tokens", self.0, self.0)
    }
}

/// The time of the first id.
const BEGIN: u64 = 1_790_000_000_000;

/// Ids are in the order of the numbers, one a millisecond.
fn id(kind: u64, number: usize) -> Uuid {
    let number = number as u64;
    let mut random = [0; 10];
    random[..8].copy_from_slice(&scattered(number ^ (kind << 56)).to_be_bytes());
    random[8..].copy_from_slice(&kind.to_be_bytes()[6..]);
    Builder::from_unix_timestamp_millis(BEGIN + number, &random).into_uuid()
}

/// A number that looks like chance (SplitMix64).
pub(crate) const fn scattered(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

pub(crate) fn runner_id(runner: usize) -> Uuid {
    // Not in the order in which objects refer to them.
    id(1, runner * 37 % RUNNERS)
}

pub(crate) fn class_id(number: usize) -> Uuid {
    id(2, number)
}

pub(crate) fn token_id(number: usize) -> Uuid {
    id(3, number)
}

pub(crate) fn runner_of_class(number: usize) -> usize {
    match number % 10 {
        0..3 => 0,
        _ => 1 + number % (RUNNERS - 1),
    }
}

pub(crate) const fn is_enabled(number: usize) -> bool {
    number / 10 % 10 != 7
}

pub(crate) fn runner_of_token(number: usize) -> usize {
    if number / 10 % 10 < 3 {
        return 0;
    }
    1 + number % (RUNNERS - 1)
}

pub(crate) const fn subject_of_token(number: usize) -> usize {
    if number.is_multiple_of(10) {
        return 0;
    }
    // Another order in each ten thousand, so that it does not go with the runner.
    1 + (number * 7919 + number / SUBJECTS) % (SUBJECTS - 1)
}

/// The first is a service account.
pub(crate) fn subject(number: usize) -> SubjectKey {
    SubjectKey {
        principal: match number {
            0 => Principal::ServiceAccount,
            _ => Principal::User,
        },
        id: id(4, number),
    }
}

pub(crate) const fn kind_of_runner(runner: usize) -> RunnerKind {
    match runner % 5 {
        4 => RunnerKind::LocalConfiguration,
        _ => RunnerKind::Remote,
    }
}

pub(crate) const fn provider_of_runner(runner: usize) -> RunnerProvider {
    match runner {
        50 | 51 => RunnerProvider::Managed,
        _ if runner % 3 == 1 => RunnerProvider::Gcp,
        _ => RunnerProvider::AwsEc2,
    }
}

/// The others have no schema yet.
pub(crate) const fn is_registered(runner: usize) -> bool {
    runner % 20 != 19
}

pub(crate) fn runner(runner: usize) -> Runner {
    let schema = RunnerConfigurationSchema {
        version: "1".into(),
        ..RunnerConfigurationSchema::default()
    };
    Runner {
        id: runner_id(runner),
        name: format!("Runner {runner}"),
        kind: kind_of_runner(runner),
        provider: provider_of_runner(runner),
        public_key: Some([7; 32]),
        schema: is_registered(runner).then(|| Encoded::new(&schema)),
    }
}

pub(crate) fn class(number: usize) -> EnvironmentClassRecord {
    let (id, runner_id) = (class_id(number), runner_id(runner_of_class(number)));
    let value = |key: &str, value: String| FieldValue {
        key: key.into(),
        value,
    };
    let size = 1 << (number % 5);
    EnvironmentClassRecord {
        id,
        runner_id,
        message: EnvironmentClass {
            id: id.to_string(),
            display_name: format!("Large {number}"),
            description: format!(
                "{} CPU, {} GB RAM, for builds and tests",
                2 * size,
                8 * size
            ),
            configuration: vec![
                value("machineType", format!("m6i.{size}xlarge")),
                value("diskSizeGb", (50 * size).to_string()),
                value("spot", "false".into()),
            ],
            runner_id: runner_id.to_string(),
            enabled: is_enabled(number),
        },
        sealed_to: None,
    }
}

pub(crate) fn token(number: usize) -> HostAuthenticationTokenRecord {
    let (id, runner_id) = (token_id(number), runner_id(runner_of_token(number)));
    let owner = subject(subject_of_token(number));
    // The service account has a token for each of many hosts. Users have one per runner and host.
    let host = match owner.principal {
        Principal::User => format!("git-{}.example.com", number / 1000),
        _ => format!("repository-{number}.example.com"),
    };
    let sealed = || Sealed {
        ciphertext: (0..11)
            .flat_map(|part| scattered((number * 16 + part) as u64).to_be_bytes())
            .collect(),
        key: KeyFingerprint([9; 32]),
    };
    let mut message = HostAuthenticationToken {
        id: id.to_string(),
        runner_id: runner_id.to_string(),
        host: host.clone(),
        source: HostAuthenticationTokenSource::Oauth.into(),
        expires_at: Some(Timestamp {
            seconds: 1_900_000_000,
            nanos: 0,
        }),
        scopes: ["repo", "read:user", "user:email"].map(String::from).into(),
        subject: Some(owner.into()),
        ..HostAuthenticationToken::default()
    };
    if owner.principal == Principal::User {
        set_user_id(&mut message, owner.id);
    }
    HostAuthenticationTokenRecord {
        id,
        runner_id,
        owner,
        host: HostKey::from_normalized(host),
        integration_id: None,
        message,
        token: sealed(),
        refresh_token: Some(sealed()),
    }
}

#[expect(deprecated, reason = "replies fill it for clients that still read it")]
fn set_user_id(token: &mut HostAuthenticationToken, id: Uuid) {
    token.user_id = id.to_string();
}

/// A message as stores keep it.
pub(crate) fn encoded(message: &impl prost::Message) -> Vec<u8> {
    message.encode_to_vec()
}
