use runner_configuration::v1::{
    RunnerConfigurationSchema, ScmIntegration, ScmIntegrationOAuthConfig,
    UpdateScmIntegrationRequest, UpdateScmIntegrationResponse,
};
use runner_configuration::validate::{Field, Type};

use super::check::{self, Draft, Part, Wrong};
use super::{KIND, given_secret, no_integration, refuse_wrong};
use crate::authorize::{Action, Resource, authorize};
use crate::caller::Call;
use crate::error::{Error, Step};
use crate::service::{ID, Service, parse_id, schema};
use crate::store::{
    Form, KeyFingerprint, ScmIntegrationRecord, Sealed, Store, TokenDeletions, Updated,
};

pub(crate) async fn update<S: Store>(
    service: &Service<S>,
    call: &Call,
    mut request: UpdateScmIntegrationRequest,
) -> Result<UpdateScmIntegrationResponse, Error> {
    let secret = given_secret(request.oauth_plaintext_client_secret.take());
    let id = parse_id(&[Step::to(ID)], &request.id)?;
    authorize(call, Action::Update, Resource::every(KIND))
        .map_err(|denied| denied.hiding("change SCM integrations", no_integration(id)))?;

    let integration = service
        .store()
        .scm_integration(id, Form::Protobuf)
        .await?
        .ok_or_else(|| no_integration(id))?;
    let runner = service.runner(integration.runner_id).await?;
    let schema = schema(&runner)?;
    let mut patch = Patch::new(request, secret.is_some());
    // Tried out first, so that a wrong request is called wrong also where the runner has no key to seal with.
    refuse_wrong(
        &patch.try_out(&schema, integration.message.decode()?),
        update_field,
    )?;
    if let Some(secret) = secret.filter(|_| patch.sets_oauth()) {
        patch.secret = Some(service.seal(&runner, secret.as_bytes())?);
    }

    let change = service.change(call, "UpdateSCMIntegration");
    let updater = move |record: &mut ScmIntegrationRecord| patch.apply(&schema, record);
    match service
        .store()
        .update_scm_integration(change, id, updater)
        .await?
    {
        Updated::Done(_deleted_tokens) => Ok(UpdateScmIntegrationResponse {}),
        Updated::NotFound => Err(no_integration(id)),
        Updated::Refused(wrong) => {
            refuse_wrong(&wrong, update_field)?;
            Err(Error::Internal(
                "an update was refused for no reason".to_owned(),
            ))
        }
    }
}

/// What an update changes. `None` leaves things as they are.
struct Patch {
    request: UpdateScmIntegrationRequest,
    has_secret: bool,
    /// The new client secret; there once it is known that it will be needed.
    secret: Option<Sealed>,
}

impl Patch {
    const fn new(request: UpdateScmIntegrationRequest, has_secret: bool) -> Self {
        Self {
            request,
            has_secret,
            secret: None,
        }
    }

    /// An empty client id removes the OAuth configuration, whatever else is given for it.
    fn removes_oauth(&self) -> bool {
        self.request.oauth_client_id.as_deref() == Some("")
    }

    fn sets_oauth(&self) -> bool {
        !self.removes_oauth()
    }

    fn deletions(&self) -> TokenDeletions {
        TokenDeletions {
            oauth: self.removes_oauth(),
            pat: self.request.pat == Some(false),
        }
    }

    /// What would be wrong with this integration after the update.
    fn try_out(
        &self,
        schema: &RunnerConfigurationSchema,
        mut integration: ScmIntegration,
    ) -> Vec<Wrong> {
        self.change(&mut integration, &mut None);
        self.check(schema, &integration)
    }

    fn apply(
        &self,
        schema: &RunnerConfigurationSchema,
        record: &mut ScmIntegrationRecord,
    ) -> Result<TokenDeletions, Vec<Wrong>> {
        self.change(&mut record.message, &mut record.sealed_to);
        let wrong = self.check(schema, &record.message);
        if wrong.is_empty() {
            Ok(self.deletions())
        } else {
            Err(wrong)
        }
    }

    /// That the last way to authenticate is turned off is not wrong: turning it off is what takes the tokens away.
    fn check(
        &self,
        schema: &RunnerConfigurationSchema,
        integration: &ScmIntegration,
    ) -> Vec<Wrong> {
        let oauth = integration.oauth.as_ref();
        let stored_secret = oauth.is_some_and(|oauth| !oauth.encrypted_client_secret.is_empty());
        let draft = Draft {
            scm_id: &integration.scm_id,
            host: &integration.host,
            client_id: oauth.map_or("", |oauth| &oauth.client_id),
            has_client_secret: stored_secret || (self.has_secret && self.sets_oauth()),
            pat: integration.pat,
            issuer_url: oauth.map_or("", |oauth| &oauth.issuer_url),
            virtual_directory: integration.virtual_directory(),
        };
        check::check(schema, &draft)
    }

    fn change(&self, integration: &mut ScmIntegration, sealed_to: &mut Option<KeyFingerprint>) {
        let request = &self.request;
        if let Some(pat) = request.pat {
            integration.pat = pat;
        }
        if let Some(path) = &request.virtual_directory {
            integration.virtual_directory = Some(path.clone()).filter(|path| !path.is_empty());
        }
        if self.removes_oauth() {
            integration.oauth = None;
            *sealed_to = None;
        } else {
            self.change_oauth(&mut integration.oauth, sealed_to);
        }
    }

    fn change_oauth(
        &self,
        oauth: &mut Option<ScmIntegrationOAuthConfig>,
        sealed_to: &mut Option<KeyFingerprint>,
    ) {
        let request = &self.request;
        // Clearing an issuer URL must not make an OAuth configuration of its own.
        let issuer_url = request
            .issuer_url
            .as_ref()
            .filter(|url| oauth.is_some() || !url.is_empty());
        if request.oauth_client_id.is_none() && !self.has_secret && issuer_url.is_none() {
            return;
        }
        let oauth = oauth.get_or_insert_default();
        if let Some(client_id) = &request.oauth_client_id {
            oauth.client_id.clone_from(client_id);
        }
        if let Some(issuer_url) = issuer_url {
            oauth.issuer_url.clone_from(issuer_url);
        }
        if let Some(secret) = &self.secret {
            oauth.encrypted_client_secret.clone_from(&secret.ciphertext);
            *sealed_to = Some(secret.key);
        }
    }
}

fn update_field(part: Part) -> Option<Field> {
    Some(match part {
        // Not part of the request: they can't be changed.
        Part::ScmId | Part::Host => return None,
        Part::ClientId => Field::new(2, "oauth_client_id", Type::String),
        Part::ClientSecret => Field::new(3, "oauth_plaintext_client_secret", Type::String),
        Part::Pat => Field::new(4, "pat", Type::Bool),
        Part::IssuerUrl => Field::new(5, "issuer_url", Type::String),
        Part::VirtualDirectory => Field::new(6, "virtual_directory", Type::String),
    })
}
