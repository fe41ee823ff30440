//! A service whose calls are noted while they last.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tower::util::Oneshot;
use tower::{Service, ServiceExt as _};

use super::activity::{Activity, InCall};

pub(super) struct Guarded<S> {
    pub(super) service: S,
    pub(super) activity: Arc<Activity>,
}

impl<S> hyper::service::Service<Request<Incoming>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Noted<Oneshot<S, Request<Body>>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut request = request.map(Body::new);
        request
            .extensions_mut()
            .insert(self.activity.discarded.clone());
        Noted {
            call: self.service.clone().oneshot(request),
            has_begun: false,
            in_call: self.activity.begin(),
        }
    }
}

pin_project! {
    pub(super) struct Noted<F> {
        #[pin]
        call: F,
        has_begun: bool,
        in_call: InCall,
    }
}

impl<F: Future> Future for Noted<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if !std::mem::replace(this.has_begun, true) && !this.in_call.may_begin() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        this.call.poll(context)
    }
}
