//! gRPC unary calls, by tonic over the same HTTP client as Connect.

mod codec;
mod status;

use std::convert::Infallible;
use std::error::Error as _;
use std::future::{Ready, ready};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Response};
use http_body_util::combinators::WithTrailers;
use http_body_util::{BodyExt as _, Full};
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tower::service_fn;

use super::http::{Collected, too_large};
use super::{Code, Codec, Error, HttpClient, Transport, UnaryRequest, UnaryResponse};
use codec::BytesCodec;

/// How many bytes say before a message whether it is compressed, and how long it is.
const PREFIX: usize = 5;

/// Speaks gRPC.
pub(crate) struct Grpc {
    http: HttpClient,
}

impl Grpc {
    pub(crate) fn new(http: HttpClient) -> Self {
        Self { http }
    }
}

impl Transport for Grpc {
    async fn unary(&self, request: UnaryRequest) -> Result<UnaryResponse, Error> {
        let path = PathAndQuery::from_static(request.rpc.path());
        let metadata = MetadataMap::from_headers(request.headers);
        let compressed = self.http.compresses(&request.message);
        let mut message = tonic::Request::from_parts(metadata, Default::default(), request.message);
        if let Some(timeout) = request.timeout {
            message.set_timeout(timeout);
        }
        let limit = self.http.max_response_bytes();
        let service = service_fn(|request| self.exchange(request));
        let origin = self.http.base_url().as_uri().clone();
        let mut grpc = tonic::client::Grpc::with_origin(service, origin)
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(limit);
        if compressed {
            grpc = grpc.send_compressed(CompressionEncoding::Gzip);
        }
        let reply = grpc.unary(message, path, BytesCodec).await;
        let (_merged, message, mut extensions) =
            reply.map_err(|status| failure(status, limit))?.into_parts();
        let Metadata { headers, trailers } = extensions.remove().unwrap_or_default();
        Ok(UnaryResponse::new(Codec::Proto, message).with_metadata(headers, trailers))
    }
}

/// Headers and trailers of a reply, apart; tonic merges them.
#[derive(Clone, Default)]
struct Metadata {
    headers: HeaderMap,
    trailers: HeaderMap,
}

type ReplyBody = WithTrailers<Full<Bytes>, Ready<Option<Result<HeaderMap, Infallible>>>>;

impl Grpc {
    /// The HTTP exchange below a call. Errors that the server answers are found here, so that tonic sees none.
    async fn exchange(
        &self,
        request: Request<tonic::body::Body>,
    ) -> Result<Response<ReplyBody>, Error> {
        let (parts, body) = request.into_parts();
        // One message, which is in memory already.
        let body = body.collect().await.map_err(|status| {
            Error::local(Code::Internal, "the message cannot be sent").with_source(status)
        })?;
        let request = Request::from_parts(parts, body.to_bytes());
        let request = self.http.request(request)?;
        let (mut parts, reply) = self.http.exchange(request, PREFIX).await?.into_parts();
        let Collected { body, mut trailers } = reply;
        status::check(parts.status, &mut parts.headers, &body, &mut trailers)?;
        parts.extensions.insert(Metadata {
            headers: parts.headers.clone(),
            trailers: trailers.clone(),
        });
        let body = Full::new(body).with_trailers(ready(Some(Ok(trailers))));
        Ok(Response::from_parts(parts, body))
    }
}

/// The error of [`Grpc::exchange`], or what tonic finds wrong with a reply.
fn failure(status: tonic::Status, limit: usize) -> Error {
    if let Some(error) = status
        .source()
        .and_then(|source| source.downcast_ref::<Error>())
    {
        return error.clone();
    }
    match Code::from_number(status.code() as i32) {
        // As it comes, and decompressed.
        Code::OutOfRange | Code::ResourceExhausted => too_large(limit),
        code => Error::local(code, status.message()),
    }
}
