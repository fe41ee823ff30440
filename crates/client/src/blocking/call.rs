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
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.call = self.call.timeout(timeout);
        self
    }

    /// As [`crate::Call::retries`].
    pub fn retries(mut self, retries: u32) -> Self {
        self.call = self.call.retries(retries);
        self
    }

    /// As [`crate::Call::header`].
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.call = self.call.header(name, value);
        self
    }

    /// As [`crate::Call::headers`].
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
    pub fn send(self) -> Result<Res, Error> {
        Ok(self.response()?.message)
    }

    /// Makes the call, for the answer with its headers and trailers.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn response(self) -> Result<Response<Res>, Error> {
        self.runtime.block_on(self.call.response())
    }
}

impl<Req: ListRequest> Call<Req, Req::Response> {
    /// The page that is asked for, and those after it.
    pub fn pages(self) -> Pages<Req> {
        Pages {
            pages: Some(self.call.pages()),
            runtime: self.runtime,
        }
    }

    /// What is on the page that is asked for, and on those after it.
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
