use std::convert::Infallible;

use runner_configuration::v1::{
    UpdateHostAuthenticationTokenRequest, UpdateHostAuthenticationTokenResponse,
};
use runner_configuration::validate::{Field, Type};
use zeroize::Zeroizing;

use super::{check_expiry, check_scopes, no_token, reachable, seal_refresh_token};
use crate::authorize::Action;
use crate::caller::Call;
use crate::error::{Error, Step};
use crate::service::{ID, Service, parse_id};
use crate::store::{HostAuthenticationTokenRecord, Runner, Sealed, Store, Updated};

pub(crate) async fn update<S: Store>(
    service: &Service<S>,
    call: &Call,
    mut request: UpdateHostAuthenticationTokenRequest,
) -> Result<UpdateHostAuthenticationTokenResponse, Error> {
    let clear = ClearSecrets {
        token: request.token.take().map(Zeroizing::new),
        refresh_token: request.refresh_token.take().map(Zeroizing::new),
    };
    let id = parse_id(&[Step::to(ID)], &request.id)?;
    let token = reachable(service, call, Action::Update, id).await?;
    check_scopes(Field::new(8, "scopes", Type::String), &request.scopes)?;
    check_expiry(request.expires_at)?;
    let runner = service.runner(token.runner_id).await?;
    let sealed = clear.seal(service, &runner)?;

    let change = service.change(call, "UpdateHostAuthenticationToken");
    let updater = move |token: &mut HostAuthenticationTokenRecord| {
        sealed.apply(token);
        if request.expires_at.is_some() {
            token.message.expires_at = request.expires_at;
        }
        if !request.scopes.is_empty() {
            token.message.scopes.clone_from(&request.scopes);
        }
        Ok::<_, Infallible>(())
    };
    match service
        .store()
        .update_host_authentication_token(change, id, updater)
        .await?
    {
        Updated::Done(()) => Ok(UpdateHostAuthenticationTokenResponse {}),
        Updated::NotFound => Err(no_token(id)),
        Updated::Refused(never) => match never {},
    }
}

struct ClearSecrets {
    token: Option<Zeroizing<String>>,
    refresh_token: Option<Zeroizing<String>>,
}

/// What replaces the stored secrets; `None` leaves them as they are.
struct NewSecrets {
    token: Option<Sealed>,
    /// `Some(None)` removes it: an empty refresh token was sent.
    refresh_token: Option<Option<Sealed>>,
}

impl ClearSecrets {
    fn seal<S: Store>(self, service: &Service<S>, runner: &Runner) -> Result<NewSecrets, Error> {
        let token = self
            .token
            .map(|token| service.seal(runner, token.as_bytes()));
        let refresh_token = self
            .refresh_token
            .map(|token| seal_refresh_token(service, runner, &token));
        Ok(NewSecrets {
            token: token.transpose()?,
            refresh_token: refresh_token.transpose()?,
        })
    }
}

impl NewSecrets {
    fn apply(&self, record: &mut HostAuthenticationTokenRecord) {
        if let Some(token) = &self.token {
            record.token.clone_from(token);
        }
        if let Some(refresh_token) = &self.refresh_token {
            record.refresh_token.clone_from(refresh_token);
        }
    }
}
