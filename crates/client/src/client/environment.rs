use std::ffi::OsString;

use super::ClientBuilder;
use crate::rpc::{Code, Error};

const API_KEY: [&str; 2] = ["ONA_API_KEY", "GITPOD_API_KEY"];
const BASE_URL: [&str; 2] = ["ONA_BASE_URL", "GITPOD_BASE_URL"];

impl ClientBuilder {
    /// A builder with the API key from `ONA_API_KEY`, else `GITPOD_API_KEY`; and with the base URL from `ONA_BASE_URL`, else
    /// `GITPOD_BASE_URL`, where one is set. Empty variables count as not set.
    ///
    /// # Errors
    ///
    /// `invalid_argument` where no API key is set, or a variable is not Unicode.
    ///
    /// ```no_run
    /// use runner_configuration_client::{ClientBuilder, Protocol};
    ///
    /// # fn main() -> Result<(), runner_configuration_client::Error> {
    /// let client = ClientBuilder::from_env()?.protocol(Protocol::Grpc).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(get: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let Some(api_key) = first(API_KEY, &get)? else {
            let [first, second] = API_KEY;
            return Err(wrong(format!("neither {first} nor {second} is set")));
        };
        let builder = Self::default().api_key(api_key);
        Ok(match first(BASE_URL, &get)? {
            Some(base_url) => builder.base_url(base_url),
            None => builder,
        })
    }
}

fn first<const N: usize>(
    names: [&str; N],
    get: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<String>, Error> {
    for name in names {
        if let Some(value) = get(name).filter(|value| !value.is_empty()) {
            let value = value.into_string();
            let value = value.map_err(|_value| wrong(format!("{name} is not Unicode")))?;
            return Ok(Some(value));
        }
    }
    Ok(None)
}

fn wrong(text: String) -> Error {
    Error::local(Code::InvalidArgument, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of the API key and base URL that were chosen.
    fn chosen(variables: &[(&str, &str)]) -> Result<(String, String), Error> {
        let get = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Ok((
            first(API_KEY, get)?.unwrap_or_default(),
            first(BASE_URL, get)?.unwrap_or_default(),
        ))
    }

    #[test]
    fn ona_comes_before_gitpod() {
        let all = [
            ("GITPOD_API_KEY", "g"),
            ("GITPOD_BASE_URL", "http://g"),
            ("ONA_API_KEY", "o"),
            ("ONA_BASE_URL", "http://o"),
        ];
        assert_eq!(
            chosen(&all).unwrap(),
            ("o".to_owned(), "http://o".to_owned())
        );
        assert_eq!(
            chosen(&all[..2]).unwrap(),
            ("g".to_owned(), "http://g".to_owned())
        );
        let empty = [("ONA_API_KEY", ""), ("GITPOD_API_KEY", "g")];
        assert_eq!(chosen(&empty).unwrap().0, "g");
    }

    #[test]
    fn a_key_is_needed() {
        let error = ClientBuilder::from_variables(|_| None).unwrap_err();
        assert_eq!(
            error.message(),
            "neither ONA_API_KEY nor GITPOD_API_KEY is set"
        );
    }

    #[test]
    fn the_base_url_has_a_default() {
        let builder = ClientBuilder::from_variables(|_| Some("http://host/x".into()));
        assert!(format!("{builder:?}").contains("http://host/x"));
        let builder =
            ClientBuilder::from_variables(|name| (name == "ONA_API_KEY").then(|| "key".into()));
        assert!(format!("{builder:?}").contains("https://app.ona.com/api"));
    }
}
