//! What the store has to hold of a caller.

use std::collections::BTreeMap;

use runner_configuration::v1::HostAuthenticationTokenSource as Source;
use runner_configuration::v1::*;
use runner_configuration_service::store::*;
use uuid::Uuid;

use super::operation::Operation;

/// The runner, its objects, and how many changes are on record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(super) runner: Option<Runner>,
    pub(super) classes: BTreeMap<Uuid, EnvironmentClass>,
    pub(super) tokens: BTreeMap<Uuid, HostAuthenticationTokenRecord>,
    pub(super) scm: BTreeMap<Uuid, ScmIntegration>,
    pub(super) llm: BTreeMap<Uuid, LlmIntegration>,
    pub(super) changes: u64,
}

impl State {
    pub(super) fn apply(&mut self, operation: &Operation) {
        match operation.clone() {
            Operation::PutRunner(runner) => self.runner = Some(runner),
            Operation::RemoveRunner(_) => {
                *self = Self {
                    changes: self.changes,
                    ..Self::default()
                };
            }
            Operation::CreateClass(class) => drop(self.classes.insert(class.id, class.message)),
            Operation::UpdateClass(id, text) => {
                self.classes.get_mut(&id).unwrap().description = text;
            }
            Operation::CreateScm(scm) => drop(self.scm.insert(scm.id, scm.message)),
            Operation::UpdateScm(id, deletions) => {
                let scm = self.scm.get_mut(&id).unwrap();
                withdraw(scm, deletions);
                let host = scm.host.clone();
                self.tokens.retain(|_, token| {
                    let deleted = match token.message.source() {
                        Source::Oauth => deletions.oauth,
                        _ => deletions.pat,
                    };
                    !(deleted && token.message.host == host)
                });
            }
            Operation::DeleteScm(id) => {
                let deleted = self.scm.remove(&id).unwrap();
                let others: Vec<_> = self
                    .scm
                    .values()
                    .filter(|scm| scm.host == deleted.host)
                    .collect();
                let oauth = others.iter().any(|scm| scm.oauth.is_some());
                let pat = others.iter().any(|scm| scm.pat);
                self.tokens.retain(|_, token| match token.integration_id {
                    Some(integration) => integration != id,
                    None if token.message.host != deleted.host => true,
                    None => match token.message.source() {
                        Source::Oauth => oauth,
                        _ => pat,
                    },
                });
            }
            Operation::CreateToken(token) => drop(self.tokens.insert(token.id, token)),
            Operation::UpdateToken(id, sealed) => {
                self.tokens.get_mut(&id).unwrap().token = sealed;
            }
            Operation::DeleteToken(id) => drop(self.tokens.remove(&id)),
            Operation::CreateLlm(llm) => drop(self.llm.insert(llm.id, llm.message)),
            Operation::DeleteLlm(id) => drop(self.llm.remove(&id)),
        }
    }

    pub(super) async fn read(
        store: &impl Store,
        runner_id: Uuid,
        changes: u64,
    ) -> Result<Self, StoreError> {
        const ALL: PageRequest = PageRequest {
            after: None,
            limit: usize::MAX,
            form: Form::Protobuf,
        };
        let runner_ids = vec![runner_id];
        let filter = EnvironmentClassFilter {
            runner_ids: runner_ids.clone(),
            ..Default::default()
        };
        let classes = store.environment_classes(filter, ALL).await?.decode()?;
        let filter = RunnerFilter { runner_ids };
        let scm = store
            .scm_integrations(filter.clone(), ALL)
            .await?
            .decode()?;
        let llm = store.llm_integrations(filter, ALL).await?.decode()?;
        let filter = HostAuthenticationTokenFilter {
            runner_id: Some(runner_id),
            ..Default::default()
        };
        let mut tokens = BTreeMap::new();
        for token in store
            .host_authentication_tokens(filter, ALL)
            .await?
            .decode()?
        {
            let id = token.id.parse().unwrap();
            let record = store.host_authentication_token_record(id).await?;
            tokens.extend(record.map(|record| (id, record)));
        }
        Ok(Self {
            runner: store.runner(runner_id).await?,
            classes: classes
                .into_iter()
                .map(|it| (it.id.parse().unwrap(), it))
                .collect(),
            tokens,
            scm: scm
                .into_iter()
                .map(|it| (it.id.parse().unwrap(), it))
                .collect(),
            llm: llm
                .into_iter()
                .map(|it| (it.id.parse().unwrap(), it))
                .collect(),
            changes,
        })
    }

    pub(super) fn summary(&self) -> String {
        format!(
            "runner {:?}, {} classes, {} tokens, {} SCM and {} LLM integrations, {} changes",
            self.runner.as_ref().map(|runner| &runner.name),
            self.classes.len(),
            self.tokens.len(),
            self.scm.len(),
            self.llm.len(),
            self.changes,
        )
    }
}

/// Makes an integration offer less.
pub(super) fn withdraw(scm: &mut ScmIntegration, deletions: TokenDeletions) {
    if deletions.oauth {
        scm.oauth = None;
    }
    if deletions.pat {
        scm.pat = false;
    }
}
