//! One call, by the generated client, and what the runner wants to know about it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Name;
use runner_configuration_client::rpc::{Call, Message, Response};
use runner_configuration_client::{Code, Error};
use runner_configuration_conformance_connect::v1;
use runner_configuration_conformance_connect::v1::client_compat_request::cancel::CancelTiming;
use runner_configuration_runtime::Any;

use crate::setup::Channels;

/// The error is for what cannot be asked of this client.
pub(crate) async fn make(
    channels: &Channels,
    wanted: v1::ClientCompatRequest,
) -> Result<v1::ClientResponseResult, String> {
    let client = v1::ConformanceServiceClient::new(channels.get(&wanted)?);
    match wanted.method() {
        "Unary" => {
            let call = client.unary(request::<v1::UnaryRequest>(&wanted)?);
            answer(&wanted, call, |reply| reply.payload).await
        }
        "IdempotentUnary" => {
            let call = client.idempotent_unary(request::<v1::IdempotentUnaryRequest>(&wanted)?);
            answer(&wanted, call, |reply| reply.payload).await
        }
        "Unimplemented" => {
            let call = client.unimplemented(request::<v1::UnimplementedRequest>(&wanted)?);
            answer(&wanted, call, |_| None).await
        }
        method => Err(format!("no such method: {method}")),
    }
}

fn request<M: prost::Message + Name + Default>(
    wanted: &v1::ClientCompatRequest,
) -> Result<M, String> {
    let [message] = &wanted.request_messages[..] else {
        return Err("a unary call has one message".to_owned());
    };
    M::decode(&*message.value).map_err(|error| error.to_string())
}

async fn answer<Req: Message, Res: Message>(
    wanted: &v1::ClientCompatRequest,
    call: Call<Req, Res>,
    payload: impl FnOnce(Res) -> Option<v1::ConformancePayload>,
) -> Result<v1::ClientResponseResult, String> {
    let timeout = wanted.timeout_ms;
    let call = call
        .headers(header_map(&wanted.request_headers)?)
        .timeout(timeout.map(|milliseconds| Duration::from_millis(milliseconds.into())));
    tokio::time::sleep(Duration::from_millis(wanted.request_delay_ms.into())).await;
    let outcome = tokio::select! {
        // On a busy machine both may be there at once; the caller was first.
        biased;
        () = canceled(wanted) => Err(Error::local(Code::Canceled, "canceled by the caller")),
        outcome = call.response() => outcome,
    };
    Ok(match outcome {
        Ok(Response {
            message,
            headers,
            trailers,
            ..
        }) => v1::ClientResponseResult {
            // One message, also where it is empty.
            payloads: vec![payload(message).unwrap_or_default()],
            response_headers: header_list(&headers),
            response_trailers: header_list(&trailers),
            ..Default::default()
        },
        // Headers and trailers of an error are one; the runner wants them here.
        Err(error) => v1::ClientResponseResult {
            response_trailers: header_list(error.headers()),
            error: Some(failure(&error)),
            ..Default::default()
        },
    })
}

/// A call is canceled by dropping it; this ends when that is to be.
async fn canceled(wanted: &v1::ClientCompatRequest) {
    let timing = wanted.cancel.as_ref().map(|cancel| &cancel.cancel_timing);
    let milliseconds = match timing {
        None => return std::future::pending().await,
        Some(Some(CancelTiming::AfterCloseSendMs(milliseconds))) => *milliseconds,
        Some(_) => 0,
    };
    tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
}

fn failure(error: &Error) -> v1::Error {
    let details = error.details().iter().map(|detail| Any {
        type_url: format!("type.googleapis.com/{}", detail.type_name()),
        value: detail.value().to_vec(),
    });
    v1::Error {
        code: error.code() as i32,
        message: Some(error.message().to_owned()),
        details: details.collect(),
    }
}

fn header_map(headers: &[v1::Header]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for header in headers {
        for value in &header.value {
            let name = HeaderName::try_from(&header.name).map_err(|error| error.to_string())?;
            let value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
            map.append(name, value);
        }
    }
    Ok(map)
}

fn header_list(headers: &HeaderMap) -> Vec<v1::Header> {
    let header = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        v1::Header {
            name: name.to_string(),
            value: values
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect(),
        }
    };
    headers.keys().map(header).collect()
}
