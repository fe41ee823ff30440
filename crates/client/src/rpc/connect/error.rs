//! Connect's form of errors.

use http::{Response, StatusCode};
use serde_json::Value;

use super::{check_encoding, media_type, split_trailers};
use crate::rpc::detail::decode_base64;
use crate::rpc::http::{Collected, status_error};
use crate::rpc::{Code, Detail, Error};

/// From a reply whose HTTP status is not 200. What is not in Connect's form, such as a proxy's page, counts by its HTTP
/// status.
pub(super) fn read(reply: &Response<Collected>) -> Error {
    let error = status_error(reply.status(), reply.headers());
    let is_readable = check_encoding(reply.headers()).is_ok();
    if !is_readable || media_type(reply.headers()) != "application/json" {
        return error;
    }
    match serde_json::from_slice(&reply.body().body) {
        Ok(Value::Object(body)) => from_json(&body, reply.status(), error),
        _ => error,
    }
}

/// The parts that are there and can be read; the others from what the HTTP status tells.
fn from_json(body: &serde_json::Map<String, Value>, status: StatusCode, by_status: Error) -> Error {
    let text = |name| body.get(name).and_then(Value::as_str);
    let named = text("code").and_then(Code::from_name);
    if named.is_none() && text("message").is_none() {
        return by_status;
    }
    let code = named.unwrap_or(by_status.code());
    let details = body.get("details").and_then(Value::as_array);
    let (headers, trailers) = split_trailers(by_status.headers().clone());
    Error::new(code, text("message").unwrap_or_default())
        .with_http_status(status)
        .with_headers(headers)
        .with_headers(trailers)
        .with_details(details.into_iter().flatten().filter_map(detail))
}

fn detail(detail: &Value) -> Option<Detail> {
    let type_name = detail.get("type")?.as_str()?;
    let value = decode_base64(detail.get("value")?.as_str()?)?;
    Some(Detail::new(type_name, value))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, header};
    use prost::Message as _;
    use runner_configuration::validate::{Violation, Violations};

    use super::*;

    fn reply(status: u16, content_type: &str, body: impl Into<Bytes>) -> Error {
        let collected = Collected {
            body: body.into(),
            trailers: HeaderMap::new(),
        };
        let reply = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, content_type)
            .body(collected)
            .unwrap();
        read(&reply)
    }

    #[test]
    fn the_body_tells_code_and_message() {
        let body = r#"{"code":"not_found","message":"gone","unknown":[1]}"#;
        let error = reply(404, "Application/JSON; charset=utf-8", body);
        assert!(error.is_not_found());
        assert_eq!(error.message(), "gone");
        assert!(error.is_from_server());
        assert_eq!(error.headers().len(), 1);
    }

    #[test]
    fn details_are_read_with_and_without_padding() {
        let violations = Violations {
            violations: vec![Violation {
                message: Some("m".to_owned()),
                ..Default::default()
            }],
        };
        assert_eq!(
            violations.encode_to_vec().len() % 3,
            2,
            "so that there is padding"
        );
        for value in ["CgMaAW0", "CgMaAW0="] {
            let body = format!(
                r#"{{"code":"invalid_argument","details":[
                    null, {{"type":"t"}}, {{"type":"t","value":"?"}},
                    {{"type":"buf.validate.Violations","value":"{value}","debug":{{}}}}]}}"#
            );
            let error = reply(400, "application/json", body);
            assert!(error.is_invalid_argument());
            assert_eq!(error.details().len(), 1);
            assert_eq!(error.violations(), Some(violations.clone()));
        }
    }

    #[test]
    fn without_connects_form_the_http_status_counts() {
        for (status, code) in [
            (204, Code::Unknown),
            (304, Code::Unknown),
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (405, Code::Unknown),
            (429, Code::Unavailable),
            (500, Code::Unknown),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
        ] {
            for (content_type, body) in [
                ("text/html", "<h1>no</h1>"),
                ("text/html", r#"{"code":"not_found"}"#),
                ("application/json", ""),
                ("application/json", "null"),
                ("application/json", r#"{"error":"no"}"#),
                ("application/json", r#"{"code":5}"#),
            ] {
                let error = reply(status, content_type, body);
                assert_eq!(error.code(), code, "{status} {content_type} {body}");
                assert!(error.message().starts_with(&format!("HTTP {status}")));
            }
        }
        let error = reply(503, "application/json", r#"{"code":"odd","message":"m"}"#);
        assert_eq!((error.code(), error.message()), (Code::Unavailable, "m"));
    }
}
