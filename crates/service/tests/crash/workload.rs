//! Callers that change a store, and what it has to hold after each change.
//!
//! What a caller does follows from its number and from how many changes it made, so whoever knows how many were
//! acknowledged knows what the store holds. A caller changes one runner and its objects.

mod operation;
mod state;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use runner_configuration::v1::HostAuthenticationTokenSource as Source;
use runner_configuration::v1::*;
use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_service::store::*;
use uuid::Uuid;

use self::operation::Operation;
pub(crate) use self::state::State;
use crate::random::Random;

/// How many callers there are.
pub(crate) const CALLERS: usize = 4;

/// A caller, after the changes that were acknowledged.
#[derive(Clone)]
pub(crate) struct Caller {
    subject: SubjectKey,
    random: Random,
    made: u64,
    state: State,
}

impl Caller {
    /// All callers, before they did anything.
    pub(crate) fn all(seed: u64) -> Vec<Self> {
        Self::some(seed, 0..CALLERS as u64)
    }

    /// The callers with these numbers, before they did anything.
    pub(crate) fn some(seed: u64, numbers: Range<u64>) -> Vec<Self> {
        numbers
            .map(|number| Self {
                subject: SubjectKey::user(Uuid::from_u64_pair(0xca11, number)),
                random: Random::new(seed ^ (number << 32)),
                made: 0,
                state: State::default(),
            })
            .collect()
    }

    /// How many changes it made.
    pub(crate) fn made(&self) -> u64 {
        self.made
    }

    /// Takes note of its next change, as if it were acknowledged, and returns it.
    pub(crate) fn step(&mut self) -> Operation {
        let operation = self.choose();
        self.made += 1;
        self.state.changes += 1;
        self.state.apply(&operation);
        operation
    }

    fn choose(&mut self) -> Operation {
        let runner_id = self.subject.id;
        if self.state.runner.is_none() || self.random.one_in(25) {
            return Operation::PutRunner(self.runner());
        }
        let state = &self.state;
        let (classes, tokens) = (keys(&state.classes), keys(&state.tokens));
        let (scm, llm) = (keys(&state.scm), keys(&state.llm));
        match self.random.below(100) {
            0 => Operation::RemoveRunner(runner_id),
            1..=15 if !classes.is_empty() => {
                Operation::UpdateClass(self.random.pick(&classes), self.text())
            }
            16..=23 if !scm.is_empty() => Operation::DeleteScm(self.random.pick(&scm)),
            24..=30 if !scm.is_empty() => {
                let oauth = self.random.one_in(2);
                let deletions = TokenDeletions { oauth, pat: !oauth };
                Operation::UpdateScm(self.random.pick(&scm), deletions)
            }
            31..=35 if !tokens.is_empty() => Operation::DeleteToken(self.random.pick(&tokens)),
            36..=42 if !tokens.is_empty() => {
                Operation::UpdateToken(self.random.pick(&tokens), self.sealed())
            }
            43..=46 if !llm.is_empty() => Operation::DeleteLlm(self.random.pick(&llm)),
            47..=60 => Operation::CreateScm(self.scm()),
            61..=85 => Operation::CreateToken(self.token(&scm)),
            86..=90 => Operation::CreateLlm(self.llm()),
            _ => Operation::CreateClass(self.class()),
        }
    }

    /// Whether it made this change, and not as a consequence of another one.
    #[cfg(feature = "postgres")]
    pub(crate) fn made_itself(&self, change: &RecordedChange) -> bool {
        is_own(change) && change.by == Some(self.subject)
    }

    /// What the store holds of it, of which `changes` are on record.
    pub(crate) async fn look(&self, store: &impl Store, changes: u64) -> Result<State, StoreError> {
        State::read(store, self.subject.id, changes).await
    }

    /// Compares what the store holds with what was acknowledged. The change after that may be there too: then it is
    /// taken note of.
    pub(crate) fn compare(&mut self, found: &State) -> Result<(), String> {
        if *found == self.state {
            return Ok(());
        }
        let acknowledged = self.state.summary();
        let last = self.step();
        if *found == self.state {
            return Ok(());
        }
        Err(format!(
            "after {} changes there should be {acknowledged}, or {} after the next ({last:?}), but there is {}",
            self.made - 1,
            self.state.summary(),
            found.summary(),
        ))
    }

    // --- What it creates ---

    fn runner(&mut self) -> Runner {
        let schema = RunnerConfigurationSchema {
            version: self.text(),
            ..Default::default()
        };
        Runner {
            id: self.subject.id,
            name: format!("after {} changes", self.made),
            kind: RunnerKind::Remote,
            provider: RunnerProvider::AwsEc2,
            public_key: Some([self.made as u8; 32]),
            schema: Some(Encoded::new(&schema)),
        }
    }

    fn class(&mut self) -> EnvironmentClassRecord {
        let (id, runner_id) = (self.id(), self.subject.id);
        let message = EnvironmentClass {
            id: id.to_string(),
            runner_id: runner_id.to_string(),
            description: self.text(),
            enabled: self.random.one_in(2),
            ..Default::default()
        };
        EnvironmentClassRecord {
            id,
            runner_id,
            message,
            sealed_to: None,
        }
    }

