//! Bare hyper: reads the body and answers with static bytes. HTTP/1.1 at PORT, HTTP/2 at PORT + 1, so that neither pays
//! for telling them apart.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use benches_common::Failure;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use benches_common::server::Arguments;

/// By the last part of the path and whether the content type is JSON.
struct Replies(HashMap<(&'static str, bool), Bytes>);

const JSON: &str = "application/json";
const PROTO: &str = "application/proto";
const NAMES: [&str; 5] = ["get", "list-25", "list-100", "create", "validate"];

/// Which reply is asked for. Nothing is decoded: the requests for pages differ in their last characters.
fn name(path: &str, body: &[u8]) -> &'static str {
    match path.rsplit('/').next() {
        Some("GetEnvironmentClass") => "get",
        Some("CreateEnvironmentClass") => "create",
        Some("ValidateRunnerConfiguration") => "validate",
        _ if body.ends_with(b"100}}") || body.ends_with(&[8, 100]) => "list-100",
        _ => "list-25",
    }
}

impl Replies {
    fn load(arguments: &Arguments) -> Result<Self, Failure> {
        let mut replies = HashMap::new();
        for name in NAMES {
            for (is_json, ending) in [(true, "json"), (false, "bin")] {
                let reply = arguments.reply(&format!("{name}.{ending}"))?;
                replies.insert((name, is_json), reply.into());
            }
        }
        Ok(Self(replies))
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        // A body that breaks off gets some reply, too.
        let body = body.collect().await.map(Collected::to_bytes);
        let is_json = head.headers.get(CONTENT_TYPE).is_some_and(|is| is == JSON);
        let name = name(head.uri.path(), &body.unwrap_or_default());
        let reply = self.0.get(&(name, is_json));
        let mut response = Response::new(Full::new(reply.cloned().unwrap_or_default()));
        let content_type = if is_json { JSON } else { PROTO };
        let content_type = HeaderValue::from_static(content_type);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        Ok(response)
    }
}

pub(crate) async fn serve(mut arguments: Arguments) -> Result<(), Failure> {
    let replies = Arc::new(Replies::load(&arguments)?);
    let http1 = arguments.listen().await?;
    arguments.port += 1;
    let http2 = arguments.listen().await?;
    loop {
        let ((connection, _), is_http2) = tokio::select! {
            accepted = http1.accept() => (accepted?, false),
            accepted = http2.accept() => (accepted?, true),
        };
        tokio::spawn(answer_all(connection, is_http2, Arc::clone(&replies)));
    }
}

async fn answer_all(connection: TcpStream, is_http2: bool, replies: Arc<Replies>) {
    let _ = connection.set_nodelay(true);
    let connection = TokioIo::new(connection);
    let service = service_fn(move |request| {
        let replies = Arc::clone(&replies);
        async move { replies.answer(request).await }
    });
    // A client that goes away is no error here.
    let _ = if is_http2 {
        hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(connection, service)
            .await
    } else {
        hyper::server::conn::http1::Builder::new()
            .serve_connection(connection, service)
            .await
    };
}
