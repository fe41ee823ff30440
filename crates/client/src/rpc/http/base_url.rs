use std::fmt;
use std::str::FromStr;

use http::Uri;
use reqwest::Url;

use crate::rpc::{Code, Error};

/// Where the paths of RPCs begin: an `http` or `https` origin with an optional path.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Url,
    /// The same, without a slash at its end.
    text: String,
    uri: Uri,
}

impl BaseUrl {
    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(crate) fn as_uri(&self) -> &Uri {
        &self.uri
    }

    /// The URL of an RPC.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        match self.url.path().trim_end_matches('/') {
            "" => url.set_path(path),
            prefix => url.set_path(&[prefix, path].concat()),
        }
        url
    }
}

impl FromStr for BaseUrl {
    type Err = Error;

    // What is not accepted is not shown either: it may hold a password.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |what: &str| {
            let text = format!("the base URL {what}");
            Error::local(Code::InvalidArgument, text)
        };
        let url =
            Url::parse(text).map_err(|error| wrong("is no absolute URL").with_source(error))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("must not hold a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("must not hold a query or fragment"));
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        let uri = text
            .parse()
            .map_err(|error: http::uri::InvalidUri| wrong("is no URI").with_source(error))?;
        Ok(Self { url, text, uri })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_appended_to_the_prefix() {
        for (base, expected) in [
            ("https://app.ona.com/api", "https://app.ona.com/api/s.S/M"),
            ("https://app.ona.com/api/", "https://app.ona.com/api/s.S/M"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/s.S/M"),
            ("http://[::1]:8080//", "http://[::1]:8080/s.S/M"),
            (
                "HTTPS://Example.com:443/a/b",
                "https://example.com/a/b/s.S/M",
            ),
        ] {
            let base: BaseUrl = base.parse().unwrap();
            assert_eq!(base.join("/s.S/M").as_str(), expected);
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused_and_not_shown() {
        for wrong in [
            "",
            "app.ona.com/api",
            "/api",
            "ftp://secret.example",
            "https://user:secret@example.com",
            "https://example.com/?key=secret",
            "https://example.com/#secret",
        ] {
            let error = wrong.parse::<BaseUrl>().unwrap_err();
            assert!(error.is_invalid_argument());
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}
