use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::runtime::Runtime;
use crate::rpc::{Error, ListRequest, Message, Response};

/// A call of an RPC, made by [`send`](Self::send).
///
/// ```no_run
/// use std::time::Duration;
///
/// # fn get(client: runner_configuration_client::blocking::Client, id: &str) -> Result<(), runner_configuration_client::Error> {
/// let reply = client.environment_classes().get(id).timeout(Duration::from_secs(5)).send()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is made when it is sent"]
pub struct Call<Req, Res> {
    call: crate::Call<Req, Res>,
    runtime: Runtime,
}

impl<Req, Res> Call<Req, Res> {
    pub(super) fn new(call: crate::Call<Req, Res>, runtime: Runtime) -> Self {
        Self { call, runtime }
    }

    /// As [`crate::Call::timeout`].
    ///
    /// ```
    /// use std::time::Duration;
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").timeout(Duration::from_secs(5)).send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    /// As [`crate::Call::retries`].
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").retries(0).send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retries(mut self, retries: u32) -> Self {
        self.call = self.call.retries(retries);
        self
    }

    /// As [`crate::Call::header`].
    ///
    /// ```
    /// use http::{HeaderName, HeaderValue};
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let (name, value) = (HeaderName::from_static("x-request-id"), HeaderValue::from_static("nightly-7"));
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").header(name, value).send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.call = self.call.header(name, value);
        self
    }

    /// As [`crate::Call::headers`].
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-request-id", HeaderValue::from_static("nightly-7"));
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").headers(headers).send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.call = self.call.headers(headers);
        self
    }
}

impl<Req: Message, Res: Message> Call<Req, Res> {
    /// Makes the call.
    ///
    /// # Errors
    ///
    /// The server's, or why there is no answer.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let reply = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send(self) -> Result<Res, Error> {
        Ok(self.response()?.message)
    }

    /// Makes the call, for the answer with its headers and trailers.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&GetEnvironmentClassResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// let response = client.environment_classes().get("01a2030c-85d3-7712-a609-5255347c6526").response()?;
    /// println!("{:?}", response.headers.get("x-request-id"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn response(self) -> Result<Response<Res>, Error> {
        self.runtime.block_on(self.call.response())
    }
}

impl<Req: ListRequest> Call<Req, Req::Response> {
    /// The page that is asked for, and those after it.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// for page in client.scm_integrations().list(Default::default()).pages() {
    ///     println!("{} integrations", page?.integrations.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(self) -> Pages<Req> {
        Pages {
            pages: Some(self.call.pages()),
            runtime: self.runtime,
        }
    }

    /// What is on the page that is asked for, and on those after it.
    ///
    /// ```
    /// # use runner_configuration::v1::*;
    /// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
    /// # let client = blocking::Client::build(Client::builder().transport(answer))?;
    /// for integration in client.scm_integrations().list(Default::default()).items() {
    ///     println!("{}", integration?.host);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn items(self) -> Items<Req> {
        Items {
            pages: self.pages(),
            page: Vec::new().into_iter(),
        }
    }
}

impl<Req, Res> fmt::Debug for Call<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}

/// The pages of a list: an iterator, each page a call. It ends with the last page, or the first error.
///
/// ```
/// # use runner_configuration::v1::*;
/// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
/// # fn main() -> Result<(), runner_configuration_client::Error> {
/// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
/// # let client = blocking::Client::build(Client::builder().transport(answer))?;
/// for page in client.scm_integrations().list(Default::default()).pages() {
///     println!("{} integrations", page?.integrations.len());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "calls are made when pages are asked for"]
pub struct Pages<Req: ListRequest> {
    /// Lent to the thread while it makes a call.
    pages: Option<crate::rpc::Pages<Req>>,
    runtime: Runtime,
}

impl<Req: ListRequest> Iterator for Pages<Req> {
    type Item = Result<Req::Response, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut pages = self.pages.take()?;
        let next = async move {
            let page = pages.next().await;
            Ok((page, pages))
        };
        match self.runtime.block_on(next) {
            Ok((page, pages)) => {
                self.pages = Some(pages);
                page
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl<Req: ListRequest> fmt::Debug for Pages<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pages.fmt(f)
    }
}

/// The items of a list, page after page: an iterator that makes a call when a page is used up. It ends as [`Pages`] does.
///
/// ```
/// # use runner_configuration::v1::*;
/// # use runner_configuration_client::{blocking, Client, rpc::{UnaryRequest, UnaryResponse}};
/// # fn main() -> Result<(), runner_configuration_client::Error> {
/// # let answer = |_: UnaryRequest| UnaryResponse::encode(&ListScmIntegrationsResponse::default());
/// # let client = blocking::Client::build(Client::builder().transport(answer))?;
/// for integration in client.scm_integrations().list(Default::default()).items() {
///     println!("{}", integration?.host);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "calls are made when items are asked for"]
pub struct Items<Req: ListRequest> {
    pages: Pages<Req>,
    page: std::vec::IntoIter<Req::Item>,
}

impl<Req: ListRequest> Iterator for Items<Req> {
    type Item = Result<Req::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.page.next() {
                return Some(Ok(item));
            }
            match self.pages.next()? {
                Ok(page) => self.page = Req::into_items(page).into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<Req: ListRequest> fmt::Debug for Items<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pages.fmt(f)
    }
}
