use runner_configuration::v1::{
    CreateHostAuthenticationTokenRequest, CreateHostAuthenticationTokenResponse,
    DeleteHostAuthenticationTokenRequest, DeleteHostAuthenticationTokenResponse,
    GetHostAuthenticationTokenRequest, GetHostAuthenticationTokenResponse,
    ListHostAuthenticationTokensRequest, ListHostAuthenticationTokensResponse,
    UpdateHostAuthenticationTokenRequest, UpdateHostAuthenticationTokenResponse,
};

use crate::RunnerConfigurationServiceClient;
use crate::rpc::Call;

/// Credentials of users for source code hosts. Their secret parts are never given back.
///
/// ```no_run
/// use runner_configuration::v1::{CreateHostAuthenticationTokenRequest, HostAuthenticationTokenSource};
///
/// # async fn example(client: runner_configuration_client::Client, runner_id: String, token: String) -> Result<(), runner_configuration_client::Error> {
/// let created = client
///     .host_authentication_tokens()
///     .create(CreateHostAuthenticationTokenRequest {
///         runner_id,
///         host: "github.com".to_owned(),
///         token,
///         source: HostAuthenticationTokenSource::Pat.into(),
///         ..Default::default()
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HostAuthenticationTokens {
    rpcs: RunnerConfigurationServiceClient,
}

impl HostAuthenticationTokens {
    pub(crate) fn new(rpcs: RunnerConfigurationServiceClient) -> Self {
        Self { rpcs }
    }

    /// Stores a credential for a host, on one runner and for one subject, which is the caller unless the request names
    /// another.
    ///
    /// # Errors
    ///
    /// `already_exists` where the subject has one for this runner and host; `failed_precondition` where the runner has
    /// no public key yet; `permission_denied` for somebody else's.
    ///
    /// ```
    /// use runner_configuration::v1::{CreateHostAuthenticationTokenRequest, HostAuthenticationTokenSource};
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&CreateHostAuthenticationTokenResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let request = CreateHostAuthenticationTokenRequest {
    ///     runner_id: "d2c94c27-3b76-4a42-b88c-95a85e392c68".to_owned(),
    ///     host: "github.com".to_owned(),
    ///     token: "the user's personal access token".to_owned(),
    ///     source: HostAuthenticationTokenSource::Pat.into(),
    ///     ..Default::default()
    /// };
    /// let created = client.host_authentication_tokens().create(request).await?;
    /// println!("{:?}", created.token);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create(
        &self,
        request: CreateHostAuthenticationTokenRequest,
    ) -> Call<CreateHostAuthenticationTokenRequest, CreateHostAuthenticationTokenResponse> {
        self.rpcs.create_host_authentication_token(request)
    }

    /// One token, without its secret parts.
    ///
    /// # Errors
    ///
    /// `not_found`, also for somebody else's.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetHostAuthenticationTokenResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let reply = client.host_authentication_tokens().get("01a2030c-8687-7056-bf7e-1d23e169548b").await?;
    /// println!("{:?}", reply.token);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(
        &self,
        id: impl Into<String>,
    ) -> Call<GetHostAuthenticationTokenRequest, GetHostAuthenticationTokenResponse> {
        let id = id.into();
        self.rpcs
            .get_host_authentication_token(GetHostAuthenticationTokenRequest { id })
    }

    /// A page of tokens, without their secret parts.
    ///
    /// # Errors
    ///
    /// `invalid_argument` for a wrong page size or token.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListHostAuthenticationTokensResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// for token in client.host_authentication_tokens().list(Default::default()).await?.tokens {
    ///     println!("{} {:?}", token.host, token.expires_at);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(
        &self,
        request: ListHostAuthenticationTokensRequest,
    ) -> Call<ListHostAuthenticationTokensRequest, ListHostAuthenticationTokensResponse> {
        self.rpcs.list_host_authentication_tokens(request)
    }

    /// Changes the fields that the request has.
    ///
    /// # Errors
    ///
    /// `not_found`, also for somebody else's; `invalid_argument`; `failed_precondition`.
    ///
    /// ```
    /// use runner_configuration::v1::UpdateHostAuthenticationTokenRequest;
    ///
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&UpdateHostAuthenticationTokenResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let request = UpdateHostAuthenticationTokenRequest {
    ///     id: "01a2030c-8687-7056-bf7e-1d23e169548b".to_owned(),
    ///     scopes: vec!["repo".to_owned()],
    ///     ..Default::default()
    /// };
    /// client.host_authentication_tokens().update(request).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(
        &self,
        request: UpdateHostAuthenticationTokenRequest,
    ) -> Call<UpdateHostAuthenticationTokenRequest, UpdateHostAuthenticationTokenResponse> {
        self.rpcs.update_host_authentication_token(request)
    }

    /// Deletes a token. The credential is not revoked at its host.
    ///
    /// # Errors
    ///
    /// `not_found`, which may be taken as success.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&DeleteHostAuthenticationTokenResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// client.host_authentication_tokens().delete("01a2030c-8687-7056-bf7e-1d23e169548b").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(
        &self,
        id: impl Into<String>,
    ) -> Call<DeleteHostAuthenticationTokenRequest, DeleteHostAuthenticationTokenResponse> {
        let id = id.into();
        self.rpcs
            .delete_host_authentication_token(DeleteHostAuthenticationTokenRequest { id })
    }
}
