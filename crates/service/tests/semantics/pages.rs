//! Semantics common to all RPCs: pages.

use runner_configuration::v1::*;
use tonic::Status;
use uuid::Uuid;

use crate::support::requests::*;
use crate::support::*;

/// `page_size` 0 or unset → 25; at most 100; `next_token` empty = last page.
#[tokio::test]
async fn page_size_0_or_unset_is_25_at_most_100() {
    let world = World::new().await;
    let created = create_101_of_each(&world).await;

    for list in Listed::ALL {
        for pagination in [None, page(0, "")] {
            let (ids, next) = list.page(&world, pagination).await.unwrap();
            assert_eq!(ids.len(), 25);
            assert_ne!(next, "");
        }
        let (all, next) = list.page(&world, page(100, "")).await.unwrap();
        assert_eq!(all.len(), 100);
        let (rest, last) = list.page(&world, page(1, &next)).await.unwrap();
        assert_eq!(
            (rest.len(), last.as_str()),
            (1, ""),
            "{list:?} ends with its last object"
        );
        assert_eq!(
            [all, rest].concat(),
            created[list as usize],
            "{list:?} in the order of creation"
        );
    }
}

/// `page_size` > 100, or a page token that this query did not issue → `invalid_argument`.
#[tokio::test]
async fn page_size_over_100_or_a_page_token_that_this_query_did_not_issue() {
    let world = World::new().await;
    for list in Listed::ALL {
        for size in [101, -1, i32::MAX] {
            list.page(&world, page(size, ""))
                .await
                .refused_for(list.request(), &["pagination.page_size"]);
        }
        for token in ["x", "bm90IGEgdG9rZW4", "ä", "0"] {
            let reply = list.page(&world, page(0, token)).await;
            reply.refused_for(list.request(), &["pagination.token"]);
        }
    }
}

/// A page token belongs to its RPC and filter: with another filter → `invalid_argument`. `page_size` may change between
/// pages; the token works on every replica; authorisation is applied anew on each page.
#[tokio::test]
async fn a_page_token_belongs_to_its_rpc_and_filter() {
    let world = World::new().await;
    create_101_of_each(&world).await;
    let tokens = async |list: Listed| list.page(&world, page(10, "")).await.unwrap().1;

    for list in Listed::ALL {
        for other in Listed::ALL {
            let reply = list.page(&world, page(0, &tokens(other).await)).await;
            if list == other {
                assert_eq!(reply.unwrap().0.len(), 25, "another size goes on");
            } else {
                reply.refused_for(list.request(), &["pagination.token"]);
            }
        }
    }

    let filtered = |runner_ids: &[Uuid], token: &str| ListEnvironmentClassesRequest {
        pagination: page(10, token),
        filter: Some(list_environment_classes_request::Filter {
            runner_ids: runner_ids
                .iter()
                .map(|id| id.to_string().to_uppercase())
                .collect(),
            ..Default::default()
        }),
    };
    let service = &world.service;
    let request = filtered(&[RUNNER, OTHER_RUNNER], "");
    let first = call!(service, ADMIN, list_environment_classes, request).unwrap();
    let token = first.pagination.unwrap().next_token;
    let request = filtered(&[RUNNER], &token);
    call!(service, ADMIN, list_environment_classes, request)
        .refused_for("ListEnvironmentClassesRequest", &["pagination.token"]);
    let same = filtered(&[OTHER_RUNNER, RUNNER, RUNNER], &token);
    assert!(call!(service, ADMIN, list_environment_classes, same.clone()).is_ok());
    assert!(call!(world.replica(), ADMIN, list_environment_classes, same).is_ok());

    let none = ListEnvironmentClassesRequest {
        pagination: page(10, ""),
        filter: None,
    };
    let first = call!(service, ADMIN, list_environment_classes, none).unwrap();
    let empty_filter = filtered(&[], &first.pagination.unwrap().next_token);
    assert!(call!(service, ADMIN, list_environment_classes, empty_filter).is_ok());
}

