//! Lists that come in pages, from a transport that has some.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

use std::sync::{Arc, Mutex};

use futures_util::{StreamExt as _, TryStreamExt as _};
use runner_configuration::v1::{
    EnvironmentClass, ListEnvironmentClassesRequest, ListEnvironmentClassesResponse,
    ListHostAuthenticationTokensResponse, ListLlmIntegrationsResponse, ListScmIntegrationsResponse,
    PaginationRequest, PaginationResponse,
};
use runner_configuration_client::rpc::{Transport, UnaryRequest, UnaryResponse};
use runner_configuration_client::{Client, Code, Error};

/// A list of classes: each page has its token, the token of the next, and ids.
type List = &'static [(&'static str, &'static str, &'static [&'static str])];

/// Answers with a list, and keeps what is asked for.
#[derive(Clone)]
struct Pages(List, Arc<Mutex<Vec<ListEnvironmentClassesRequest>>>);

fn next(token: &str) -> Option<PaginationResponse> {
    let next_token = token.to_owned();
    Some(PaginationResponse { next_token })
}

impl Transport for Pages {
    async fn unary(&self, request: UnaryRequest) -> Result<UnaryResponse, Error> {
        let request: ListEnvironmentClassesRequest = request.decode()?;
        self.1.lock().unwrap().push(request.clone());
        let token = request.pagination.unwrap_or_default().token;
        let Some((_, next_token, ids)) = self.0.iter().find(|(known, ..)| *known == token) else {
            return Err(Error::new(Code::InvalidArgument, "no such token"));
        };
        let class = |id: &&str| EnvironmentClass {
            id: (*id).to_owned(),
            ..Default::default()
        };
        UnaryResponse::encode(&ListEnvironmentClassesResponse {
            environment_classes: ids.iter().map(class).collect(),
            pagination: next(next_token),
        })
    }
}

/// The ids, then the error that ends them.
async fn listed(
    pages: &Pages,
    request: ListEnvironmentClassesRequest,
) -> (Vec<String>, Option<Error>) {
    let client = Client::builder().transport(pages.clone()).build().unwrap();
    let mut items = client.environment_classes().list(request).stream();
    let mut ids = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(class) => ids.push(class.id),
            Err(error) => {
                assert!(items.next().await.is_none(), "nothing comes after an error");
                return (ids, Some(error));
            }
        }
    }
    assert!(items.next().await.is_none());
    (ids, None)
}

#[tokio::test]
async fn items_come_page_after_page() {
    const CASES: [(List, &[&str]); 3] = [
        (&[("", "", &[])], &[]),
        (&[("", "", &["1", "2"])], &["1", "2"]),
        (
            &[("", "b", &["1"]), ("b", "c", &[]), ("c", "", &["2", "3"])],
            &["1", "2", "3"],
        ),
    ];
    for (pages, expected) in CASES {
        let pages = Pages(pages, Arc::default());
        let (ids, error) = listed(&pages, Default::default()).await;
        assert_eq!(ids, expected);
        assert!(error.is_none());
        assert_eq!(pages.1.lock().unwrap().len(), pages.0.len());
    }
}

#[tokio::test]
async fn all_else_of_the_request_is_the_same_for_each_page() {
    let pages = Pages(&[("b", "c", &["1"]), ("c", "", &["2"])], Arc::default());
    let page_size = 7;
    let request = ListEnvironmentClassesRequest {
        pagination: Some(PaginationRequest {
            token: "b".to_owned(),
            page_size,
        }),
        filter: Some(Default::default()),
    };
    let (ids, _) = listed(&pages, request.clone()).await;
    assert_eq!(ids, ["1", "2"]);
    let mut second = request.clone();
    second.pagination.as_mut().unwrap().token = "c".to_owned();
    assert_eq!(*pages.1.lock().unwrap(), [request, second]);
}

#[tokio::test]
async fn a_token_that_comes_again_ends_the_list_with_an_error() {
    const CASES: [(List, usize); 2] = [
        (&[("", "b", &["1"]), ("b", "b", &["2"])], 2),
        (
            &[("", "b", &["1"]), ("b", "c", &["2"]), ("c", "b", &["3"])],
            3,
        ),
    ];
    for (pages, expected) in CASES {
        let pages = Pages(pages, Arc::default());
        let (ids, error) = listed(&pages, Default::default()).await;
        assert_eq!(ids.len(), expected, "what came before counts");
        let error = error.unwrap();
        assert_eq!(error.code(), Code::Internal);
        assert!(!error.is_from_server() && error.message().contains("token"));
        assert_eq!(pages.1.lock().unwrap().len(), expected);
    }
}

#[tokio::test]
async fn a_failing_page_ends_the_list() {
    let pages = Pages(&[("", "gone", &["1"])], Arc::default());
    let (ids, error) = listed(&pages, Default::default()).await;
    assert_eq!(ids, ["1"]);
    assert!(error.unwrap().is_invalid_argument());
}

#[tokio::test]
async fn calls_are_made_when_pages_are_asked_for() {
    let pages = Pages(&[("", "b", &["1"]), ("b", "", &["2"])], Arc::default());
    let client = Client::builder().transport(pages.clone()).build().unwrap();
    let mut stream = client
        .environment_classes()
        .list(Default::default())
        .pages();
    let asked = || pages.1.lock().unwrap().len();
    assert_eq!(asked(), 0);
    let page = stream.next().await.unwrap().unwrap();
    assert_eq!((page.environment_classes.len(), asked()), (1, 1));
    let rest: Vec<_> = stream.by_ref().try_collect().await.unwrap();
    assert_eq!((rest.len(), asked()), (1, 2));
    assert!(stream.next().await.is_none());
    assert!(!format!("{stream:?}").is_empty());
}

/// Two pages with an item each, of whatever list.
struct Any;

impl Transport for Any {
    async fn unary(&self, request: UnaryRequest) -> Result<UnaryResponse, Error> {
        // All have the page in the same field.
        let asked: ListEnvironmentClassesRequest = request.decode()?;
        let is_first = asked.pagination.is_none();
        let pagination = next(if is_first { "b" } else { "" });
        let name = request.rpc().name();
        match name {
            "ListHostAuthenticationTokens" => {
                let tokens = vec![Default::default()];
                UnaryResponse::encode(&ListHostAuthenticationTokensResponse { tokens, pagination })
            }
            "ListSCMIntegrations" => {
                let integrations = vec![Default::default()];
                UnaryResponse::encode(&ListScmIntegrationsResponse {
                    integrations,
                    pagination,
                })
            }
            "ListLLMIntegrations" => {
                let integrations = vec![Default::default()];
                UnaryResponse::encode(&ListLlmIntegrationsResponse {
                    integrations,
                    pagination,
                    ..Default::default()
                })
            }
            name => Err(Error::new(Code::Unimplemented, name)),
        }
    }
}

#[tokio::test]
async fn every_list_has_pages() {
    let client = Client::builder().transport(Any).build().unwrap();
    let tokens = client.host_authentication_tokens().list(Default::default());
    assert_eq!(tokens.stream().count().await, 2);
    let scm = client.scm_integrations().list(Default::default());
    assert_eq!(scm.stream().count().await, 2);
    let llm = client.llm_integrations().list(Default::default());
    assert_eq!(llm.stream().count().await, 2);
}
