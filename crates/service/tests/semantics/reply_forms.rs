//! Replies that are put together from stored messages are, byte by byte, what would be made of the decoded reply.

use runner_configuration::v1::*;
use runner_configuration_server::RunnerConfigurationService as _;
use runner_configuration_server::rpc::{Codec, Context, Protocol};

use crate::support::requests::*;
use crate::support::{ADMIN, RUNNER, World, arrive, call};

/// Calls an RPC in both codecs.
macro_rules! check {
    ($world:expr, $rpc:ident, $request:expr) => {{
        let reply = async |codec| {
            let mut request = arrive(ADMIN, $request).unwrap();
            let context = Context::new(Protocol::Connect(codec));
            request.extensions_mut().insert(context);
            $world.service.$rpc(request).await.unwrap()
        };
        let (binary, text) = (reply(Codec::Proto).await, reply(Codec::Json).await);
        let encoded = binary.binary().unwrap().to_vec();
        let json = String::from_utf8(text.text().unwrap().to_vec()).unwrap();
        let message = binary.into_message().unwrap();
        assert_eq!(prost::Message::encode_to_vec(&message), encoded);
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(text.into_message().unwrap(), message);
        message
    }};
}

#[tokio::test]
async fn both_codecs_get_what_is_stored() {
    let world = World::new().await;
    let (mut class, mut token, mut scm, mut llm) = Default::default();
    for number in 0..3 {
        let request = CreateEnvironmentClassRequest {
            description: format!("{number}: \"\\\u{1}\u{2028}é𝄞"),
            ..create_class()
        };
        class = call!(world.service, ADMIN, create_environment_class, request)
            .unwrap()
            .id;
        let request = CreateHostAuthenticationTokenRequest {
            host: format!("{number}.example"),
            ..create_token()
        };
        let created = call!(
            world.service,
            ADMIN,
            create_host_authentication_token,
            request
        );
        token = created.unwrap().token.unwrap().id;
        scm = call!(world.service, ADMIN, create_scm_integration, create_scm())
            .unwrap()
            .id;
        llm = call!(world.service, ADMIN, create_llm_integration, create_llm())
            .unwrap()
            .id;
    }
    let environment_class_id = class;
    let request = GetEnvironmentClassRequest {
        environment_class_id,
    };
    check!(world, get_environment_class, request.clone());
    let request = GetHostAuthenticationTokenRequest { id: token };
    check!(world, get_host_authentication_token, request.clone());
    let request = GetScmIntegrationRequest { id: scm };
    check!(world, get_scm_integration, request.clone());
    let request = GetLlmIntegrationRequest { id: llm };
    check!(world, get_llm_integration, request.clone());

    for (size, listed) in [(1, 1), (2, 2), (100, 3)] {
        let pagination = page(size, "");
        let request = ListEnvironmentClassesRequest {
            pagination: pagination.clone(),
            ..Default::default()
        };
        let reply = check!(world, list_environment_classes, request.clone());
        assert_eq!(reply.environment_classes.len(), listed);
        let request = ListHostAuthenticationTokensRequest {
            pagination: pagination.clone(),
            ..Default::default()
        };
        let reply = check!(world, list_host_authentication_tokens, request.clone());
        assert_eq!(reply.tokens.len(), listed);
        let request = ListScmIntegrationsRequest {
            pagination: pagination.clone(),
            ..Default::default()
        };
        let reply = check!(world, list_scm_integrations, request.clone());
        assert_eq!(reply.integrations.len(), listed);
        let request = ListLlmIntegrationsRequest {
            pagination,
            filter: Some(list_llm_integrations_request::Filter {
                runner_ids: vec![RUNNER.to_string()],
            }),
        };
        let reply = check!(world, list_llm_integrations, request.clone());
        assert_eq!(reply.integrations.len(), listed);
    }
}
