//! Requests as text, so that inputs can be read and written by hand.

use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

/// Reads a request: a line with method, target and, if it is another than HTTP/1.1, the version; header lines; an empty line; the body
/// as it is.
///
/// `None` for what could not arrive as a request.
///
/// ```
/// use runner_configuration_fuzz::http_text::parse;
///
/// let request = parse(b"POST /a HTTP/2.0\nte: trailers\n\nbody").unwrap();
/// assert_eq!(request.headers()["te"], "trailers");
/// assert_eq!(request.body(), b"body");
/// ```
pub fn parse(text: &[u8]) -> Option<Request<Vec<u8>>> {
    let (line, mut rest) = split_line(text);
    let mut words = line.split(|byte| *byte == b' ');
    let mut request = Request::new(Vec::new());
    *request.method_mut() = Method::from_bytes(words.next()?).ok()?;
    *request.uri_mut() = Uri::try_from(words.next()?).ok()?;
    if words.next() == Some(b"HTTP/2.0") {
        *request.version_mut() = Version::HTTP_2;
    }
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        rest = after;
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let name = HeaderName::from_bytes(name).ok()?;
        let value = HeaderValue::from_bytes(value).ok()?;
        // More than a map of headers can hold does not arrive.
        request.headers_mut().try_append(name, value).ok()?;
    }
    *request.body_mut() = rest.to_vec();
    Some(request)
}

/// The first line, and what is behind it.
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => {
            let line = &text[..end];
            (line.strip_suffix(b"\r").unwrap_or(line), &text[end + 1..])
        }
        None => (text, &[]),
    }
}