    fn scm(&mut self) -> ScmIntegrationRecord {
        let (id, runner_id) = (self.id(), self.subject.id);
        let host = self.host();
        let oauth = ScmIntegrationOAuthConfig {
            client_id: self.text(),
            ..Default::default()
        };
        let message = ScmIntegration {
            id: id.to_string(),
            runner_id: runner_id.to_string(),
            host: host.into(),
            oauth: Some(oauth).filter(|_| self.random.one_in(2)),
            pat: self.random.one_in(2),
            ..Default::default()
        };
        let host = HostKey::from_normalized(host);
        ScmIntegrationRecord {
            id,
            runner_id,
            host,
            message,
            sealed_to: None,
        }
    }

    fn token(&mut self, integrations: &[Uuid]) -> HostAuthenticationTokenRecord {
        let (id, runner_id) = (self.id(), self.subject.id);
        let host = self.host();
        let names_integration = !integrations.is_empty() && self.random.one_in(2);
        HostAuthenticationTokenRecord {
            id,
            runner_id,
            // One of its own, so that no combination is taken.
            owner: SubjectKey::user(id),
            host: HostKey::from_normalized(host),
            integration_id: names_integration.then(|| self.random.pick(integrations)),
            message: HostAuthenticationToken {
                id: id.to_string(),
                host: host.into(),
                source: self.random.pick(&[Source::Oauth, Source::Pat]).into(),
                scopes: vec![self.text()],
                ..Default::default()
            },
            token: self.sealed(),
            refresh_token: Some(self.sealed()).filter(|_| self.random.one_in(2)),
        }
    }

    fn llm(&mut self) -> LlmIntegrationRecord {
        let (id, runner_id) = (self.id(), self.subject.id);
        let message = LlmIntegration {
            id: id.to_string(),
            endpoint: self.text(),
            ..Default::default()
        };
        LlmIntegrationRecord {
            id,
            runner_id,
            message,
            api_key_sealed_to: None,
            headers_sealed_to: None,
        }
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.random.next(), self.random.next())
    }

    /// Few, so that integrations and tokens share them.
    fn host(&mut self) -> &'static str {
        self.random.pick(&["github.com", "gitlab.com"])
    }

    fn sealed(&mut self) -> Sealed {
        Sealed {
            ciphertext: self.text().into_bytes(),
            key: KeyFingerprint([self.made as u8; 32]),
        }
    }

    /// Mostly short; sometimes so long that it takes several pages.
    fn text(&mut self) -> String {
        let longest = if self.random.one_in(10) { 12_000 } else { 300 };
        let length = self.random.below(longest);
        let word = format!("{:x} ", self.random.next());
        word.chars().cycle().take(length).collect()
    }
}

fn keys<V>(map: &BTreeMap<Uuid, V>) -> Vec<Uuid> {
    map.keys().copied().collect()
}

/// Lets the caller make changes until the store fails, or until it made `most`; tells of each that was acknowledged.
pub(crate) async fn work(
    store: &impl Store,
    mut caller: Caller,
    most: u64,
    acknowledged: impl Fn(u64),
) -> Caller {
    while caller.made < most {
        match try_change(store, &caller).await {
            Ok(next) => caller = next,
            Err(_) => break,
        }
        acknowledged(caller.made);
    }
    caller
}

/// Lets the caller make its next change; returns the caller after it.
pub(crate) async fn try_change(store: &impl Store, caller: &Caller) -> Result<Caller, StoreError> {
    let mut next = caller.clone();
    next.step().run(store, caller.subject).await?;
    Ok(next)
}

/// Opens the store as a restart does, and compares it with what the callers were told.
pub(crate) async fn check(file: &Path, callers: &mut [Caller]) -> Result<(), String> {
    let store = SqliteStore::open(file).map_err(|error| format!("cannot open: {error}"))?;
    compare_all(&store, callers).await?;
    store.close().await.map_err(|error| error.to_string())?;
    drop(store);
    check_integrity(file).map_err(|error| error.to_string())
}

/// Compares the store with what the callers were told.
pub(crate) async fn compare_all(store: &impl Store, callers: &mut [Caller]) -> Result<(), String> {
    let counts = count_changes(store)
        .await
        .map_err(|error| error.to_string())?;
    for caller in callers {
        let changes = counts.get(&caller.subject).copied().unwrap_or_default();
        let found = caller.look(store, changes).await;
        caller.compare(&found.map_err(|error| error.to_string())?)?;
    }
    Ok(())
}

async fn count_changes(store: &impl Store) -> Result<HashMap<SubjectKey, u64>, StoreError> {
    let mut counts = HashMap::new();
    let changes = store.changes(0, usize::MAX).await?;
    for change in changes.into_iter().filter(is_own) {
        *counts.entry(change.by.unwrap()).or_default() += 1;
    }
    Ok(counts)
}

/// Whether it is a change that a caller made, and not a consequence of one.
fn is_own(change: &RecordedChange) -> bool {
    change.outcome != Some(ChangeOutcome::DeletedAlong)
}

/// SQLite's own checks: the whole structure, and that what is referred to is there.
fn check_integrity(file: &Path) -> rusqlite::Result<()> {
    let connection = rusqlite::Connection::open(file)?;
    let finding: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    assert_eq!(finding, "ok");
    let dangling = connection.prepare("PRAGMA foreign_key_check")?.exists([])?;
    assert!(!dangling, "something refers to what is not there");
    Ok(())
}
