//! gRPC unary calls, by tonic's building blocks: framing, compression, status and trailers are tonic's.

mod compression;
mod expand;

use std::future::Future;
use std::iter;
use std::marker::PhantomData;

use axum::body::Body;
use bytes::Bytes;
use connectrpc_axum::CompressionEncoding as RequestEncoding;
use futures_util::{FutureExt as _, stream};
use http::{HeaderMap, HeaderValue, Response, header};
use http_body_util::Full;
use prost::Message;
use runner_configuration_runtime::validate::Validate;
use serde::de::DeserializeOwned;
use tonic::codec::{
    BufferSettings, CompressionEncoding, DecodeBuf, Decoder, EncodeBody, EncodeBuf, Encoder,
};
use tonic::metadata::MetadataMap;
use tonic::{Code, Status, Streaming};
use tonic_prost::ProstDecoder;

use self::compression::Compression;
use super::call::{Incoming, UrlParameters, prepare};
use super::copy::append;
use super::discard::discard;
use super::limits::{Buffered, Limits};
use super::read::{Bounds, read};
use super::reply::Content;
use super::{Call, Options, Reply, error};

pub(super) fn unary<Req, Res, F, Fut>(
    call: Call<'_>,
    url_parameters: Option<UrlParameters<Req>>,
    handler: F,
) -> impl Future<Output = Response<Body>>
where
    Req: Message + Default + Validate + 'static,
    Res: Message + Default + DeserializeOwned + 'static,
    F: FnOnce(tonic::Request<Req>) -> Fut,
    Fut: Future<Output = Result<Reply<Res>, Status>>,
{
    let Call {
        request,
        protocol,
        options,
        limits,
    } = call;
    let Incoming {
        headers,
        extensions,
        query,
        body,
    } = Incoming::of(request);
    let compression = Compression::of(&headers);
    let reply = async move {
        let mut room = limits.buffer();
        let message = receive(
            &headers,
            body,
            compression.of_request,
            options,
            limits,
            &mut room,
        );
        let mut message = message.await.map_err(error::of_request)?;
        let _working = limits.begin()?;
        prepare(&mut message, query.as_deref(), url_parameters)?;
        let metadata = MetadataMap::from_headers(headers);
        let request = tonic::Request::from_parts(metadata, extensions, message);
        send(handler(request).await?, compression.of_reply, options)
    };
    reply.map(move |reply| reply.unwrap_or_else(|status| error::respond(status, protocol)))
}

/// The length of what stands before a message: its flags and its size.
const PREFIX: usize = 5;

/// The one message of a unary call.
async fn receive<Req>(
    headers: &HeaderMap,
    body: Body,
    encoding: Result<RequestEncoding, Status>,
    options: &Options,
    limits: &Limits,
    room: &mut Buffered<'_>,
) -> Result<Req, Status>
where
    Req: Message + Default + 'static,
{
    let limit = options.max_message_bytes;
    let bounds = Bounds {
        bytes: limit.saturating_add(PREFIX),
        ..options.bounds()
    };
    let encoding = match encoding {
        Ok(encoding) => encoding,
        Err(status) => {
            discard(body).await;
            return Err(status);
        }
    };
    // At once, because nothing of a call's request may be left unread: see `discard`.
    let frames = read(body, headers, bounds, room).await?;
    let frames = expand::expand(frames, encoding, limit, limits.aside(), room).await?;
    let bytes = frames.len();
    let decode = move || decode_only(frames, limit);
    limits.aside().work(bytes, decode).await?
}

/// The message in these frames, if it is the only one.
fn decode_only<Req>(frames: Bytes, limit: usize) -> Result<Req, Status>
where
    Req: Message + Default + 'static,
{
    let mut messages = Streaming::new_request(
        MessageDecoder::default(),
        Full::new(frames),
        None,
        Some(limit),
    );
    // All of it is there, and nothing is waited for.
    let mut next = || match messages.message().now_or_never() {
        Some(next) => next,
        None => Err(Status::internal("internal error")),
    };
    let message = next().map_err(|status| match status.code() {
        // tonic's code for a message beyond the limit.
        Code::OutOfRange => {
            Status::resource_exhausted(format!("the request message is larger than {limit} bytes"))
        }
        _ => status,
    })?;
    let message = message.ok_or_else(|| wrong_number("there is none"))?;
    match next()? {
        None => Ok(message),
        Some(_) => Err(wrong_number("there are more")),
    }
}

/// gRPC's code for a unary call that has not one message.
fn wrong_number(found: &str) -> Status {
    Status::unimplemented(format!("a unary call has one message: {found}"))
}

fn send<Res>(
    reply: Reply<Res>,
    encoding: Option<CompressionEncoding>,
    options: &Options,
) -> Result<Response<Body>, Status>
where
    Res: Message + Default + DeserializeOwned + 'static,
{
    let (content, extra) = reply.into_parts();
    let content = content.without_text().map_err(error::undecodable_reply)?;
    let encoding = encoding.filter(|_| content.encoded_len() >= options.compress_from_bytes);
    let (headers, trailers) = extra.unzip();
    // tonic writes the metadata of the status that ends a stream into the trailers. Without any, it makes that status.
    let end = trailers
        .filter(|trailers| !trailers.is_empty())
        .map(|trailers| Status::with_metadata(Code::Ok, "", MetadataMap::from_headers(trailers)));
    let body = EncodeBody::new_server(
        ContentEncoder::of(&content),
        stream::iter(iter::once(Ok(content)).chain(end.map(Err))),
        encoding,
        Default::default(),
        None,
    );
    let mut response = Response::new(Body::new(body));
    if let Some(headers) = headers {
        *response.headers_mut() = headers;
    }
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/grpc"),
    );
    if let Some(encoding) = encoding {
        headers.insert(compression::ENCODING_NAME, compression::name(encoding));
    }
    Ok(response)
}

/// tonic's encoder for prost messages, but for those that are encoded already.
struct ContentEncoder<Res> {
    buffer: BufferSettings,
    content: PhantomData<fn(Res)>,
}

impl<Res> ContentEncoder<Res> {
    fn of(content: &Content<Res>) -> Self {
        let buffer = match content {
            // How much it takes is known, and yielded at once.
            Content::Encoded(bytes) => {
                BufferSettings::new(PREFIX + bytes.len(), PREFIX + bytes.len())
            }
            _ => BufferSettings::default(),
        };
        Self {
            buffer,
            content: PhantomData,
        }
    }
}

impl<Res: Message> Encoder for ContentEncoder<Res> {
    type Item = Content<Res>;
    type Error = Status;

    fn encode(&mut self, content: Content<Res>, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        match content {
            Content::Message(message) => message
                .encode(target)
                .map_err(|error| Status::internal(error.to_string())),
            Content::Encoded(bytes) => {
                append(target, &bytes);
                Ok(())
            }
            Content::Json(_) => Err(Status::internal("internal error")),
        }
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.buffer
    }
}

/// tonic's decoder for prost messages, but that a malformed message is the caller's fault.
struct MessageDecoder<Req>(ProstDecoder<Req>);

impl<Req> Default for MessageDecoder<Req> {
    fn default() -> Self {
        Self(ProstDecoder::default())
    }
}

impl<Req: Message + Default> Decoder for MessageDecoder<Req> {
    type Item = Req;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Req>, Status> {
        self.0
            .decode(source)
            .map_err(|status| Status::invalid_argument(status.message()))
    }
}
