//! The service: what its RPCs have in common, and which function answers which RPC.

use std::sync::Arc;

use runner_configuration::v1::RunnerConfigurationSchema;
use runner_configuration::validate::{Field, Type};
use uuid::Uuid;

use crate::caller::Call;
use crate::clock::{Clock, SystemClock};
use crate::error::{Error, Step};
use crate::ids::Ids;
use crate::randomness::{Randomness, SystemRandomness};
use crate::seal::PublicKey;
use crate::store::{Change, Runner, Sealed, Store};

/// The reference implementation of the contract, over a [`Store`].
///
/// It implements the generated trait of `runner-configuration-server`, whose layers have authenticated the caller and
/// validated the message before a function here runs. What is left for each RPC is in the file of its resource:
/// authorisation, then the RPC's own conditions, then one change of the store.
pub struct Service<S> {
    store: Arc<S>,
    clock: Box<dyn Clock>,
    randomness: Box<dyn Randomness>,
    ids: Ids,
}

impl<S: Store> Service<S> {
    /// The service over this store, with the machine's clock and randomness.
    pub fn new(store: Arc<S>) -> Self {
        Self::with(store, SystemClock, SystemRandomness)
    }

    /// The service with a clock and randomness of the caller's choice.
    pub fn with(store: Arc<S>, clock: impl Clock, randomness: impl Randomness) -> Self {
        Self {
            store,
            clock: Box::new(clock),
            randomness: Box::new(randomness),
            ids: Ids::default(),
        }
    }

    /// Where everything is kept.
    pub(crate) fn store(&self) -> &S {
        &self.store
    }

    /// The id of a new object.
    pub(crate) fn new_id(&self) -> Result<Uuid, Error> {
        Ok(self.ids.next(&*self.clock, &*self.randomness)?)
    }

    /// What the store keeps about a change that this caller makes through `rpc`.
    pub(crate) fn change(&self, call: &Call, rpc: &'static str) -> Change {
        let change = Change::by(call.caller.subject, rpc, self.clock.now());
        match &call.request_id {
            Some(id) => change.in_request(id.as_str()),
            None => change,
        }
    }

    /// The runner with this id.
    ///
    /// # Errors
    ///
    /// `not_found`.
    pub(crate) async fn runner(&self, id: Uuid) -> Result<Runner, Error> {
        self.store.runner(id).await?.ok_or_else(|| no_runner(id))
    }

    /// Seals a secret to the runner's key.
    ///
    /// # Errors
    ///
    /// `failed_precondition` where the runner has no key yet.
    pub(crate) fn seal(&self, runner: &Runner, secret: &[u8]) -> Result<Sealed, Error> {
        let key = runner.public_key.ok_or(Error::NoPublicKey(runner.id))?;
        let key = PublicKey::new(&key)
            .map_err(|error| Error::Internal(format!("key of runner {}: {error}", runner.id)))?;
        Ok(key.seal(&*self.randomness, secret)?)
    }
}

/// The schema that the runner registered last.
///
/// # Errors
///
/// `failed_precondition` where it has registered none.
pub(crate) fn schema(runner: &Runner) -> Result<RunnerConfigurationSchema, Error> {
    let schema = runner.schema.as_ref().ok_or(Error::NoSchema(runner.id))?;
    Ok(schema.decode()?)
}

/// That there is no runner with this id.
pub(crate) const fn no_runner(id: Uuid) -> Error {
    Error::NotFound { kind: "runner", id }
}

/// `runner_id` of the requests that have it as their first field.
pub(crate) const RUNNER_ID: Field = Field::new(1, "runner_id", Type::String);
/// `id` of the requests that have it as their first field.
pub(crate) const ID: Field = Field::new(1, "id", Type::String);

/// Reads an id. The layers have checked it already, save where the contract switches validation off.
///
/// # Errors
///
/// `invalid_argument`.
pub(crate) fn parse_id(path: &[Step], text: &str) -> Result<Uuid, Error> {
    // `Uuid` reads other spellings, too; only one has 36 characters.
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| Error::invalid(path, "string.uuid", "must be a valid UUID"))
}

/// Reads the ids of a filter.
pub(crate) fn parse_ids(filter: Field, list: Field, ids: &[String]) -> Result<Vec<Uuid>, Error> {
    let parse = |(index, id): (usize, &String)| {
        parse_id(&[Step::to(filter), Step::into_element(list, index)], id)
    };
    ids.iter().enumerate().map(parse).collect()
}
