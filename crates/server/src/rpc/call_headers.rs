//! The headers that say something of every call.

use http::{HeaderMap, HeaderValue};

/// Found in one pass over a request's headers: to look each up by its hash takes longer.
#[derive(Default)]
pub(super) struct CallHeaders<'h> {
    pub(super) request_id: Option<&'h HeaderValue>,
    pub(super) connect_timeout: Option<&'h HeaderValue>,
    pub(super) grpc_timeout: Option<&'h HeaderValue>,
    traceparent: Option<&'h HeaderValue>,
    traceparents: usize,
}

impl<'h> CallHeaders<'h> {
    /// Of several with one name it is the first that counts.
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        let mut found = Self::default();
        for (name, value) in headers {
            let place = match name.as_str() {
                "x-request-id" => &mut found.request_id,
                "connect-timeout-ms" => &mut found.connect_timeout,
                "grpc-timeout" => &mut found.grpc_timeout,
                "traceparent" => {
                    found.traceparents += 1;
                    &mut found.traceparent
                }
                _ => continue,
            };
            place.get_or_insert(value);
        }
        found
    }

    /// The `traceparent`, if there is exactly one.
    pub(super) fn traceparent(&self) -> Option<&'h HeaderValue> {
        self.traceparent.filter(|_| self.traceparents == 1)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        headers
    }

    #[test]
    fn each_is_found_by_its_name() {
        let headers = headers(&[
            ("accept", "*/*"),
            ("x-request-id", "id"),
            ("connect-timeout-ms", "1"),
            ("grpc-timeout", "2S"),
            ("traceparent", "00-0"),
            ("traceparents", "none"),
        ]);
        let found = CallHeaders::of(&headers);
        assert_eq!(found.request_id.unwrap(), "id");
        assert_eq!(found.connect_timeout.unwrap(), "1");
        assert_eq!(found.grpc_timeout.unwrap(), "2S");
        assert_eq!(found.traceparent(), headers.get("traceparent"));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let headers = headers(&[("accept", "*/*"), ("x-request", "id")]);
        let found = CallHeaders::of(&headers);
        assert!(found.request_id.is_none());
        assert!(found.connect_timeout.is_none());
        assert!(found.grpc_timeout.is_none());
        assert!(found.traceparent().is_none());
    }

    #[test]
    fn the_first_of_several_counts_but_two_traceparents_are_none() {
        let headers = headers(&[
            ("grpc-timeout", "1S"),
            ("traceparent", "a"),
            ("x-request-id", "first"),
            ("traceparent", "b"),
            ("x-request-id", "second"),
            ("grpc-timeout", "2S"),
        ]);
        let found = CallHeaders::of(&headers);
        assert_eq!(found.request_id.unwrap(), "first");
        assert_eq!(found.grpc_timeout.unwrap(), "1S");
        assert!(found.traceparent().is_none());
    }
}
