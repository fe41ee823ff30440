//! The changes that callers make.

use std::time::SystemTime;

use runner_configuration_service::store::*;
use uuid::Uuid;

use super::state::withdraw;

/// A change.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    PutRunner(Runner),
    RemoveRunner(Uuid),
    CreateClass(EnvironmentClassRecord),
    UpdateClass(Uuid, String),
    CreateScm(ScmIntegrationRecord),
    /// Offers no OAuth any more, or no PAT, and loses those tokens.
    UpdateScm(Uuid, TokenDeletions),
    DeleteScm(Uuid),
    CreateToken(HostAuthenticationTokenRecord),
    UpdateToken(Uuid, Sealed),
    DeleteToken(Uuid),
    CreateLlm(LlmIntegrationRecord),
    DeleteLlm(Uuid),
}

impl Operation {
    /// Makes the change; whatever it returns, other than an error, is as it should be.
    pub(super) async fn run(self, store: &impl Store, by: SubjectKey) -> Result<(), StoreError> {
        let change = Change::by(by, "crash test", SystemTime::UNIX_EPOCH);
        match self {
            Self::PutRunner(runner) => {
                let put = store.put_runner(change, runner).await?;
                assert_ne!(put, RunnerPut::Unchanged);
            }
            Self::RemoveRunner(id) => {
                let removed = store.remove_runner(change, id, true).await?;
                assert!(matches!(removed, RunnerRemoved::Done(_)));
            }
            Self::CreateClass(class) => {
                assert_eq!(
                    store.create_environment_class(change, class).await?,
                    Created::Done
                );
            }
            Self::UpdateClass(id, text) => {
                let update = move |class: &mut EnvironmentClassRecord| {
                    class.message.description.clone_from(&text);
                    Ok::<_, ()>(())
                };
                let updated = store.update_environment_class(change, id, update).await?;
                assert_eq!(updated, Updated::Done(()));
            }
            Self::CreateScm(scm) => {
                assert_eq!(
                    store.create_scm_integration(change, scm).await?,
                    Created::Done
                );
            }
            Self::UpdateScm(id, deletions) => {
                let update = move |scm: &mut ScmIntegrationRecord| {
                    withdraw(&mut scm.message, deletions);
                    Ok::<_, ()>(deletions)
                };
                let updated = store.update_scm_integration(change, id, update).await?;
                assert!(matches!(updated, Updated::Done(_)));
            }
            Self::DeleteScm(id) => {
                assert!(store.delete_scm_integration(change, id).await?.is_some());
            }
            Self::CreateToken(token) => {
                let created = store
                    .create_host_authentication_token(change, token)
                    .await?;
                assert_eq!(created, TokenCreated::Done);
            }
            Self::UpdateToken(id, sealed) => {
                let update = move |token: &mut HostAuthenticationTokenRecord| {
                    token.token = sealed.clone();
                    Ok::<_, ()>(())
                };
                let updated = store
                    .update_host_authentication_token(change, id, update)
                    .await?;
                assert_eq!(updated, Updated::Done(()));
            }
            Self::DeleteToken(id) => {
                assert!(
                    store
                        .delete_host_authentication_token(change, id, None)
                        .await?
                );
            }
            Self::CreateLlm(llm) => {
                assert_eq!(
                    store.create_llm_integration(change, llm).await?,
                    Created::Done
                );
            }
            Self::DeleteLlm(id) => {
                let deleted = store.delete_llm_integration(change, id, true).await?;
                assert_eq!(deleted, LlmIntegrationDeleted::Done);
            }
        }
        Ok(())
    }
}
