use std::fmt::Display;
use std::future::Future;

use http::HeaderMap;
use tonic::Status;

/// Who calls: turns a request's headers into a caller, once per call and before the body is read.
///
/// The caller is put into the extensions of the [`tonic::Request`] that the implementation gets:
///
/// ```
/// use runner_configuration_server::rpc::Authenticate;
///
/// struct OneKey(&'static str);
///
/// #[derive(Clone)]
/// struct Admin;
///
/// impl Authenticate for OneKey {
///     type Caller = Admin;
///
///     async fn authenticate(&self, headers: &http::HeaderMap) -> Result<Admin, tonic::Status> {
///         // A real implementation compares hashes, in constant time.
///         match headers.get(http::header::AUTHORIZATION) {
///             Some(value) if *value == format!("Bearer {}", self.0) => Ok(Admin),
///             _ => Err(tonic::Status::unauthenticated("a valid API key is needed")),
///         }
///     }
/// }
///
/// fn caller<T>(request: &tonic::Request<T>) -> Option<&Admin> {
///     request.extensions().get()
/// }
/// ```
pub trait Authenticate: Send + Sync + 'static {
    /// What is known of a caller.
    type Caller: Clone + Send + Sync + 'static;

    /// Whether replies may be stored by caches; `false` for all that depend on who asks.
    const CACHEABLE: bool = false;

    /// As whom a caller is limited in how many calls it makes ([`Options::rate`](super::Options::rate)): those with the
    /// same number share a limit. `None`: it is not limited.
    fn limited_as(_caller: &Self::Caller) -> Option<u128> {
        None
    }

    /// Who a caller is, for the `subject` of its calls' spans. Nothing that is secret. Default: none.
    fn subject(_caller: &Self::Caller) -> Option<&dyn Display> {
        None
    }

    /// Finds out who calls.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, with the same text for every cause; or `unavailable` where it can't be told now.
    fn authenticate(
        &self,
        headers: &HeaderMap,
    ) -> impl Future<Output = Result<Self::Caller, Status>> + Send;
}

/// No authentication: every caller is `()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl Authenticate for Anonymous {
    type Caller = ();

    const CACHEABLE: bool = true;

    async fn authenticate(&self, _headers: &HeaderMap) -> Result<(), Status> {
        Ok(())
    }
}
