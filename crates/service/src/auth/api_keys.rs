use std::fmt::{self, Display};
use std::sync::Arc;

use http::HeaderMap;
use runner_configuration_server::Authenticate;

use super::{bearer_key, recent};
use crate::caller::Caller;
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::store::Store;

/// Accepts the API keys of a store. Each call looks there, so that a key that is made, revoked or replaced counts from
/// the next call on, in every process.
pub struct ApiKeys<S> {
    store: Arc<S>,
    clock: Box<dyn Clock>,
}

impl<S: Store> ApiKeys<S> {
    /// Accepts the keys of this store, by the machine's clock.
    pub fn new(store: Arc<S>) -> Self {
        Self::with(store, SystemClock)
    }

    /// Accepts the keys of this store that have not expired by this clock.
    pub fn with(store: Arc<S>, clock: impl Clock) -> Self {
        Self {
            store,
            clock: Box::new(clock),
        }
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Error> {
        let given = bearer_key(headers).ok_or(Error::Unauthenticated)?;
        let hash = recent::hash_of(given);
        let key = self.store.api_key(hash).await?;
        let key = key.filter(|key| key.counts_at(self.clock.now()));
        Ok(key.ok_or(Error::Unauthenticated)?.caller())
    }
}

impl<S: Store> Authenticate for ApiKeys<S> {
    type Caller = Caller;

    fn limited_as(caller: &Caller) -> Option<u128> {
        Some(caller.number())
    }

    fn subject(caller: &Caller) -> Option<&dyn Display> {
        Some(&caller.subject)
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, tonic::Status> {
        Ok(self.caller(headers).await?)
    }
}

impl<S> fmt::Debug for ApiKeys<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeys")
    }
}
