//! Lists: one page, or all of them.

use clap::Args;
use runner_configuration::v1::{
    ListEnvironmentClassesResponse, ListHostAuthenticationTokensResponse,
    ListLlmIntegrationsResponse, ListScmIntegrationsResponse, PaginationRequest,
    PaginationResponse,
};
use runner_configuration_client::rpc::ListRequest;
use runner_configuration_client::{Call, Error};

/// The most that a server gives at once.
const LARGEST_PAGE: i32 = 100;

#[derive(Debug, Args)]
pub(crate) struct Pages {
    /// Show all, not just one page
    #[arg(long, conflicts_with_all = ["limit", "page_token"])]
    all: bool,

    /// Show at most this many, from 1 to 100 [default: 25]
    #[arg(long, value_name = "NUMBER",
          value_parser = clap::value_parser!(i32).range(1..=i64::from(LARGEST_PAGE)))]
    limit: Option<i32>,

    /// Go on after an earlier page, which ended with this token
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
}

/// The reply of a List RPC.
pub(crate) trait Page {
    fn pagination(&self) -> Option<&PaginationResponse>;

    /// Adds what is on the page after this one.
    fn append(&mut self, next: Self);

    /// Where the list goes on, if it does.
    fn next_token(&self) -> Option<&str> {
        let token = self.pagination()?.next_token.as_str();
        (!token.is_empty()).then_some(token)
    }
}

macro_rules! page {
    ($($reply:ident.$items:ident),+) => {
        $(impl Page for $reply {
            fn pagination(&self) -> Option<&PaginationResponse> {
                self.pagination.as_ref()
            }

            fn append(&mut self, mut next: Self) {
                self.$items.append(&mut next.$items);
                self.pagination = next.pagination;
            }
        })+
    };
}

page!(
    ListEnvironmentClassesResponse.environment_classes,
    ListHostAuthenticationTokensResponse.tokens,
    ListScmIntegrationsResponse.integrations,
    ListLlmIntegrationsResponse.integrations
);

impl Pages {
    /// The pages that were asked for, as one reply.
    pub(crate) async fn fetch<R>(
        self,
        list: impl FnOnce(PaginationRequest) -> Call<R, R::Response>,
    ) -> Result<R::Response, Error>
    where
        R: ListRequest<Response: Page>,
    {
        let page_size = if self.all {
            LARGEST_PAGE
        } else {
            self.limit.unwrap_or(0)
        };
        let token = self.page_token.unwrap_or_default();
        let mut pages = list(PaginationRequest { page_size, token }).pages();
        let mut reply = R::Response::default();
        while let Some(page) = pages.next().await {
            reply.append(page?);
            if !self.all {
                break;
            }
        }
        Ok(reply)
    }
}
