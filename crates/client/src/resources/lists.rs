//! How each list comes in pages.

use runner_configuration::v1::{
    EnvironmentClass, HostAuthenticationToken, ListEnvironmentClassesRequest,
    ListEnvironmentClassesResponse, ListHostAuthenticationTokensRequest,
    ListHostAuthenticationTokensResponse, ListLlmIntegrationsRequest, ListLlmIntegrationsResponse,
    ListScmIntegrationsRequest, ListScmIntegrationsResponse, LlmIntegration, ScmIntegration,
};

use crate::rpc::ListRequest;

macro_rules! lists {
    ($($request:ident, $response:ident, $field:ident: $item:ident;)*) => {
        $(impl ListRequest for $request {
            type Response = $response;
            type Item = $item;

            fn page_token(&self) -> &str {
                self.pagination.as_ref().map_or("", |pagination| &pagination.token)
            }

            fn set_page_token(&mut self, token: String) {
                self.pagination.get_or_insert_default().token = token;
            }

            fn next_page_token(page: &$response) -> &str {
                page.pagination.as_ref().map_or("", |pagination| &pagination.next_token)
            }

            fn into_items(page: $response) -> Vec<$item> {
                page.$field
            }
        })*
    };
}

lists! {
    ListEnvironmentClassesRequest, ListEnvironmentClassesResponse, environment_classes: EnvironmentClass;
    ListHostAuthenticationTokensRequest, ListHostAuthenticationTokensResponse, tokens: HostAuthenticationToken;
    ListLlmIntegrationsRequest, ListLlmIntegrationsResponse, integrations: LlmIntegration;
    ListScmIntegrationsRequest, ListScmIntegrationsResponse, integrations: ScmIntegration;
}
