//! gRPC unary calls, by tonic.

use std::future::Future;

use axum::body::Body;
use http::Response;
use prost::Message;
use runner_configuration_runtime::validate::Validate;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder};
use tonic::{Code, Status};
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};
use tower::service_fn;

use super::call::{UrlParameters, prepare};
use super::{Call, Reply, error};

pub(super) async fn unary<Req, Res, F, Fut>(
    call: Call<'_>,
    url_parameters: Option<UrlParameters<Req>>,
    handler: F,
) -> Response<Body>
where
    Req: Message + Default + Validate + 'static,
    Res: Message + 'static,
    F: FnOnce(tonic::Request<Req>) -> Fut,
    Fut: Future<Output = Result<Reply<Res>, Status>>,
{
    let Call {
        request,
        protocol,
        options,
    } = call;
    let limit = options.max_message_bytes;
    let query = request.uri().query().map(str::to_owned);
    let mut grpc = tonic::server::Grpc::new(MessageCodec::<Res, Req>::default())
        .max_decoding_message_size(limit)
        .max_encoding_message_size(usize::MAX)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .send_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Zstd);
    let mut handler = Some(handler);
    let service = service_fn(|mut request: tonic::Request<Req>| {
        let handler = handler.take();
        let query = query.as_deref();
        async move {
            let handler =
                handler.ok_or_else(|| Status::internal("a unary call has one message"))?;
            let reply = async {
                prepare(request.get_mut(), query, url_parameters)?;
                handler(request).await
            };
            let (message, metadata) = reply.await.map_err(error::annotated)?.into_parts();
            let small = message.encoded_len() < options.compress_from_bytes;
            let mut response = tonic::Response::from_parts(metadata, message, Default::default());
            if small {
                response.disable_compression();
            }
            Ok(response)
        }
    });
    let response = grpc.unary(service, request).await;
    // Without a call of the handler, tonic itself has refused the message.
    match status_code(&response) {
        Some(Code::OutOfRange) if handler.is_some() => {
            let text = format!("the request message is larger than {limit} bytes");
            error::respond(Status::resource_exhausted(text), protocol)
        }
        _ => response.map(Body::new),
    }
}

fn status_code<B>(response: &Response<B>) -> Option<Code> {
    response
        .headers()
        .get("grpc-status")
        .map(|status| Code::from_bytes(status.as_bytes()))
}

/// tonic's codec for prost messages, but that a malformed message is the caller's fault.
struct MessageCodec<Res, Req>(ProstCodec<Res, Req>);

impl<Res, Req> Default for MessageCodec<Res, Req> {
    fn default() -> Self {
        Self(ProstCodec::default())
    }
}

impl<Res: Message + 'static, Req: Message + Default + 'static> Codec for MessageCodec<Res, Req> {
    type Encode = Res;
    type Decode = Req;
    type Encoder = ProstEncoder<Res>;
    type Decoder = MessageDecoder<Req>;

    fn encoder(&mut self) -> Self::Encoder {
        self.0.encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        MessageDecoder(self.0.decoder())
    }
}

struct MessageDecoder<Req>(ProstDecoder<Req>);

impl<Req: Message + Default> Decoder for MessageDecoder<Req> {
    type Item = Req;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Req>, Status> {
        self.0
            .decode(source)
            .map_err(|status| Status::invalid_argument(status.message()))
    }
}
