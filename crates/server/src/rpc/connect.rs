//! Connect unary calls, by connectrpc-axum's building blocks.

use std::future::Future;

use axum::body::Body;
use bytes::Bytes;
use connectrpc_axum::context::{validate_get_query_params, validate_protocol_version};
use connectrpc_axum::message::request::{decode_proto, decompress_bytes};
use connectrpc_axum::message::response::compress_bytes;
use connectrpc_axum::{CompressionConfig, CompressionEncoding, negotiate_response_encoding};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use prost::Message;
use runner_configuration_runtime::json;
use runner_configuration_runtime::validate::Validate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::aside::Aside;
use super::call::{Incoming, UrlParameters, prepare};
use super::decompress::{refuse_large_window, within};
use super::discard::discard;
use super::limits::{Buffered, Limits};
use super::query::GetQuery;
use super::read::read;
use super::reply::Content;
use super::{Call, Codec, Options, Protocol, Reply, error};

pub(super) fn unary<Req, Res, F, Fut>(
    call: Call<'_>,
    url_parameters: Option<UrlParameters<Req>>,
    handler: F,
) -> impl Future<Output = Response<Body>>
where
    Req: Message + Default + DeserializeOwned + Validate + 'static,
    Res: Message + Default + Serialize + DeserializeOwned,
    F: FnOnce(tonic::Request<Req>) -> Fut,
    Fut: Future<Output = Result<Reply<Res>, Status>>,
{
    let Call {
        request,
        protocol,
        options,
        limits,
    } = call;
    let codec = protocol.codec();
    let encoding = accepted_encoding(request.headers());
    let source = match protocol {
        Protocol::ConnectGet(_) => Source::Query(get_query(&request)),
        _ => Source::Body(post_encoding(&request)),
    };
    let Incoming {
        headers,
        extensions,
        query,
        body,
    } = Incoming::of(request);
    let reply = async move {
        let mut room = limits.buffer();
        let bytes = receive(&headers, body, source, options, limits, &mut room);
        let bytes = bytes.await.map_err(error::of_request)?;
        let length = bytes.len();
        let decode = move || decode::<Req>(&bytes, codec);
        let mut message = limits.aside().work(length, decode).await??;
        let _working = limits.begin()?;
        prepare(&mut message, query.as_deref(), url_parameters)?;
        let metadata = MetadataMap::from_headers(headers);
        let request = tonic::Request::from_parts(metadata, extensions, message);
        send(handler(request).await?, codec, encoding, options)
    };
    reply.map(move |reply| reply.unwrap_or_else(|status| error::respond(status, protocol)))
}

/// Where the message of a call is, if what the request says of it is in order.
enum Source {
    Body(Result<CompressionEncoding, Status>),
    Query(Result<GetQuery, Status>),
}

/// The decompressed bytes of the message.
async fn receive(
    headers: &HeaderMap,
    body: Body,
    source: Source,
    options: &Options,
    limits: &Limits,
    room: &mut Buffered<'_>,
) -> Result<Bytes, Status> {
    let (message, encoding) = match source {
        Source::Query(query) => {
            let query = query?;
            let encoding = request_encoding(query.compression.as_deref())?;
            (query.message.into(), encoding)
        }
        Source::Body(Ok(encoding)) => {
            (read(body, headers, options.bounds(), room).await?, encoding)
        }
        Source::Body(Err(status)) => {
            discard(body).await;
            return Err(status);
        }
    };
    let limit = options.max_message_bytes;
    decompress(message, encoding, limit, limits.aside(), room).await
}

/// What the query of a GET says.
fn get_query(request: &Request<Body>) -> Result<GetQuery, Status> {
    match validate_get_query_params(request, false) {
        Some(problem) => Err(problem.into()),
        None => GetQuery::read(request.uri().query().unwrap_or_default()),
    }
}

/// No bytes are the empty message however they are compressed: some clients' zstd leaves it so.
async fn decompress(
    body: Bytes,
    encoding: CompressionEncoding,
    limit: usize,
    aside: &Aside,
    room: &mut Buffered<'_>,
) -> Result<Bytes, Status> {
    if body.is_empty() || encoding == CompressionEncoding::Identity {
        return Ok(body);
    }
    refuse_large_window(&body, encoding)?;
    let length = body.len();
    let decompress =
        move |limit| decompress_bytes(body.clone(), encoding, limit).map_err(Status::from);
    let message = within(limit, length, encoding, aside, decompress).await?;
    room.grow(message.len())?;
    Ok(message)
}

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");

/// How the body of a POST is compressed, if its headers are in order.
fn post_encoding(request: &Request<Body>) -> Result<CompressionEncoding, Status> {
    // Nothing to look at without the header, which is not required.
    if request.headers().contains_key(PROTOCOL_VERSION)
        && let Some(problem) = validate_protocol_version(request, false)
    {
        return Err(problem.into());
    }
    match request
        .headers()
        .get(header::CONTENT_ENCODING)
        .map(HeaderValue::to_str)
    {
        None => Ok(CompressionEncoding::Identity),
        Some(Ok(name)) => request_encoding(Some(name)),
        Some(Err(_)) => request_encoding(Some("?")),
    }
}

fn request_encoding(name: Option<&str>) -> Result<CompressionEncoding, Status> {
    CompressionEncoding::from_header(name).ok_or_else(|| {
        Status::unimplemented(format!(
            "compression {}: must be one of br, gzip, identity, zstd",
            name.unwrap_or_default().escape_default()
        ))
    })
}

fn decode<Req>(body: &[u8], codec: Codec) -> Result<Req, Status>
where
    Req: Message + Default + DeserializeOwned,
{
    match codec {
        Codec::Proto => decode_proto(body).map_err(Status::from),
        Codec::Json => {
            json::from_slice(body).map_err(|error| Status::invalid_argument(error.to_string()))
        }
    }
}

fn send<Res>(
    reply: Reply<Res>,
    codec: Codec,
    encoding: CompressionEncoding,
    options: &Options,
) -> Result<Response<Body>, Status>
where
    Res: Message + Default + Serialize + DeserializeOwned,
{
    let (content, extra) = reply.into_parts();
    let body = match codec {
        Codec::Proto => content.into_bytes().map_err(error::undecodable_reply)?,
        Codec::Json => match content {
            Content::Json(text) => text,
            content => {
                let message = content.into_message().map_err(error::undecodable_reply)?;
                let text = json::to_vec(&message).map_err(|error| {
                    Status::new(
                        Code::Internal,
                        format!("the reply has no JSON form: {error}"),
                    )
                })?;
                text.into()
            }
        },
    };
    let config = CompressionConfig::new(options.compress_from_bytes);
    let (body, compressed) = compress_bytes(body, encoding, &config)?;
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    if let Some((custom, trailers)) = extra {
        *headers = custom;
        append_trailers(headers, &trailers);
    }
    headers.insert(header::CONTENT_TYPE, codec.content_type());
    if compressed {
        headers.insert(
            header::CONTENT_ENCODING,
            HeaderValue::from_static(encoding.as_str()),
        );
    }
    Ok(response)
}

/// A unary reply has no trailers in Connect: they are headers whose names begin with `trailer-`.
fn append_trailers(headers: &mut HeaderMap, trailers: &HeaderMap) {
    for (name, value) in trailers {
        let name = HeaderName::try_from(format!("trailer-{name}"));
        // A valid name stays one; only its length has a bound.
        if let Ok(name) = name {
            headers.append(name, value.clone());
        }
    }
}

fn accepted_encoding(headers: &HeaderMap) -> CompressionEncoding {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    negotiate_response_encoding(accepted)
}
