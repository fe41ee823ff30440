//! Lists that come in pages.

use std::collections::HashSet;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::{Channel, Code, Error, Message, Response, Rpc};

/// A request for a page of a list; it names what is needed to get to the next page.
///
/// ```
/// use runner_configuration::v1::{ListScmIntegrationsRequest, ListScmIntegrationsResponse, PaginationResponse};
/// use runner_configuration_client::rpc::ListRequest;
///
/// let page = ListScmIntegrationsResponse {
///     pagination: Some(PaginationResponse { next_token: "2".to_owned() }),
///     ..Default::default()
/// };
/// let mut request = ListScmIntegrationsRequest::default();
/// request.set_page_token(ListScmIntegrationsRequest::next_page_token(&page).to_owned());
/// assert_eq!(request.page_token(), "2");
/// ```
pub trait ListRequest: Message + Clone {
    /// A page.
    type Response: Message;

    /// What is listed.
    type Item: Send + 'static;

    /// Which page is asked for; empty for the first.
    ///
    /// ```
    /// use runner_configuration::v1::ListScmIntegrationsRequest;
    /// use runner_configuration_client::rpc::ListRequest;
    ///
    /// assert_eq!(ListScmIntegrationsRequest::default().page_token(), "");
    /// ```
    fn page_token(&self) -> &str;

    /// Asks for this page.
    ///
    /// ```
    /// use runner_configuration::v1::ListScmIntegrationsRequest;
    /// use runner_configuration_client::rpc::ListRequest;
    ///
    /// let mut request = ListScmIntegrationsRequest::default();
    /// request.set_page_token("2".to_owned());
    /// assert_eq!(request.pagination.unwrap().token, "2");
    /// ```
    fn set_page_token(&mut self, token: String);

    /// The token of the page after this one; empty where it is the last.
    ///
    /// ```
    /// use runner_configuration::v1::{ListScmIntegrationsRequest, ListScmIntegrationsResponse};
    /// use runner_configuration_client::rpc::ListRequest;
    ///
    /// let last = ListScmIntegrationsResponse::default();
    /// assert_eq!(ListScmIntegrationsRequest::next_page_token(&last), "");
    /// ```
    fn next_page_token(page: &Self::Response) -> &str;

    /// What is on this page.
    ///
    /// ```
    /// use runner_configuration::v1::{ListScmIntegrationsRequest, ListScmIntegrationsResponse, ScmIntegration};
    /// use runner_configuration_client::rpc::ListRequest;
    ///
    /// let integrations = vec![ScmIntegration::default()];
    /// let page = ListScmIntegrationsResponse { integrations, ..Default::default() };
    /// assert_eq!(ListScmIntegrationsRequest::into_items(page).len(), 1);
    /// ```
    fn into_items(page: Self::Response) -> Vec<Self::Item>;
}

/// The pages of a list: a [`Stream`], each page a call that is made when it is asked for.
///
/// It ends with the last page, or the first error. A server that repeats a token, which would never end, is an error too.
///
/// ```no_run
/// # use runner_configuration_client::{Client, Error};
/// # async fn list(client: Client) -> Result<(), Error> {
/// let mut pages = client.scm_integrations().list(Default::default()).pages();
/// while let Some(page) = pages.next().await {
///     println!("{} integrations", page?.integrations.len());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "calls are made when pages are asked for"]
pub struct Pages<Req: ListRequest> {
    channel: Channel,
    rpc: Rpc,
    /// Of the page after the last that came, if there is one.
    next: Option<Result<Req, Error>>,
    answer: Option<Answer<Req::Response>>,
    seen: HashSet<String>,
}

type Answer<Page> = Pin<Box<dyn Future<Output = Result<Response<Page>, Error>> + Send>>;

impl<Req: ListRequest> Pages<Req> {
    pub(super) fn new(channel: Channel, rpc: Rpc, request: Req) -> Self {
        let mut seen = HashSet::new();
        seen.insert(request.page_token().to_owned());
        Self {
            channel,
            rpc,
            next: Some(Ok(request)),
            answer: None,
            seen,
        }
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    ///
    /// As the call of the page; `internal` where the server repeats a token.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let mut pages = client.scm_integrations().list(Default::default()).pages();
    /// while let Some(page) = pages.next().await {
    ///     println!("{} integrations", page?.integrations.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<Req::Response, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The request for the page after this one, which `request` asked for.
    fn after(&mut self, mut request: Req, page: &Req::Response) -> Option<Result<Req, Error>> {
        let token = Req::next_page_token(page);
        if token.is_empty() {
            return None;
        }
        if !self.seen.insert(token.to_owned()) {
            let text = "the server repeats a page token, so that the list would never end";
            return Some(Err(Error::local(Code::Internal, text)));
        }
        request.set_page_token(token.to_owned());
        Some(Ok(request))
    }
}

/// Nothing in it is pinned: the answer is in a box.
impl<Req: ListRequest> Unpin for Pages<Req> {}

impl<Req: ListRequest> Stream for Pages<Req> {
    type Item = Result<Req::Response, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let request = match &this.next {
            None => return Poll::Ready(None),
            Some(Err(error)) => {
                let error = error.clone();
                this.next = None;
                return Poll::Ready(Some(Err(error)));
            }
            Some(Ok(request)) => request.clone(),
        };
        let answer = this.answer.get_or_insert_with(|| {
            let channel = this.channel.clone();
            Box::pin(channel.unary(this.rpc, request.clone()))
        });
        let outcome = ready!(answer.as_mut().poll(context));
        this.answer = None;
        let page = outcome.map(|response| response.message);
        this.next = match &page {
            Ok(page) => this.after(request, page),
            Err(_) => None,
        };
        Poll::Ready(Some(page))
    }
}

impl<Req: ListRequest> fmt::Debug for Pages<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("rpc", &self.rpc.path())
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// The items of a list, page after page: a [`Stream`] that makes a call when a page is used up.
///
/// It ends as [`Pages`] does.
///
/// ```no_run
/// # use runner_configuration_client::{Client, Error};
/// # async fn list(client: Client) -> Result<(), Error> {
/// let mut classes = client.environment_classes().list(Default::default()).stream();
/// while let Some(class) = classes.next().await {
///     println!("{}", class?.display_name);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "calls are made when items are asked for"]
pub struct Items<Req: ListRequest> {
    pages: Pages<Req>,
    page: std::vec::IntoIter<Req::Item>,
}

impl<Req: ListRequest> Items<Req> {
    pub(super) fn new(pages: Pages<Req>) -> Self {
        Self {
            pages,
            page: Vec::new().into_iter(),
        }
    }

    /// The next item; `None` after the last.
    ///
    /// # Errors
    ///
    /// As [`Pages::next`].
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
    /// # let client = Client::builder().transport(answer).build()?;
    /// let mut integrations = client.scm_integrations().list(Default::default()).stream();
    /// while let Some(integration) = integrations.next().await {
    ///     println!("{}", integration?.host);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<Req::Item, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<Req: ListRequest> Unpin for Items<Req> {}

impl<Req: ListRequest> Stream for Items<Req> {
    type Item = Result<Req::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut this.pages).poll_next(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => this.page = Req::into_items(page).into_iter(),
            }
        }
    }
}

impl<Req: ListRequest> fmt::Debug for Items<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}
