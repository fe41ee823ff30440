//! axum's router and extractors with hand-derived serde structs: JSON alone.

use axum::routing::post;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use benches_common::Failure;
use benches_common::serde_structs::{
    CreateRequest, CreateResponse, GetRequest, GetResponse, ListRequest, ListResponse,
    ValidateRequest, ValidateResponse,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use benches_common::server::Arguments;

const SERVICE: &str = "/gitpod.v1.RunnerConfigurationService";

/// A reply, for as long as the program runs: it is written from where it is.
fn reply<T: DeserializeOwned>(arguments: &Arguments, name: &str) -> Result<&'static T, Failure> {
    let text = arguments.reply(&format!("{name}.json"))?;
    Ok(Box::leak(Box::new(serde_json::from_slice(&text)?)))
}

fn rpc<T: Serialize + Sync>(reply: &'static T) -> Json<&'static T> {
    Json(reply)
}

pub(crate) async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let get: &GetResponse = reply(&arguments, "get")?;
    let pages: [&ListResponse; 2] = [
        reply(&arguments, "list-25")?,
        reply(&arguments, "list-100")?,
    ];
    let create: &CreateResponse = reply(&arguments, "create")?;
    let validate: &ValidateResponse = reply(&arguments, "validate")?;
    let list = move |Json(request): Json<ListRequest>| async move {
        let size = request.pagination.map_or(0, |page| page.page_size);
        rpc(pages[usize::from(size == 100)])
    };
    let router = Router::new()
        .route(
            &format!("{SERVICE}/GetEnvironmentClass"),
            post(move |Json(_): Json<GetRequest>| async move { rpc(get) }),
        )
        .route(&format!("{SERVICE}/ListEnvironmentClasses"), post(list))
        .route(
            &format!("{SERVICE}/CreateEnvironmentClass"),
            post(move |Json(_): Json<CreateRequest>| async move { rpc(create) }),
        )
        .route(
            &format!("{SERVICE}/ValidateRunnerConfiguration"),
            post(move |Json(_): Json<ValidateRequest>| async move { rpc(validate) }),
        );
    let listener = arguments.listen().await?.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}