/// …: authorisation is applied anew on each page.
#[tokio::test]
async fn a_page_token_gives_no_permission() {
    let world = World::new().await;
    create_101_of_each(&world).await;
    let own = world.create_token(create_token_for(USER.subject.id)).await;
    let request = |size, token: &str| ListHostAuthenticationTokensRequest {
        pagination: page(size, token),
        filter: None,
    };

    let service = &world.service;
    let first = call!(
        service,
        ADMIN,
        list_host_authentication_tokens,
        request(1, "")
    )
    .unwrap();
    let request = request(100, &first.pagination.unwrap().next_token);
    let reply = call!(service, USER, list_host_authentication_tokens, request).unwrap();
    assert_eq!(
        reply
            .tokens
            .iter()
            .map(|token| &token.id)
            .collect::<Vec<_>>(),
        [&own]
    );
}

/// Ids are UUIDv7, lists are in id order, which is creation order.
#[tokio::test]
async fn ids_are_uuidv7_lists_are_in_id_order() {
    let world = World::new().await;
    for list in create_101_of_each(&world).await {
        assert!(list.is_sorted(), "the clock of the test stands still");
        for id in list {
            assert_eq!(Uuid::parse_str(&id).unwrap().get_version_num(), 7);
        }
    }
}

/// The four lists.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Listed {
    Classes,
    Tokens,
    Scm,
    Llm,
}

impl Listed {
    const ALL: [Self; 4] = [Self::Classes, Self::Tokens, Self::Scm, Self::Llm];

    fn request(self) -> &'static str {
        match self {
            Self::Classes => "ListEnvironmentClassesRequest",
            Self::Tokens => "ListHostAuthenticationTokensRequest",
            Self::Scm => "ListSCMIntegrationsRequest",
            Self::Llm => "ListLLMIntegrationsRequest",
        }
    }

    /// The ids on a page, and the next token.
    async fn page(
        self,
        world: &World,
        pagination: Option<PaginationRequest>,
    ) -> Result<(Vec<String>, String), Status> {
        let service = &world.service;
        let (ids, pagination) = match self {
            Self::Classes => {
                let reply = list_classes(world, pagination).await?;
                (
                    reply
                        .environment_classes
                        .into_iter()
                        .map(|class| class.id)
                        .collect(),
                    reply.pagination,
                )
            }
            Self::Tokens => {
                let request = ListHostAuthenticationTokensRequest {
                    pagination,
                    filter: None,
                };
                let reply = call!(service, ADMIN, list_host_authentication_tokens, request)?;
                (
                    reply.tokens.into_iter().map(|token| token.id).collect(),
                    reply.pagination,
                )
            }
            Self::Scm => {
                let request = ListScmIntegrationsRequest {
                    pagination,
                    filter: None,
                };
                let reply = call!(service, ADMIN, list_scm_integrations, request)?;
                (
                    reply.integrations.into_iter().map(|scm| scm.id).collect(),
                    reply.pagination,
                )
            }
            Self::Llm => {
                let request = ListLlmIntegrationsRequest {
                    pagination,
                    filter: None,
                };
                let reply = call!(service, ADMIN, list_llm_integrations, request)?;
                (
                    reply.integrations.into_iter().map(|llm| llm.id).collect(),
                    reply.pagination,
                )
            }
        };
        Ok((ids, pagination.unwrap().next_token))
    }
}

async fn list_classes(
    world: &World,
    pagination: Option<PaginationRequest>,
) -> Result<ListEnvironmentClassesResponse, Status> {
    let request = ListEnvironmentClassesRequest {
        pagination,
        filter: None,
    };
    call!(world.service, ADMIN, list_environment_classes, request)
}

/// The ids of 101 objects of each kind, in the order in which they were made.
async fn create_101_of_each(world: &World) -> [Vec<String>; 4] {
    // As few secrets as can be: sealing is slow where it is not optimised.
    let llm = CreateLlmIntegrationRequest {
        api_key: String::new(),
        ..create_llm()
    };
    let owner = |index| Uuid::from_u128(0x1000 + index);
    let (classes, tokens, scms, llms) = tokio::join!(
        times_101(async |_| world.create_class(create_class()).await),
        times_101(async |index| world.create_token(create_token_for(owner(index))).await),
        times_101(async |_| world.create_scm(create_scm_with_pat()).await),
        times_101(async |_| world.create_llm(llm.clone()).await),
    );
    [classes, tokens, scms, llms]
}

async fn times_101(mut create: impl AsyncFnMut(u128) -> String) -> Vec<String> {
    let mut ids = Vec::new();
    for index in 0..101 {
        ids.push(create(index).await);
    }
    ids
}
